#!/bin/bash
# succeed.t - where the controller refuses a requeue, another job goes on, and
# what waits for the phase waits for that one.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 8
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
. "$top_srcdir/tests/t/counting.sh"

# forbid JOB: from now on Slurm refuses to requeue it.
forbid() { scontrol update "JobId=$1" Requeue=0; }
goes_on_as() { # JOB: the log of the job names its successor
	grep -hq 'goes on for it' "$run"/logs/training-"$1".log
}
submissions() { grep -hc '"e":"submitted".*"phase":"training"' "$run"/.latsub/journal/*; }

# ---- a job ----
run_name="refused"
experiment refused main "signal = USR1@120" && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	forbid "$job"
	kill -USR1 "$(runner_pid)"
	ends_well 60
	goes_on
	requeued time_limit 1
	ok "$run_name: the log says which job goes on" goes_on_as "$job"
	is "$run_name: both are on record" "$(submissions)" 2
	is "$run_name: nothing is left in the queue" "$(squeue -h | wc -l)" 0
}

# ---- preempted for good: its state is PREEMPTED, whatever its exit code ----
run_name="refused when preempted"
experiment preempted lowcancel && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	forbid "$job"
	sbatch -Q -p high -N4 --exclusive -t 1 -o /dev/null --wrap 'sleep 1'
	ends_well 90
	goes_on
	requeued preempted 1
	ok "$run_name: the log says which job goes on" goes_on_as "$job"
}

# ---- latsub itself was replaced meanwhile, as an upgrade does ----
run_name="upgraded meanwhile"
mkdir "$tmp/bin" && cp "$latsub" "$tmp/bin/latsub" && cp "$latsub" "$tmp/bin/newer"
LATSUB_SLURM_MODULE=$(dirname "$latsub")/.libs/slurm.so
export LATSUB_SLURM_MODULE
latsub=$tmp/bin/latsub experiment upgraded main "signal = USR1@120" && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	mv "$tmp/bin/newer" "$tmp/bin/latsub"
	forbid "$job"
	kill -USR1 "$(runner_pid)"
	ends_well 60
	ok "$run_name: the log says which job goes on" goes_on_as "$job"
}
unset LATSUB_SLURM_MODULE

# ---- limits count over successors ----
run_name="limits"
cat >limits.ini <<INI
[experiment]
name = limits
[phase training]
command = echo "start \$LATSUB_ATTEMPT \$LATSUB_RESUME" >> $tmp/e/limits.trace
    until [ -e $tmp/e/limits.go ]; do sleep 0.2; done
    exit 75
max_requeues = 2
max_stalled_requeues = 9
INI
timeout 60 "$latsub" experiment limits.ini -o runs/limits >limits.out 2>&1
run=$tmp/e/runs/limits
job=$(sed -n '/^\[jobs\]/,/^\[/s/^training=//p' "$run/.experiment_state")
ok "$run_name: it starts" until_true 20 grep -q start limits.trace
forbid "$job" && touch limits.go
has_failed() { [ "$(word "$run" training)" = failed ]; }
ok "$run_name: it fails in the end" until_true 60 has_failed
is "$run_name: after as many attempts as allowed" "$(tr '\n' ',' <limits.trace)" "start 0 0,start 1 1,start 2 1,"

# ---- "requeue = no" is the user's own word ----
run_name="requeue = no"
sed 's/^name = .*/name = never/; s/^max_requeues.*/requeue = no/' limits.ini >never.ini
timeout 60 "$latsub" experiment never.ini -o runs/never >never.out 2>&1
run=$tmp/e/runs/never
ok "$run_name: the phase fails" until_true 30 has_failed
like "$run_name: since nothing requeues it" "$(grep last_failure_error "$run/.experiment_state")" 'requeue refused'
is "$run_name: it had one job" "$(submissions)" 1

# ---- one element of an array ----
run_name="array"
cat >array.ini <<INI
[experiment]
name = array
[env]
SEED = outer
[phase many]
array.I = 0 1 2 3
signal = USR1@120
command = echo "many \$I start \$LATSUB_ATTEMPT" >> $tmp/e/array.trace
    trap 'exit 9' USR1
    for ((i = 0; i < 40; i++)); do [ "\$LATSUB_ATTEMPT" = 0 ] || break; sleep 0.2 & wait \$!; done
    [ "\$LATSUB_ATTEMPT" = 0 ] || sleep 3
    echo "many \$I done" >> $tmp/e/array.trace
[phase each]
after_each = many
array.I = 0 1 2 3
command = echo "each \$I" >> $tmp/e/array.trace
[phase all]
after = many
command = echo "all" >> $tmp/e/array.trace
[phase any]
after_any = many
command = echo "any" >> $tmp/e/array.trace
INI
timeout 60 "$latsub" experiment array.ini -o runs/array >array.out 2>&1
run=$tmp/e/runs/array
array=$(sed -n '/^\[jobs\]/,/^\[/s/^many=//p' "$run/.experiment_state")
ok "$run_name: all run" until_true 30 eval '[ "$(grep -c start array.trace)" = 4 ]'
job=$(squeue -h -r -j "${array}_2" -o %A)
scontrol update "JobId=${array}_2" Requeue=0
kill -USR1 "$(runner_pid)"
ok "$run_name: the run ends" until_true 90 completed
is "$run_name: one task started again, the others did not" \
	"$(grep start array.trace | sort | tr '\n' ',')" \
	"many 0 start 0,many 1 start 0,many 2 start 0,many 2 start 1,many 3 start 0,"
is "$run_name: what waits for each, for all and for any of them ran once" \
	"$(grep -v many array.trace | sort | tr '\n' ',')" "all,any,each 0,each 1,each 2,each 3,"
after() { # WHAT WHOM: did it run after that was done?
	awk -v what="$1" -v whom="$2" '$0 == what { exit !done } $0 == whom " done" { done = 1 }' array.trace
}
ok "$run_name: each after its own task" after "each 2" "many 2"
ok "$run_name: all after the successor" after all "many 2"
ok "$run_name: any after the successor" after any "many 2"
is "$run_name: its environment is the experiment's, not the task's" \
	"$(grep -c '^SEED=outer' "$run/.latsub/environment")" 1

# ---- a node that may not submit ----
run_name="no submission from nodes"
experiment barred short "signal = USR1@120" "time = 5" && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	scontrol update PartitionName=short AllocNodes=nowhere
	forbid "$job"
	kill -USR1 "$(runner_pid)"
	ok "$run_name: the phase fails" until_true 30 has_failed
	like "$run_name: the reason says all of it" "$(grep last_failure_error "$run/.experiment_state")" \
		'requeue refused: .*disabled; nor can a job be submitted from here'
	ok "$run_name: and how to go on" grep -q -- '--resume' "$run/logs/training-$job.log"
	scontrol update PartitionName=short AllocNodes=ALL
	is "$run_name: which works" "$(timeout 90 "$latsub" --resume "$run" --wait >/dev/null 2>&1; echo $?)" 0
	goes_on_from_checkpoint() { grep '^start' "$TRACE" | tail -1 | grep -q 'at [1-9]'; }
	ok "$run_name: from the checkpoint" goes_on_from_checkpoint
}
finish
