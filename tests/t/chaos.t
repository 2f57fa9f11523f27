#!/bin/bash
# chaos.t - five minutes of tests/chaos, with a fixed seed.
exec "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/chaos" \
	--minutes "${CHAOS_MINUTES-5}" --seed "${CHAOS_SEED-42}"
