#!/bin/bash
# fuzz.t - each parser of input that others write, fuzzed for a while.
# FUZZ_SECONDS: for how long (30).
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
FUZZ_DIR=$(mktemp -d) && export FUZZ_DIR
trap 'rm -rf "$FUZZ_DIR"' EXIT
echo 1..4
n=0
for target in experiment state journal values; do
	n=$((n + 1))
	if "$top/tests/fuzz/run" "${FUZZ_SECONDS-30}" $target >"$FUZZ_DIR/out" 2>&1; then
		echo "ok $n - $target, $(sed -n 's/^fuzz: inputs: *//p' "$FUZZ_DIR/out") inputs"
	else
		echo "not ok $n - $target"
		tail -30 "$FUZZ_DIR/out" | sed 's/^/# /'
	fi
done
