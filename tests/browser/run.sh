#!/usr/bin/env bash
# Each persona's day in real Chromium against the running program on demonstration data; axe, HTML and width of every page;
# screenshots in target/screenshots. Needs chromium, python3 with venv, java, npm, fonts-noto-cjk; fetches playwright and axe
# from PyPI, and the W3C's HTML checker from the npm registry.   [DAYS_ONLY=yes] tests/browser/run.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); top=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || { echo 'needs chromium: apt-get install chromium fonts-noto-cjk' >&2; exit 1; }
cargo build --locked --manifest-path "$top/Cargo.toml"
work=$(mktemp -d "${TMPDIR:-/tmp}/guatu-browser.XXXXXX"); chmod 755 "$work"
trap '[ -z "${server:-}" ] || kill "$server" 2>/dev/null; wait 2>/dev/null || true; rm -rf "$work"' EXIT
GUATU_LOG=error "$target/debug/guatu" demo --with-progress --listen 127.0.0.1:0 --seeds "$top/seeds" \
  --data-dir "$work/data" --accounts-file "$work/accounts.json" > "$work/out" 2> "$work/err" & server=$!
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'playwright==1.65.2' 'axe-playwright-python==0.1.8'
(cd "$work" && npm pack --silent vnu-jar@26.9.27 >/dev/null && tar xzf vnu-jar-26.9.27.tgz)
for _ in $(seq 900); do grep -q '^listening on' "$work/out" && break; kill -0 $server || { cat "$work/err"; exit 1; }; sleep 0.2; done
address=$(sed -n 's/^listening on //p' "$work/out")
[ -n "$address" ] || { echo 'the program does not answer' >&2; exit 1; }
mkdir -p "$target/screenshots"
"$work/venv/bin/python" "$here/days.py" "$address" "$work/accounts.json" "$browser" "$target/screenshots" \
  "$work/package/build/dist/vnu.jar"
