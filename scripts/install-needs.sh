#!/bin/sh
# Installs what a bare machine with Rust lacks for a goal:  scripts/install-needs.sh demo|test|contract
# Only what is missing, only through apt, with sudo where needed. Elsewhere it says in one line what to install.
# Where everything is there it takes some milliseconds and asks for nothing.
set -eu

goal=${1:-demo}
oldest=15

have() { command -v "$1" >/dev/null 2>&1; }

# Where the program itself looks too (src/db/local/find.rs).
have_postgresql() {
    if have pg_config; then from_config=$(pg_config --bindir 2>/dev/null || true); else from_config=; fi
    for postgres in /usr/lib/postgresql*/*/bin/postgres /usr/lib/postgresql*/bin/postgres \
        /usr/libexec/postgresql*/postgres /usr/pgsql-*/bin/postgres /opt/homebrew/opt/postgresql*/bin/postgres \
        /usr/local/opt/postgresql*/bin/postgres /home/linuxbrew/.linuxbrew/opt/postgresql*/bin/postgres \
        /usr/bin/postgres /usr/local/bin/postgres /usr/local/pgsql/bin/postgres \
        "$(command -v postgres || true)" "$from_config/postgres"; do
        [ -x "$postgres" ] && [ -x "${postgres%/postgres}/initdb" ] || continue
        major=$("$postgres" --version 2>/dev/null | sed -n 's/.*) \([0-9][0-9]*\).*/\1/p')
        [ "${major:-0}" -ge "$oldest" ] && return 0
    done
    return 1
}

# A compiler that links, not only one that is there: without libc's headers and start files it does not.
have_linker() {
    have cc || return 1
    out=$(mktemp) || return 1
    if echo '#include <stdlib.h>
int main(void) { return EXIT_SUCCESS; }' | cc -x c -o "$out" - >/dev/null 2>&1; then linked=0; else linked=1; fi
    rm -f "$out"
    return $linked
}

# ---- the list: missing <goals> <check> <apt packages> <what it is, for other systems> ----
apt_packages=
elsewhere=
missing() {
    case " $1 " in *" $goal "*) ;; *) return 0 ;; esac
    if $2; then return 0; fi
    apt_packages="$apt_packages $3"
    elsewhere="$elsewhere${elsewhere:+, }$4"
}
have_python3() { have python3; }
have_make() { have make; }
have_venv() { have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; }
have_chromium() { have chromium || have chromium-browser || have google-chrome; }
have_chinese() { have fc-list && fc-list :lang=zh-cn | grep -q .; }
have_jq() { have jq; }
have_curl() { have curl; }
have_java() { have java && java -version >/dev/null 2>&1; }
have_npm() { have npm; }

missing "demo test contract" have_linker "gcc libc6-dev" "a C compiler (gcc or clang)"
missing "demo test contract" have_postgresql "postgresql" "PostgreSQL $oldest or newer with its server programs (Fedora: postgresql-server; Homebrew: postgresql@16)"
missing "test" have_make "make" "make"
missing "test" have_python3 "python3-minimal" "Python 3"
missing "test contract" have_venv "python3-venv" "Python 3 with venv"
missing "test" have_chromium "chromium" "Chromium"
missing "test" have_chinese "fontconfig fonts-noto-cjk" "Chinese fonts (Noto Sans CJK)"
missing "test" have_java "default-jre-headless" "Java"
missing "test" have_npm "npm" "npm"
missing "contract" have_jq "jq" "jq"
missing "contract" have_curl "curl ca-certificates" "curl"
# -------------------------------------------------------------------------------------------

if [ -z "$apt_packages" ]; then exit 0; fi

if ! have apt-get; then
    echo "Please install: $elsewhere." >&2
    exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! have sudo; then
        echo "Please run as root: apt-get install$apt_packages" >&2
        exit 1
    fi
    as_root=sudo
fi
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@"; }

echo "Installing:$apt_packages" >&2
apt update >&2

case " $apt_packages " in
*" postgresql "*)
    offered=$(apt-cache policy postgresql | sed -n 's/^ *Candidate: *\([0-9][0-9]*\).*/\1/p')
    if [ "${offered:-0}" -lt "$oldest" ]; then
        echo "This system offers PostgreSQL ${offered:-none}, guatu needs $oldest or newer: apt-get install postgresql-common" \
            "&& /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh && apt-get install postgresql-16" >&2
        exit 1
    fi
    # guatu makes and runs a cluster of its own: Debian's need not be made, nor run. Said for this one installation,
    # by a file that goes afterwards; a machine that has Debian's clusters keeps them as they are.
    apt install postgresql-common >&2
    no_cluster=/etc/postgresql-common/createcluster.d/guatu-install.conf
    if grep -q '^ *include_dir' /etc/postgresql-common/createcluster.conf 2>/dev/null; then
        trap '$as_root rm -f "$no_cluster"' EXIT
        trap 'exit 130' INT TERM
        $as_root mkdir -p "${no_cluster%/*}"
        echo 'create_main_cluster = false' | $as_root tee "$no_cluster" >/dev/null
    fi
    ;;
esac
# shellcheck disable=SC2086 # a list of names
apt install $apt_packages >&2
