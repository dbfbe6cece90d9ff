#!/usr/bin/env bash
# The product under the official Python SDK, over pipes and over HTTP.
#
#   tests/clients/python_sdk.sh [AWARENESS]
#
# The argument is the binary; without it cargo builds it. AWARENESS_CLIENTS_POSTGRES_URL, if set, names a database of
# ours: everything runs over it too.
set -euo pipefail

VERSION=2.3.0

main() {
    local here target awareness
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    target=${CARGO_TARGET_DIR:-$here/../../target}
    if [ $# -eq 1 ]; then
        awareness=$1
    else
        cargo build --quiet --manifest-path "$here/../../Cargo.toml" --workspace --bins
        awareness=$target/debug/awareness
    fi
    mkdir -p "$target/clients"
    work=$(mktemp -d "$target/clients/python-run.XXXXXX")
    server=
    failures=0
    trap clean_up EXIT
    trap 'exit 1' HUP INT TERM
    check=("$target/clients/python-sdk-$VERSION/bin/python" "$here/python_sdk.py")
    install_sdk "$target/clients/python-sdk-$VERSION"

    judge_store sqlite "sqlite:$work/awareness.db" "$awareness"
    if [ -n "${AWARENESS_CLIENTS_POSTGRES_URL:-}" ]; then
        judge_store postgres "$AWARENESS_CLIENTS_POSTGRES_URL" "$awareness"
    fi

    if [ "$failures" -gt 0 ]; then
        echo "python_sdk: $failures not as they should be" >&2
        exit 1
    fi
}

install_sdk() {
    if [ ! -x "$1/bin/pip" ]; then
        python3 -m venv "$1"
    fi
    "$1/bin/pip" install --quiet --disable-pip-version-check "mcp==$VERSION"
}

# Both transports over one store; each begins with the store the other left.
judge_store() {
    local name=$1
    export AWARENESS_DATABASE_URL=$2
    shift 2
    judge "$name" stdio "$1" serve --stdio
    start "$name" "$1" serve --port 0
    judge "$name" http "$url"
    stop
}

judge() {
    local name=$1 log=$work/$1-$2.log
    shift
    if "${check[@]}" "$@" 2>"$log" | sed "s/^pass  */&$(printf '%-9s' "$name") /"; then
        return
    fi
    failures=$((failures + 1))
    echo "FAIL      $name $1" >&2
    # Over pipes the server's log is in the check's own.
    cat "$work/$name-server.log" "$log" 2>/dev/null >&2 || true
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
