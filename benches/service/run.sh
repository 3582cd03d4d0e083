#!/usr/bin/env bash
# The service against PostgreSQL alone, as ratios of the same run: docs/PERFORMANCE.md says what came out.
# A private cluster of its own, thrown away at the end. Needs what `make demo` needs, pgbench, psql and wrk;
# about 6 GB of disk and 15 minutes.
#   ./run.sh
#   PROJECTS=10000 ROUNDS=1 SECONDS_EACH=1 ./run.sh   quick and rough
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); top=$(cd "$here/../.." && pwd)
rounds=${ROUNDS:-3}; seconds=${SECONDS_EACH:-3}; clients=${CLIENTS:-8}; projects=${PROJECTS:-100000}
institution=${INSTITUTION:-minqin.peoples-hospital}
for program in wrk pgbench psql jq curl; do command -v $program >/dev/null || { echo "needs $program" >&2; exit 1; }; done
cargo build --release --locked --manifest-path "$top/Cargo.toml"
work=$(mktemp -d "${TMPDIR:-/tmp}/guatu-bench.XXXXXX"); chmod 755 "$work"
trap '[ -z "${server:-}" ] || kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
GUATU_LOG=error "${CARGO_TARGET_DIR:-$top/target}/release/guatu" demo --listen 127.0.0.1:0 --seeds "$top/seeds" --data-dir "$work/data" \
  --accounts-file "$work/accounts.json" > "$work/out" 2> "$work/err" & server=$!
for _ in $(seq 300); do grep -q '^listening on' out && break; kill -0 $server || { cat err; exit 1; }; sleep 0.2; done
site=$(sed -n 's/^listening on //p' out); api=$site/api/v1
as_server() { "$@"; }
owner=$(stat -c %U data/pgdata); [ "$owner" = "$(id -un)" ] || as_server() { runuser -u "$owner" -- "$@"; }
socket=$(as_server sed -n 5p data/pgdata/postmaster.pid); port=$(as_server sed -n 4p data/pgdata/postmaster.pid)
pg=(-h "$socket" -p "$port" -U guatu_admin)
database=$(as_server psql "${pg[@]}" -d postgres -Atc "SELECT datname FROM pg_database WHERE datname = 'guatu'")
today=$(date +%F)
as_server psql -X -q "${pg[@]}" -d "$database" -v ON_ERROR_STOP=1 -v projects="$projects" -v today="$today" -v institution="$institution" -f - < "$here/fill.sql"

of() { jq -r --arg o "$1" --arg r "$2" '[.[]|select(.organisation==$o and .role==$r)][0]|"\(.username) \(.password)"' accounts.json; }
sign_in() { local u p; read -r u p < <(of "$1" "$2")
  curl -sf "$api/auth/login" -H 'Content-Type: application/json' -d "{\"username\":\"$u\",\"password\":\"$p\"}" | jq -r .access_token; }
scope_of() { as_server psql -X "${pg[@]}" -d "$database" -Atc "SELECT id FROM organisations WHERE code = '$1'"; }
trap 'echo "failed at line $LINENO" >&2' ERR
: > results
# alone QUESTION ORGANISATION ROLE SCOPE: PostgreSQL's answers a second.
alone() {
  awk -v want="$1" '/^-- name: /{on=($3==want);next} on' "$here/questions.sql" \
    | sed "s/:scope/'$4'::uuid/; s/date :today/date '$today'/; s/:project/'bench-77'/; s/:username/'$(of "$2" "$3" | cut -d' ' -f1)'/" > question.sql
  chmod 644 question.sql
  as_server pgbench "${pg[@]}" -n -M prepared -c "$clients" -j 1 -T "$seconds" -f "$work/question.sql" "$database" 2>/dev/null | awk '/^tps/{print $3}'
}
# ask LABEL ORGANISATION ROLE PATH QUESTION: the service, then PostgreSQL alone.
ask() {
  local label=$1 organisation=$2 role=$3 path=$4 question=$5 token scope status here_rate there_rate
  token=$(sign_in "$organisation" "$role"); scope=$(scope_of "$organisation")
  status=$(curl -s -o body -w '%{http_code}' -H "Authorization: Bearer $token" "$api$path"); [ "$status" = 200 ] || { echo "$path: $status $(cat body)" >&2; exit 1; }
  wrk -t1 -c"$clients" -d"${seconds}s" --latency -H "Authorization: Bearer $token" "$api$path" > wrk.out
  ! grep -q 'Non-2xx' wrk.out || { cat wrk.out >&2; exit 1; }
  here_rate=$(awk '/Requests\/sec/{print $2}' wrk.out)
  there_rate=$(alone "$question" "$organisation" "$role" "$scope")
  printf '%s\t%s\t%s\t%s\n' "$label" "$here_rate" "$there_rate" "$(awk '/99%/{print $2}' wrk.out)" >> results
}
# page LABEL ORGANISATION ROLE PATH QUESTION: the same of a page, by its cookie.
page() {
  local label=$1 organisation=$2 role=$3 path=$4 question=$5 u p csrf cookie scope here_rate there_rate
  read -r u p < <(of "$organisation" "$role"); scope=$(scope_of "$organisation"); rm -f jar
  csrf=$(curl -s -c jar "$site/sign-in" | sed -n 's/.*name="_csrf" value="\([^"]*\)".*/\1/p' | head -1)
  curl -s -o /dev/null -b jar -c jar "$site/sign-in" --data-urlencode "_csrf=$csrf" --data-urlencode "username=$u" --data-urlencode "password=$p"
  cookie="guatu_session=$(awk '$6=="guatu_session"{print $7}' jar)"
  [ "$(curl -s -o body -w '%{http_code}' -H "Cookie: $cookie" "$site$path")" = 200 ] || { echo "$path: $(head -c 300 body)" >&2; exit 1; }
  wrk -t1 -c"$clients" -d"${seconds}s" --timeout 60s --latency -H "Cookie: $cookie" "$site$path" > wrk.out
  ! grep -q 'Non-2xx' wrk.out || { cat wrk.out >&2; exit 1; }
  here_rate=$(awk '/Requests\/sec/{print $2}' wrk.out)
  there_rate=$(alone "$question" "$organisation" "$role" "$scope")
  printf '%s\t%s\t%s\t%s\n' "$label" "$here_rate" "$there_rate" "$(awk '/99%/{print $2}' wrk.out)" >> results
}
overdue='/milestones?overdue=true&sort=-days_overdue'
seen=$(as_server psql -X "${pg[@]}" -d "$database" -Atc "SELECT o.code FROM project_sight s JOIN organisations o ON o.id = s.scope_id JOIN projects p ON p.id = s.project_id WHERE p.code = 'bench-77' AND o.kind = 'county_government' LIMIT 1")
[ -n "$seen" ] || seen=wuwei
for ((r = 0; r < rounds; r++)); do
  ask 'who am I'                         minqin         reviewer '/auth/me'                        me
  ask 'one project'                      "$seen"        reviewer '/projects/bench-77'              project
  ask 'overdue, a county'                minqin         reviewer "$overdue"                        overdue
  ask 'overdue, a city department'       wuwei.health   reviewer "$overdue"                        overdue
  ask 'overdue, a hospital'              "$institution" staff    "$overdue"                        overdue
  ask 'overdue, the whole city'          wuwei          observer "$overdue"                        overdue
  ask 'overdue of a programme, a county' minqin         reviewer "$overdue&programme=5"            overdue
  ask 'overdue and counted, a county'    minqin         reviewer "$overdue&limit=1&include=total"  count
  ask 'search, a county'                 minqin         reviewer '/projects?q=%E5%B9%BC%E5%84%BF%E5%9B%AD' search
  page 'page 逾期, a county'              minqin         reviewer '/overdue'                        overdue
  page 'page 逾期, the whole city'        wuwei          observer '/overdue'                        overdue
  page 'page 项目库, a county'            minqin         reviewer '/projects'                       overdue
  page 'page 项目库, the whole city'      wuwei          observer '/projects'                       overdue
  page 'page 项目'                        "$seen"        reviewer '/projects/bench-77'              project
  page 'page 待办, a hospital'            "$institution" staff    '/'                               overdue
  page 'page 总览, a county'              minqin         reviewer '/overview'                       count
  page 'page 总览, the whole city'        wuwei          observer '/overview'                       count
  ask 'search, the whole city'           wuwei          observer '/projects?q=%E5%B9%BC%E5%84%BF%E5%9B%AD' search
done
echo "answers a second, $clients clients, mean of $rounds rounds of $seconds s, $projects projects: service, PostgreSQL alone, ratio, slowest 99 % of the last round"
awk -F'\t' '{k=$1; if(!(k in n)) order[++c]=k; s[k]+=$2; p[k]+=$3; n[k]++; l[k]=$4}
  END{for(i=1;i<=c;i++){k=order[i]; printf "%-36s %9.0f %9.0f %6.2f  %s\n",k,s[k]/n[k],p[k]/n[k],s[k]/p[k],l[k]}}' results
