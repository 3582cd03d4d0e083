#!/usr/bin/env bash
# Repeats the measurements of docs/PERFORMANCE.md in a cluster of its own, which is thrown away at the end.
# Needs the PostgreSQL server programs (15 or later, with contrib) and pgbench; about 3 GB of disk and 20 minutes.
#   ./run.sh                          everything
#   ./run.sh sight                    one or several of: sight writes as_of search counter
#   ROUNDS=1 SECONDS_EACH=1 ./run.sh  quick and rough
# Figures of one run compare with one another; figures of two runs do not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-3}; seconds=${SECONDS_EACH:-2}; clients=${CLIENTS:-8}
wanted=" ${*:-sight writes as_of search counter} "
if pg_config --bindir >/dev/null 2>&1 && [ -x "$(pg_config --bindir)/initdb" ]; then bin=$(pg_config --bindir)
else bin=$(dirname "$(readlink -f "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)")"); fi
PATH=$bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/guatu-spikes.XXXXXX"); chmod 755 "$work"; mkdir "$work/pg"
as_server() { "$@"; }
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  owner=${PGOWNER:-postgres}; chown "$owner" "$work/pg"
  as_server() { (cd / && runuser -u "$owner" -- "$@"); }
fi
trap 'as_server "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
as_server "$bin/initdb" -D "$work/pg/data" --locale=C.UTF-8 -k -A trust -U postgres >/dev/null
as_server "$bin/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -w -o "-c listen_addresses='' -c unix_socket_directories='$work/pg' -c port=54399 \
  -c shared_buffers=2GB -c work_mem=32MB -c maintenance_work_mem=512MB -c max_wal_size=8GB -c checkpoint_timeout=30min \
  -c jit=off -c max_parallel_workers_per_gather=0 -c autovacuum=off -c random_page_cost=1.1" start >/dev/null
export PGHOST=$work/pg PGPORT=54399 PGUSER=postgres PGDATABASE=spikes PGOPTIONS=
createdb spikes
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@" 2>&1 | sed 's/^psql:.*NOTICE: *//'; }
asks() { [[ $wanted == *" $1 "* ]]; }
part() { awk -v want="$2" '/^-- name: /{on=($3==want);next} on' "$here/$1"; }

# once FILE PART LABEL [variable=value ...]: one short run; TABLE, COLUMN and FUNCTION of the part come from $table, $column, $function.
once() {
  local file=$1 name=$2 label=$3 variables=(); shift 3
  part "$file" "$name" | sed "s/TABLE/${table:-}/g; s/COLUMN/${column:-}/g; s/FUNCTION/${function:-}/g" > "$work/part.sql"
  for v in "$@"; do variables+=(-D "$v"); done
  pgbench -n -M prepared -c "$clients" -j 2 -T "$seconds" -D today=2024-11-24 "${variables[@]}" -f "$work/part.sql" > "$work/out" 2> "$work/err" || tail -3 "$work/err" >&2
  printf '%s\t%s\t%s\n' "$name" "$label" "$(awk '/^tps/{print $3}' "$work/out")" >> "$work/results"
}
tell() {
  echo "== $1: transactions a second, $clients clients, mean of the rounds (each round)"
  awk -F'\t' '{k=$1"\t"$2; if(!(k in n)) order[++c]=k; s[k]+=$3; n[k]++; v[k]=v[k]" "int($3+.5)}
    END{for(i=1;i<=c;i++){k=order[i]; split(k,a,"\t"); printf "%-26s %-28s %9.1f  (%s )\n",a[1],a[2],s[k]/n[k],v[k]}}' "$work/results"
  : > "$work/results"
}
: > "$work/results"
county="lo=1001 hi=1042"; department="lo=101 hi=130"; institution="lo=20001 hi=20840"; root="lo=1 hi=1"
generic="-c plan_cache_mode=force_generic_plan"

sql -f "$here/data.sql"

if asks sight; then
  # Whatever the way, the answer is the same.
  for name in or_owners sight projects_join projects_bounded order_probe; do
    for s in 1005 112 20077 1; do part sight.sql $name | grep -v '^\\set' | psql -X -At -v s=$s -v today="'2024-11-24'" | cut -d'|' -f1,5; done | md5sum | sed "s/-/$name/"
  done
  for name in scopes_distinct scopes_not_exists scopes_lateral scopes_union; do
    part sight.sql $name | grep -v '^\\set' | psql -X -At -v s=1005 -v d=112 -v i=20077 -v today="'2024-11-24'" | cut -d'|' -f1,5 | md5sum | sed "s/-/$name/"
  done
  for ((r = 0; r < rounds; r++)); do for mode in auto generic; do
    PGOPTIONS=; [ $mode = generic ] && PGOPTIONS=$generic
    once sight.sql region "county $mode" $county
    for name in sight projects_bounded projects_join; do
      for kind in county department institution root; do once sight.sql $name "$kind $mode" ${!kind}; done
    done
    if [ $mode = auto ]; then for name in or_owners order_probe count_sight count_projects_join; do
      for kind in county department institution root; do once sight.sql $name "$kind $mode" ${!kind}; done
    done; fi
    for name in count_region count_overdue_projects; do once sight.sql $name "county $mode" $county; done
    for name in sight_deep_or sight_deep_row; do once sight.sql $name "county $mode" $county; once sight.sql $name "root $mode" $root; done
    for name in scopes_distinct scopes_not_exists scopes_lateral scopes_union; do once sight.sql $name "three scopes $mode"; done
  done; done
  PGOPTIONS=$generic; once sight.sql sight "county before INCLUDE" $county
  sql -c 'CREATE INDEX wide ON milestone_sight (scope_id, overdue_from, milestone_id) INCLUDE (project_id)' -c 'VACUUM ANALYZE milestone_sight'
  once sight.sql sight "county with INCLUDE" $county
  PGOPTIONS=; sql -c 'DROP INDEX wide'
  tell sight
fi
if asks writes; then echo "== writes"; sql -f "$here/sight_writes.sql"; fi
if asks as_of; then
  sql -f "$here/as_of_prepare.sql"
  # Whatever the way, the answer is the same.
  for name in as_of_project_first as_of_sight_versions as_of_live_and_past; do
    for d in 200 700 1300; do for s in 1005 112 20077; do part as_of.sql $name | grep -v '^\\set' | psql -X -At -v s=$s -v d=$d -v today="'2024-11-24'" | cut -d'|' -f1,5; done; done | md5sum | sed "s/-/$name/"
  done
  for ((r = 0; r < rounds; r++)); do for mode in auto generic; do
    PGOPTIONS=; [ $mode = generic ] && PGOPTIONS=$generic
    once as_of.sql as_of_region "county $mode" $county; once as_of.sql as_of_gist "county $mode"; once as_of.sql as_of_project_join "county $mode" $county
    for name in as_of_today as_of_sight_versions as_of_live_and_past as_of_project_first as_of_order_probe; do
      for kind in county department institution root; do once as_of.sql $name "$kind $mode" ${!kind}; done
    done
  done; done
  PGOPTIONS=; tell as_of
fi
if asks search; then
  sql -f "$here/search_prepare.sql"
  for ((r = 0; r < rounds; r++)); do
    for q in 战役 医院 纪念馆 幼儿园 战役纪念 人民医院 项目; do
      table=t_plain once search.sql like_whole "no index $q" q=$q
      table=t_trigrams once search.sql like_whole "trigrams $q" q=$q
      table=t_pairs column=p.grams function=pairs once search.sql grams_whole "pairs $q" q=$q
      table=t_numbers column=p.grams function=pair_numbers once search.sql grams_whole "pairs as integers $q" q=$q
      table=t_singles column=p.grams function=pairs once search.sql grams_whole "pairs and singles $q" q=$q
      table=t_expression column='pairs_and_singles(p.title)' function=pairs once search.sql grams_whole "expression index $q" q=$q
      function=pairs once search.sql words_whole "table of words $q" q=$q
    done
    for q in 战役 幼儿园 医院 项目; do
      table=t_plain once search.sql count_like "no index $q" q=$q
      table=t_trigrams once search.sql count_like "trigrams $q" q=$q
      table=t_singles column=p.grams function=pairs once search.sql count_grams "pairs and singles $q" q=$q
      for kind in county institution root; do for name in like_in_sight grams_in_sight grams_first_in_sight; do
        table=t_singles column=p.grams function=pairs once search.sql $name "$kind $q" q=$q ${!kind}
      done; done
      once search.sql words_in_sight "county $q" q=$q $county
    done
    for q in 役 医; do
      table=t_plain once search.sql like_whole "no index, one character $q" q=$q
      table=t_singles column=p.grams function=pairs_and_singles once search.sql grams_whole "singles $q" q=$q
      table=t_singles once search.sql like_in_sight "county $q" q=$q $county
    done
  done
  tell search
fi
if asks counter; then
  part counter.sql prepare | sql
  for ((r = 0; r < rounds; r++)); do for sync in on off; do
    PGOPTIONS="-c synchronous_commit=$sync"
    once counter.sql sequence "flush $sync" streams=1
    for name in counter_one_statement counter_two_statements counter_first; do once counter.sql $name "one stream, flush $sync" streams=1; done
    once counter.sql counter_one_statement "eight streams, flush $sync" streams=8
  done; done
  PGOPTIONS=; tell counter
  sql -c "SELECT stream_id, count(*), max(number), count(*) = max(number) AS without_gaps FROM d_events WHERE stream_id > 0 GROUP BY 1 ORDER BY 1"
fi
