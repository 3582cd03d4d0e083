#!/usr/bin/env bash
# The API held against its OpenAPI document by schemathesis, as each role, with a fixed seed: no 5xx, no status or shape
# that the document does not name. Needs python3 with venv, jq and curl; fetches schemathesis from PyPI.
#   EXAMPLES=50 SECONDS_EACH=120 tests/contract/run.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); top=$(cd "$here/../.." && pwd)
examples=${EXAMPLES:-20}; seconds=${SECONDS_EACH:-90}; seed=${SEED:-145}
for program in python3 jq curl; do command -v $program >/dev/null || { echo "needs $program" >&2; exit 1; }; done
cargo build --locked --manifest-path "$top/Cargo.toml"
work=$(mktemp -d "${TMPDIR:-/tmp}/guatu-contract.XXXXXX"); chmod 755 "$work"
trap '[ -z "${server:-}" ] || kill "$server" 2>/dev/null; wait 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"; "$work/venv/bin/pip" install -q 'schemathesis==4.32.5'
GUATU_LOG=error "${CARGO_TARGET_DIR:-$top/target}/debug/guatu" demo --listen 127.0.0.1:0 --seeds "$top/seeds" \
  --data-dir "$work/data" --accounts-file "$work/accounts.json" > "$work/out" 2> "$work/err" & server=$!
for _ in $(seq 600); do grep -q '^listening on' "$work/out" && break; kill -0 $server || { cat "$work/err"; exit 1; }; sleep 0.2; done
api=$(sed -n 's/^listening on //p' "$work/out")
# Checks that the answers are judged by. `negative_data_rejection` and `positive_data_acceptance` want a document that says
# every rule; a rule that needs the database cannot stand in it.
# One worker: two share a cache of the tool that is not safe for threads.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method
failed=0
ask() { # ask ORGANISATION ROLE
  local u p token
  read -r u p < <(jq -r --arg o "$1" --arg r "$2" '[.[]|select(.organisation==$o and .role==$r)][0]|"\(.username) \(.password)"' "$work/accounts.json")
  token=$(curl -sf "$api/api/v1/auth/login" -H 'Content-Type: application/json' -d "{\"username\":\"$u\",\"password\":\"$p\"}" | jq -r .access_token)
  echo "== $2 of $1"
  # What would end the session or change the password of the asker is left out.
  (cd "$work" && SCHEMATHESIS_HOOKS=hooks PYTHONPATH="$here" "$work/venv/bin/schemathesis" run "$api/api/openapi.json" \
    -H "Authorization: Bearer $token" --checks "$checks" --phases coverage,fuzzing --seed "$seed" -n "$examples" -w 1 \
    --max-time "$seconds" --warnings off --no-color \
    --exclude-path-regex 'auth/(login|refresh|logout|password)|sessions/') > "$work/report" 2>&1 || { failed=1; cat "$work/report"; }
  tail -12 "$work/report" | grep -E 'generated|Seed' || true
}
ask wuwei planner
ask wuwei administrator
ask wuwei supervisor
ask wuwei observer
ask minqin reviewer
ask minqin.peoples-hospital staff
exit $failed
