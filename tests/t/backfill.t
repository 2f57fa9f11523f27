#!/bin/bash
# backfill.t - time-min: Slurm starts the phase early, with a shorter limit,
# in a hole of its schedule; the runner goes by the end that Slurm really gave,
# and the next attempt may have the whole limit again.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 4 --conf-extra OverTimeLimit=0
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
. "$top_srcdir/tests/t/counting.sh"

# the hole: all nodes are reserved from a few minutes on
ok "the nodes are reserved from four minutes on" scontrol create reservation \
	ReservationName=hole StartTime=now+4minutes Duration=60 Nodes=ALL Users="$(id -un)" Flags=MAINT
run_name="time-min"
STEPS=150
experiment hole main "time = 20" "time-min = 2" "signal = USR1@30"
limit() { scontrol show job "$job" | sed -n 's/.* TimeLimit=\([^ ]*\).*/\1/p'; }
ok "$run_name: it starts all the same" until_true 30 started 0
is "$run_name: with the limit that Slurm gave" "$(limit)" 00:02:00
# it is warned by the end that Slurm gave, saves, and goes back into the queue
ok "$run_name: it is warned in time and saves" until_true 130 grep -q 'saved .* on USR1' "$TRACE"
ok "$run_name: the reservation ends" scontrol delete ReservationName=hole
ok "$run_name: the next attempt runs" until_true 60 started 1
is "$run_name: with the whole limit" "$(limit)" 00:20:00
ends_well 150
goes_on
requeued time_limit 1
finish
