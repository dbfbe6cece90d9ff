#!/usr/bin/env bash
# The walk of a new user (`walk/`) under the official Python and TypeScript SDKs, over pipes and over HTTP with tokens.
#
#   tests/clients/walk.sh [AWARENESS]
#
# The argument is the binary; without it cargo builds it. AWARENESS_CLIENTS_POSTGRES_URL, if set, names a database of
# ours: everything runs over it too.
set -euo pipefail

PYTHON_SDK=2.3.0
TYPESCRIPT_SDK=1.32.2

main() {
    local here target
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    target=${CARGO_TARGET_DIR:-$here/../../target}
    if [ $# -eq 1 ]; then
        awareness=$1
    else
        cargo build --quiet --manifest-path "$here/../../Cargo.toml" --workspace --bins
        awareness=$target/debug/awareness
    fi
    mkdir -p "$target/clients"
    work=$(mktemp -d "$target/clients/walk-run.XXXXXX")
    server=
    failures=0
    trap clean_up EXIT
    trap 'exit 1' HUP INT TERM
    install_sdks "$target/clients/python-sdk-$PYTHON_SDK" "$target/clients/typescript-sdk-$TYPESCRIPT_SDK"

    AWARENESS_JWT_SECRET=$("$awareness" secret)
    export AWARENESS_JWT_SECRET
    walk_store sqlite "sqlite:$work/awareness.db"
    if [ -n "${AWARENESS_CLIENTS_POSTGRES_URL:-}" ]; then
        walk_store postgres "$AWARENESS_CLIENTS_POSTGRES_URL"
    fi

    if [ "$failures" -gt 0 ]; then
        echo "walk: $failures not as they should be" >&2
        exit 1
    fi
}

install_sdks() {
    if [ ! -x "$1/bin/pip" ]; then
        python3 -m venv "$1"
    fi
    "$1/bin/pip" install --quiet --disable-pip-version-check "mcp==$PYTHON_SDK"
    if [ ! -d "$2/node_modules/@modelcontextprotocol/sdk" ]; then
        mkdir -p "$2"
        npm install --prefix "$2" --no-audit --no-fund --loglevel=error "@modelcontextprotocol/sdk@$TYPESCRIPT_SDK"
    fi
    python=("$1/bin/python" "$here/walk.py")
    typescript=(env AWARENESS_SDK="$2" node "$here/walk.mjs")
}

# Both clients over both transports, one after the other over one store: each walk is that of an owner of its own.
walk_store() {
    local name=$1
    export AWARENESS_DATABASE_URL=$2
    walk "$name" "${python[@]}" stdio "$awareness"
    walk "$name" "${typescript[@]}" stdio "$awareness"
    start "$name" env AWARENESS_AUTH_REQUIRED=true "$awareness" serve --port 0
    walk "$name" "${python[@]}" http "$awareness" "$url"
    walk "$name" "${typescript[@]}" http "$awareness" "$url"
    stop
}

walk() {
    local name=$1 log=$work/log
    shift
    if "$@" 2>"$log" | sed "s/^pass  */&$(printf '%-9s' "$name") /"; then
        return
    fi
    failures=$((failures + 1))
    echo "FAIL      $name $*" >&2
    # Over pipes the server's log is in the client's own.
    cat "$work/$name-server.log" "$log" >&2 2>/dev/null || true
}

# Starts a server that says on standard error where it is; sets `url`.
start() {
    local name=$1 log=$work/$1-server.log deadline=$((SECONDS + 60))
    shift
    "$@" >/dev/null 2>"$log" </dev/null &
    server=$!
    url=
    while [ -z "$url" ]; do
        sleep 0.1
        if [ "$SECONDS" -ge "$deadline" ] || ! kill -0 "$server" 2>/dev/null; then
            echo "FAIL      the server on $name did not start:" >&2
            cat "$log" >&2
            exit 1
        fi
        url=$(sed -n 's|.*\(http://[^ ]*/mcp\)$|\1|p' "$log" | head -n 1)
    done
}

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}

clean_up() {
    stop
    rm -rf "$work"
}

main "$@"
