#!/usr/bin/env bash
# Every server scenario of the official conformance runner.
#
#   tests/clients/conformance.sh [AWARENESS FIXTURES]
#
# The arguments are the two binaries; without them cargo builds both. Scenarios that need nothing planted run against
# the product, the others against `examples/conformance_fixtures.rs`, which is served by the same transport.
# AWARENESS_CLIENTS_POSTGRES_URL, if set, names a database of ours: the product's scenarios run over it too.
#
# Fails when a scenario fails that `conformance-exceptions.txt` does not list, and when that list says too much.
set -euo pipefail

VERSION=0.1.13

# What the product can answer by itself; the others ask for tools, prompts and resources by the runner's own names.
PRODUCT_SCENARIOS="
completion-complete
dns-rebinding-protection
ping
prompts-list
resources-list
server-initialize
server-sse-multiple-streams
tools-list
"

main() {
    local here target awareness fixtures
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    target=${CARGO_TARGET_DIR:-$here/../../target}
    if [ $# -eq 2 ]; then
        awareness=$1
        fixtures=$2
    else
        cargo build --quiet --manifest-path "$here/../../Cargo.toml" --workspace --bins --examples
        awareness=$target/debug/awareness
        fixtures=$target/debug/examples/conformance_fixtures
    fi
    mkdir -p "$target/clients"
    work=$(mktemp -d "$target/clients/conformance-run.XXXXXX")
    servers=()
    failures=0
    trap clean_up EXIT
    trap 'exit 1' HUP INT TERM

    exceptions=$here/conformance-exceptions.txt
    install_runner "$target/clients/conformance-$VERSION"
    "${runner[@]}" list --server | sed -n 's/^  - \([^ ]*\).*/\1/p' >"$work/scenarios"
    check_names "$exceptions"
    check_names <(tr -s ' ' '\n' <<<"$PRODUCT_SCENARIOS")

    start sqlite env AWARENESS_DATABASE_URL="sqlite:$work/awareness.db" "$awareness" serve --port 0
    judge_all sqlite is_for_product
    if [ -n "${AWARENESS_CLIENTS_POSTGRES_URL:-}" ]; then
        start postgres env AWARENESS_DATABASE_URL="$AWARENESS_CLIENTS_POSTGRES_URL" "$awareness" serve --port 0
        judge_all postgres is_for_product
    fi
    start fixtures "$fixtures" 0
    judge_all fixtures is_for_fixtures

    if [ "$failures" -gt 0 ]; then
        echo "conformance: $failures not as they should be" >&2
        exit 1
    fi
}

install_runner() {
    runner=(node "$1/node_modules/@modelcontextprotocol/conformance/dist/index.js")
    if [ "$("${runner[@]}" --version 2>/dev/null)" != "$VERSION" ]; then
        rm -rf "$1"
        mkdir -p "$1"
        npm install --prefix "$1" --no-audit --no-fund --loglevel=error "@modelcontextprotocol/conformance@$VERSION"
    fi
}

# A name the runner does not know would excuse, or run, nothing at all.
check_names() {
    local name
    while IFS=: read -r name _; do
        if [ -n "$name" ] && ! grep -qxF "$name" "$work/scenarios"; then
            echo "FAIL      the runner knows no scenario $name" >&2
            failures=$((failures + 1))
        fi
    done <"$1"
}

# Starts a server that says on standard error where it is; sets `url`.
start() {
    local name=$1 log=$work/$1.log deadline=$((SECONDS + 60)) server
    shift
    "$@" >/dev/null 2>"$log" </dev/null &
    server=$!
    servers+=("$server")
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

is_for_product() {
    grep -qxF "$1" <<<"$PRODUCT_SCENARIOS"
}

is_for_fixtures() {
    ! is_for_product "$1"
}

# Runs the scenarios a test picks, against the server at `url`.
judge_all() {
    local scenario
    while read -r scenario; do
        if "$2" "$scenario"; then
            judge "$1" "$scenario"
        fi
    done <"$work/scenarios"
}

judge() {
    local verdict=FAIL reason problem
    problem=$(run_scenario "$1" "$2")
    reason=$(awk -v name="$2:" '$1 == name { $1 = ""; print substr($0, 2) }' "$exceptions")
    if [ -z "$problem" ] && [ -z "$reason" ]; then
        verdict=pass
    elif [ -z "$problem" ]; then
        problem="passes, so it must leave the list of exceptions"
    elif [ -n "$reason" ]; then
        verdict=excepted
        problem=$reason
    fi
    if [ "$verdict" = FAIL ]; then
        failures=$((failures + 1))
    fi

    printf '%-9s %-9s %s%s\n' "$verdict" "$1" "$2" "${problem:+: $problem}"
}

# Prints why a scenario did not pass; nothing if it did. A warning counts, as it does in the runner's own baselines: the
# scenario then stopped before its checks.
run_scenario() {
    local results=$work/results/$1/$2
    "${runner[@]}" server --url "$url" --scenario "$2" --output-dir "$results" >"$work/output" 2>&1 </dev/null || true
    node -e '
        const [directory] = process.argv.slice(1);
        const { readdirSync, readFileSync } = require("fs");
        let checks = [];
        try {
            const [run] = readdirSync(directory);
            checks = JSON.parse(readFileSync(`${directory}/${run}/checks.json`, "utf8"));
        } catch (error) {
            checks = [{ status: "FAILURE", errorMessage: `no result: ${error.message}` }];
        }
        const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
        const problems = bad.map((check) => check.errorMessage ?? check.details?.message ?? check.description);
        const good = checks.filter(({ status }) => status === "SUCCESS");
        if (bad.length === 0 && good.length === 0) problems.push("nothing was checked");
        process.stdout.write(problems.join("; ").replaceAll("\n", " "));
    ' "$results"
}

clean_up() {
    if [ "${#servers[@]}" -gt 0 ]; then
        kill "${servers[@]}" 2>/dev/null || true
        wait "${servers[@]}" 2>/dev/null || true
    fi
    rm -rf "$work"
}

main "$@"
