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
python3 -m venv "$work/venv"; "$work/venv/bin/pip" install -q --disable-pip-version-check 'schemathesis==4.32.5'
GUATU_LOG=error "${CARGO_TARGET_DIR:-$top/target}/debug/guatu" demo --with-progress --listen 127.0.0.1:0 --seeds "$top/seeds" \
  --data-dir "$work/data" --accounts-file "$work/accounts.json" > "$work/out" 2> "$work/err" & server=$!
for _ in $(seq 900); do grep -q '^listening on' "$work/out" && break; kill -0 $server || { cat "$work/err"; exit 1; }; sleep 0.2; done
api=$(sed -n 's/^listening on //p' "$work/out")
[ -n "$api" ] || { echo 'the program does not answer' >&2; exit 1; }

token_of() { # token_of ORGANISATION ROLE
  local u p
  read -r u p < <(jq -r --arg o "$1" --arg r "$2" '[.[]|select(.organisation==$o and .role==$r)][0]|"\(.username) \(.password)"' "$work/accounts.json")
  curl -sf "$api/api/v1/auth/login" -H 'Content-Type: application/json' -d "{\"username\":\"$u\",\"password\":\"$p\"}" | jq -re .access_token
}

# Things that are there, by the words of their addresses.
known=$work/known.json; echo '{}' > "$known"
for who in planner administrator; do
  token=$(token_of wuwei $who)
  for name in projects milestones commitments programmes initiatives plans progress-reports change-requests organisations users memberships; do
    ids=$(curl -sf "$api/api/v1/$name" -H "Authorization: Bearer $token" | jq -c '[(.data // .)[]?.id]') || continue
    jq --arg name "$name" --argjson ids "$ids" '.[$name] = ((.[$name] // []) + $ids | unique)' "$known" > "$known.new" && mv "$known.new" "$known"
  done
done
commitments=$(jq -r '.commitments[]' "$known")
token=$(token_of wuwei planner)
for id in $commitments; do
  curl -sf "$api/api/v1/commitments/$id/observations" -H "Authorization: Bearer $token" | jq -c "[(.data // [])[].id]"
done | jq -cs 'add' > "$work/observations"
jq --slurpfile ids "$work/observations" '.observations = $ids[0] | .owners = ["responsible", "lead", "supporting"]' "$known" > "$known.new" && mv "$known.new" "$known"
for name in projects milestones commitments programmes initiatives plans progress-reports organisations users memberships observations; do
  jq -e --arg name "$name" '.[$name] | length > 0' "$known" > /dev/null || { echo "nothing is known of $name" >&2; exit 1; }
done

# Checks that the answers are judged by. `negative_data_rejection` and `positive_data_acceptance` want a document that says
# every rule; a rule that needs the database cannot stand in it.
# One worker: two share a cache of the tool that is not safe for threads.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method
failed=0
ask() { # ask ORGANISATION ROLE
  local token selected tested
  token=$(token_of "$1" "$2")
  echo "== $2 of $1"
  # What would end the session or change the password of the asker is left out.
  (cd "$work" && KNOWN=$known SCHEMATHESIS_HOOKS=hooks PYTHONPATH="$here" "$work/venv/bin/schemathesis" run "$api/api/openapi.json" \
    -H "Authorization: Bearer $token" --checks "$checks" --phases coverage,fuzzing --seed "$seed" -n "$examples" -w 1 \
    --max-time "$seconds" --no-color \
    --exclude-path-regex 'auth/(login|refresh|logout|password)|sessions/') > "$work/report" 2>&1 || { failed=1; cat "$work/report"; }
  [ -z "${REPORTS:-}" ] || cp "$work/report" "$REPORTS/$1-$2.txt"
  grep -E "generated, |^  .*(returned only|repeatedly returned)" "$work/report" || true
  # Everything selected was asked, by somebody who was signed in to the end: else the run says less than it seems to.
  selected=$(sed -n 's|^ *Selected: \([0-9]*\)/.*|\1|p' "$work/report"); tested=$(sed -n 's|^ *Tested: ||p' "$work/report")
  [ -n "$selected" ] && [ "$selected" = "$tested" ] || { failed=1; echo "of $selected operations $tested were asked" >&2; }
  curl -sf "$api/api/v1/auth/me" -H "Authorization: Bearer $token" > /dev/null || { failed=1; echo "the session of $2 of $1 ended" >&2; }
}
ask wuwei planner
ask wuwei administrator
ask wuwei supervisor
ask wuwei observer
ask minqin reviewer
ask minqin.peoples-hospital staff
exit $failed
