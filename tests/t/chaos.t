#!/bin/bash
# chaos.t - a short while of tests/chaos, with a fixed seed.
exec "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/chaos" \
	--minutes "${CHAOS_MINUTES-2}" --seed "${CHAOS_SEED-42}"
