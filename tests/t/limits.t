#!/bin/bash
# limits.t - time limits: announced and not, work in pieces, what never ends.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 8 --conf-extra OverTimeLimit=0 --conf-extra JobRequeue=0
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
. "$top_srcdir/tests/t/counting.sh"

# All four run side by side; Slurm's clock is slow here: limits are minutes.
# 1. work of four minutes in pieces of one
STEPS=240 experiment pieces main "time = 1" "signal = USR1@20"
pieces_run=$run pieces_trace=$TRACE
# 2. a limit without warning: TERM, KillWait
STEPS=90 experiment unwarned main "time = 1"
unwarned_run=$run unwarned_trace=$TRACE
# 3. never a checkpoint, always the limit
STEPS=1000 experiment stalled main "time = 1" "signal = USR1@30" "max_stalled_requeues = 1"
"$latsub" cancel "$run" >/dev/null 2>&1
sed 's/exec .\/payload/echo start >> "$TRACE"; exec sleep 1000/' stalled.ini >stalled2.ini
: >"$TRACE"
timeout 60 "$latsub" experiment stalled2.ini -o runs/stalled2 >/dev/null 2>&1
stalled_run=$tmp/e/runs/stalled2 stalled_trace=$TRACE
# 4. a budget
STEPS=1000 experiment budget main "time = 5" "time_budget = 0:40" "signal = USR1@10"
budget_run=$run budget_trace=$TRACE
# 5. and 6. a limit that grows, where the partition allows it
scontrol update PartitionName=short MaxTime=1
for partition in main short; do
	STEPS=12 experiment grows_$partition main
	"$latsub" cancel "$run" >/dev/null 2>&1
	: >"$TRACE"
	sed "s/exec .\/payload/echo start >> \"\$TRACE\"; sleep 150; echo done >> \"\$TRACE\"/
		s/^partition = main/partition = $partition\ntime = 1\nretry_time = x4/" \
		grows_$partition.ini >grows2.ini
	timeout 60 "$latsub" experiment grows2.ini -o "runs/grows2_$partition" >/dev/null 2>&1
done
# 7. time-min
STEPS=1 experiment minimum main "time = 9" "time-min = 3"
like "time-min reaches Slurm" "$(scontrol show job "$job")" 'TimeMin=00:03:00'

run_name="time_budget" run=$budget_run TRACE=$budget_trace
failed() { [ "$(word "$run" training)" = failed ]; }
ok "$run_name: the phase stops" until_true 90 failed
ok "$run_name: it saved its work" grep -q 'saved .* on USR1' "$TRACE"
ok "$run_name: the reason is on record" grep -q '^last_failure_error=time_budget is spent' "$run/.experiment_state"

run_name="never a checkpoint" run=$stalled_run TRACE=$stalled_trace
ok "$run_name: it stops after max_stalled_requeues" until_true 240 failed
# (what was cancelled before may still have a word to say there)
is "$run_name: after one requeue" "$(grep -cx start "$TRACE")" 2
ok "$run_name: the reason is on record" grep -q '^last_failure_error=.*no new checkpoint' "$run/.experiment_state"

run_name="retry_time" run=$tmp/e/runs/grows2_short TRACE=$tmp/e/grows_short.trace
ok "$run_name: what the partition does not allow is refused" until_true 240 failed
ok "$run_name: with the reason" grep -q '^last_failure_error=retry_time: 4 minutes are more than partition short allows (1)' "$run/.experiment_state"
run=$tmp/e/runs/grows2_main TRACE=$tmp/e/grows_main.trace
ok "$run_name: the next attempt has time enough" until_true 300 grep -q 'done' "$TRACE"
is "$run_name: after one that had not" "$(tr '\n' ' ' <"$TRACE" | sed 's/child .*//')" "start start done "

run_name="limit without warning" run=$unwarned_run TRACE=$unwarned_trace STEPS=90
ends_well 300
goes_on
ok "$run_name: the reason is on record" grep -q '^training.requeued.*time_limit=' "$run/.experiment_state"

run_name="pieces" run=$pieces_run TRACE=$pieces_trace STEPS=240
ends_well 600
goes_on
ok "$run_name: in several attempts" test "$(grep -c '^start' "$TRACE")" -ge 4
# never more lost than since the last checkpoint: each start is where one ended
is "$run_name: each attempt began where one had saved" \
	"$(grep '^start' "$TRACE" | sed 's/.* at \([0-9]*\) .*/\1/' | sed 1d | tr '\n' ' ')" \
	"$(sed -n 's/^saved \([0-9]*\) .*/\1/p' "$TRACE" | tr '\n' ' ')"
finish
