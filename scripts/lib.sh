# shellcheck shell=bash
# What the scripts share: messages, a scratch folder that is always removed, an out-of-tree build, and a throw-away
# cluster. Sourced by bash scripts after `set -euo pipefail`.

unset CDPATH
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
scratch=    # the scratch folder, see make_scratch
job=        # process group of what `run` runs
data=       # data directory of the throw-away cluster
socket=     # folder of its socket
server_user= # the user that the server runs as, where it is another one
as_server=() # prefix of commands that run as that user

# A make that called this script must not share its jobs and options with the make that builds.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKE_TERMOUT MAKE_TERMERR

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'clm: %s\n' "$*" >&2
    exit 1
}

# Run a command so that a signal is handled at once, not when the command ends: in the background, in a process
# group of its own, which clean_up ends.
run() {
    local status=0
    set -m
    "$@" <&0 &
    job=$!
    set +m
    wait "$job" || status=$?
    job=
    return "$status"
}

end_job() {
    local tenths=0
    kill -TERM -- "-$job" 2>/dev/null || return 0
    kill -CONT -- "-$job" 2>/dev/null || true
    while kill -0 -- "-$job" 2>/dev/null && [ "$tenths" -lt 100 ]; do
        sleep 0.1
        tenths=$((tenths + 1))
        # A finished child stays a member of its group until it has been waited for.
        kill -0 "$job" 2>/dev/null || wait "$job" 2>/dev/null || true
    done
    kill -KILL -- "-$job" 2>/dev/null || true
}

clean_up() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP PIPE
    set +e
    if [ -n "$job" ]; then
        end_job 2>/dev/null
    fi
    if [ -n "$scratch" ]; then
        stop_servers
        cd / && rm -rf "$scratch"
    fi
    exit "$status"
}

# Make the scratch folder, and have it removed with all that runs in it however the script ends.
make_scratch() {
    choose_server_user
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/clm.XXXXXX")
    if ! scratch_serves; then
        rm -rf "$scratch"
        scratch=$(mktemp -d /tmp/clm.XXXXXX)
        scratch_serves || die "the throw-away server cannot use the folder $scratch"
    fi
}

# Where what is expensive to make is kept from one run to the next, outside the checkout.
cache_dir() {
    printf '%s\n' "${CLM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/clm}"
}

# The server's user must get into the folder, and a socket's path has at most 107 bytes.
scratch_serves() {
    if [ ${#as_server[@]} -gt 0 ]; then
        chmod 711 "$scratch"
        "${as_server[@]}" test -x "$scratch/." || return 1
    fi
    [ "${#scratch}" -lt 80 ]
}

# PostgreSQL refuses to run as root: root starts it as postgres, or else as nobody.
choose_server_user() {
    local user
    as_server=()
    if [ "$(id -u)" != 0 ]; then
        return
    fi
    umask 022
    for user in postgres nobody; do
        if id "$user" >/dev/null 2>&1; then
            server_user=$user
            as_server=(setpriv --reuid="$user" --regid="$(id -gn "$user")" --init-groups --)
            return
        fi
    done
    die "PostgreSQL does not run as root and there is neither a user postgres nor nobody: run this as a normal user"
}

# Set $server to a copy of the PostgreSQL in that folder where the server's user cannot get into the cache folder.
reach_server() {
    if ! in_root_folder test -x "$server/bin/postgres"; then
        cp -a "$server" "$scratch/server"
        server=$scratch/server
    fi
}

# Version of PostgreSQL that this Debian or Ubuntu comes with; empty elsewhere.
distribution_pg_version() {
    command -v dpkg-query >/dev/null || return 0
    # shellcheck source=/dev/null
    case "$(. /etc/os-release && printf '%s:%s' "$ID" "${VERSION_ID:-}")" in
        debian:12) echo 15 ;;
        debian:13) echo 17 ;;
        ubuntu:24.04) echo 16 ;;
        *) apt-cache show postgresql 2>/dev/null | sed -n 's/^Depends:.*postgresql-\([0-9]*\).*/\1/p' | sort -n | tail -1 ;;
    esac
}

# Whether Debian's server of that version is there with all it takes to build an extension.
is_complete() {
    [ -x "/usr/lib/postgresql/$1/bin/initdb" ] && [ -f "/usr/lib/postgresql/$1/lib/pgxs/src/makefiles/pgxs.mk" ]
}

# The PostgreSQL to use: PG_VERSION; the distribution's where it is complete; the newest complete one; or else what
# the distribution offers. Empty outside Debian and Ubuntu.
wanted_pg_version() {
    local offered version
    if [ -n "${PG_VERSION:-}" ]; then
        echo "$PG_VERSION"
        return
    fi
    offered=$(distribution_pg_version)
    if [ -n "$offered" ] && ! is_complete "$offered"; then
        for version in $(cd /usr/lib/postgresql 2>/dev/null && printf '%s\n' [1-9]* | sort -rn); do
            if [ "$version" -ge 15 ] 2>/dev/null && is_complete "$version"; then
                echo "$version"
                return
            fi
        done
    fi
    echo "$offered"
}

# Set PG_CONFIG and what follows from it.
find_postgres() {
    if [ -z "${PG_CONFIG:-}" ]; then
        PG_CONFIG=/usr/lib/postgresql/$(wanted_pg_version)/bin/pg_config
        [ -x "$PG_CONFIG" ] || PG_CONFIG=pg_config
    fi
    export PG_CONFIG
    bindir=$("$PG_CONFIG" --bindir 2>/dev/null) || die "cannot run $PG_CONFIG: set PG_CONFIG=/path/to/pg_config"
    [ -x "$bindir/initdb" ] || die "$bindir has no initdb: the PostgreSQL server is not installed there"
    sharedir=$("$PG_CONFIG" --sharedir)
    pkglibdir=$("$PG_CONFIG" --pkglibdir)
}

# Copy the sources into the scratch folder, build them there, and stage what `make install` would install below
# $stage. So a read-only checkout will do, and runs at the same time do not meet. Arguments go to make. A caller
# that has built already passes its folder on as CLM_STAGE.
build_extension() {
    local src=$scratch/src
    find_postgres
    if [ -n "${CLM_STAGE:-}" ]; then
        stage=$CLM_STAGE
        return
    fi
    stage=$scratch/stage
    mkdir "$src" "$src/test"
    cp -R "$top/Makefile" "$top/clm.control" "$top/sql" "$top/src" "$src"
    cp -R "$top/test/core" "$top/test/module" "$src/test"
    chmod -R u+w "$src" # the checkout may be read-only
    find "$src" -type f \( -name '*.o' -o -name '*.bc' \) -exec rm -f {} +
    if ! run build_in "$src" "$@" >"$scratch/build.log" 2>&1; then
        head -n 40 "$scratch/build.log" >&2
        die "the build failed (the first lines of its output are above)"
    fi
}

build_in() {
    local src=$1
    shift
    make -s -C "$src" -j "$(getconf _NPROCESSORS_ONLN)" with_llvm=no PG_CONFIG="$PG_CONFIG" ${CC:+CC="$CC"} "$@" &&
        make -s -C "$src" with_llvm=no PG_CONFIG="$PG_CONFIG" DESTDIR="$stage" install
}

# Start a throw-away cluster that finds the extension below $stage, and point libpq's variables to it. It listens
# on a socket in the scratch folder only: no port is taken, nobody else gets in, any number can run at once.
start_cluster() {
    data=$scratch/data
    socket=$scratch/socket
    make_server_folder "$socket"
    init_server "$data"
    start_server "$data" 5432
    unset PGHOSTADDR PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGOPTIONS PGSSLMODE PGAPPNAME PGCLIENTENCODING \
        PGTZ PGDATESTYLE PGCLUSTER
    export PGHOST=$socket PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PATH="$bindir:$PATH"
}

make_server_folder() {
    if [ ${#as_server[@]} -gt 0 ]; then
        install -d -m 700 -o "$server_user" "$1"
    else
        mkdir -m 700 "$1"
    fi
}

# Make the data folder of a server: init_server FOLDER.
init_server() {
    local log=$1.log
    make_server_folder "$1"
    if ! run in_root_folder "$bindir/initdb" --pgdata="$1" --username=postgres --auth=trust --encoding=UTF8 \
        --locale=C --no-sync >"$log" 2>&1; then
        tail -n 10 "$log" >&2
        die "initdb failed (see above)"
    fi
}

# Start the server of a data folder: start_server FOLDER PORT [SETTING ...]. The port is but a part of its socket's name,
# so that servers can share the folder; the settings stand over those that all servers have. CLM_POSTGRES names a program to start in
# place of the server's, which starts it in turn.
start_server() {
    local folder=$1 port=$2 log=$1.log
    shift 2
    {
        server_settings "$port"
        printf '%s\n' "$@"
    } >"$folder.settings"
    in_root_folder tee -a "$folder/postgresql.conf" <"$folder.settings" >/dev/null
    # Not interruptible for the moment this takes: there must be no server that nobody knows about.
    if ! (
        trap '' INT TERM HUP
        pg_ctl start --wait --silent --pgdata="$folder" --log="$folder/server.log" ${CLM_POSTGRES:+-p "$CLM_POSTGRES"}
    ) >"$log" 2>&1; then
        cat "$log" "$folder/server.log" >&2
        die "the throw-away server did not start (see above)"
    fi
}

# The server's user may not be able to enter the current folder.
in_root_folder() {
    (cd / && exec "${as_server[@]+"${as_server[@]}"}" "$@")
}

# Of pg_ctl what starts or stops a server, which has CLM_PRELOAD loaded before all other libraries.
pg_ctl() {
    in_root_folder ${CLM_PRELOAD:+env "LD_PRELOAD=$CLM_PRELOAD"} "$bindir/pg_ctl" "$@"
}

# The settings of a server with that port.
server_settings() {
    local lib=$stage$pkglibdir
    cat <<END
listen_addresses = ''
unix_socket_directories = '$socket'
port = $1
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
timezone = 'UTC'
log_timezone = 'UTC'
END
    case $("$bindir/postgres" --describe-config | cut -f 1) in
        *extension_destdir*) # Debian and Ubuntu
            echo "extension_destdir = '$stage'"
            ;;
        *extension_control_path*) # PostgreSQL 18 and later
            echo "extension_control_path = '$stage$sharedir:\$system'"
            ;;
        *)
            is_installed_here ||
                die "this PostgreSQL loads extensions from $sharedir only: run 'make install' first, then this again"
            return
            ;;
    esac
    echo "dynamic_library_path = '$lib:\$libdir'"
}

# Whether the staged install script is the one that is installed.
is_installed_here() {
    local staged
    for staged in "$stage$sharedir/extension"/clm--*.sql; do
        cmp -s "$staged" "$sharedir/extension/$(basename "$staged")" || return 1
    done
}

# Stop what runs in the scratch folder: the throw-away cluster, and servers that tests have started beside it.
stop_servers() {
    local running
    for running in "$scratch"/*/postmaster.pid; do
        [ ! -e "$running" ] || stop_server "${running%/*}"
    done
}

stop_server() {
    in_root_folder "$bindir/pg_ctl" stop --wait --silent --mode=immediate --pgdata="$1" >/dev/null 2>&1
}
