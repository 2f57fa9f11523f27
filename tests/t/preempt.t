#!/bin/bash
# preempt.t - real preemptions, time limits, requeues, cancels, losses: a
# checkpoint, a requeue of just that phase, and each effect once.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 4

mkdir "$tmp/e" && cd "$tmp/e" || exit 1

. "$top_srcdir/tests/t/counting.sh"

# ---- preemption, REQUEUE without grace ----
run_name="preempted"
experiment requeue low && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to lose" until_true 20 has_done 2
	take_the_machine
	ends_well 60
	goes_on
	requeued preempted 1
	like "$run_name: the log says why there is a second attempt" \
		"$("$latsub" logs training "$run")" 'attempt 2, requeued: preempted'
	like "$run_name: so does status" "$("$latsub" status "$run")" 'training .*1 requeue'
}

# ---- preemption, REQUEUE with GraceTime and user signal ----
run_name="preempted with grace"
experiment grace lowgrace "signal = USR1@10" && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	take_the_machine
	ends_well 90
	goes_on
	requeued preempted 1
	ok "$run_name: USR1 did it" grep -q 'on USR1' "$TRACE"
}

# ---- preemption, CANCEL ----
run_name="preempted by CANCEL"
experiment cancelled lowcancel && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	take_the_machine
	ends_well 60
	goes_on
	requeued preempted 1
}

# ---- scontrol requeue ----
run_name="scontrol requeue"
experiment operator main && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	scontrol requeue "$job"
	ends_well 60
	goes_on
	requeued operator 1
}

# ---- exit code 75 ----
run_name="exit code 75"
cat >once <<'EOS'
#!/bin/bash
mkdir -p "$LATSUB_RUN_DIR/checkpoint"
echo "start training 0 at ${LATSUB_CHECKPOINT:+1} attempt $LATSUB_ATTEMPT resume $LATSUB_RESUME" >> "$TRACE"
[ -n "$LATSUB_CHECKPOINT" ] && { echo 12 > "$LATSUB_RUN_DIR/checkpoint/step2"; echo "done training 12" >> "$TRACE"; exit 0; }
echo 1 > "$LATSUB_RUN_DIR/checkpoint/step1"
exit 75
EOS
chmod +x once
experiment request main && :
sed 's/exec .\/payload/exec .\/once/' request.ini >request2.ini
"$latsub" cancel "$run" >/dev/null 2>&1
: >"$TRACE"
timeout 60 "$latsub" experiment request2.ini -o runs/request2 >/dev/null 2>&1
run=$tmp/e/runs/request2
ends_well 60
requeued requested 1

# ---- scancel ----
run_name="scancel"
experiment scancel low && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	scancel "$job"
	pending() { [ "$(word "$run" training)" = pending ]; }
	ok "$run_name: the state says pending" until_true 15 pending
	ok "$run_name: the command saved its work" grep -q 'saved .* on TERM' "$TRACE"
	ok "$run_name: nothing is left in the queue" until_true 20 queue_is_empty
	# Slurm would start a job that it had requeued within some seconds
	ok "$run_name: it stays away" stays_true 8 queue_is_empty
	is "$run_name: really" "$(squeue -h | wc -l)" 0
	is "$run_name: resume works" "$(timeout 60 "$latsub" --resume "$run" --wait >/dev/null 2>&1; echo $?)" 0
	like "$run_name: from the checkpoint" "$(grep '^start' "$TRACE" | tail -1)" "at [1-9]"
}

# ---- a payload that ignores everything can be cancelled ----
run_name="deaf payload"
experiment deaf low && : >"$TRACE"
sed 's/exec .\/payload/trap "" TERM USR1; echo start training 0 at 0 attempt 0 >> "$TRACE"; while :; do sleep 1; done/' deaf.ini >deaf2.ini
"$latsub" cancel "$run" >/dev/null 2>&1
timeout 60 "$latsub" experiment deaf2.ini -o runs/deaf2 >/dev/null 2>&1
run=$tmp/e/runs/deaf2
job=$(sed -n '/^\[jobs\]/,/^\[/s/^training=//p' "$run/.experiment_state")
ok "$run_name: it starts" until_true 20 started 0
scancel "$job"
ok "$run_name: it is gone within KillWait" until_true 12 queue_is_empty
ok "$run_name: as cancelled" until_true 10 grep -q 'training.cancelled' "$run/.experiment_state"

# ---- a command that has left before our TERM is here ----
run_name="left early"
cat >early.ini <<INI
[experiment]
name = early
[phase training]
command = scancel "\$SLURM_JOB_ID"; exit 3
INI
timeout 60 "$latsub" experiment early.ini >/dev/null 2>&1
run=$(ls -d "$tmp/e/runs/early"_2*)
cancelled() { grep -q '^training.cancelled.1.0=0' "$run/.experiment_state"; }
ok "$run_name: it is cancelled, not failed" until_true 30 cancelled
is "$run_name: nothing failed" "$(sed -n 's/^failure_count=//p' "$run/.experiment_state")" 0

# ---- one element of an array ----
run_name="one element"
export TRACE=$tmp/e/array.trace
cat >array.ini <<INI
[experiment]
name = array
[env]
TRACE = $TRACE
[phase many]
array.I = 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
partition = low
command = echo "start \$I \$LATSUB_ATTEMPT" >> "\$TRACE"; sleep 8; echo "done \$I" >> "\$TRACE"
INI
timeout 60 "$latsub" experiment array.ini >/dev/null 2>&1
run=$(ls -d "$tmp/e/runs/array"_2*)
job=$(sed -n '/^\[jobs\]/,/^\[/s/^many=//p' "$run/.experiment_state")
# all CPUs are taken: one more job in a higher partition takes one element's
ok "$run_name: it runs" until_true 20 grep -q 'start 7 0' "$TRACE"
sbatch -Q -p high -n1 -t 1 -o /dev/null --wrap 'sleep 1'
ok "$run_name: the array ends" until_true 90 completed
is "$run_name: only that one started again" "$(grep -c '^start .* 1$' "$TRACE")" 1
is "$run_name: all others started once" "$(grep -c '^start .* 0$' "$TRACE")" 20
is "$run_name: each was done once" "$(grep '^done' "$TRACE" | sort | uniq -c | grep -c ' 1 done')" 20
is "$run_name: it was a preemption" "$(grep -c '^many.requeued.1.0.preempted=[0-9]*$' "$run/.experiment_state")" 1

# ---- kill -9 of the runner: the phase is lost, and a resume finds it ----
run_name="runner killed"
experiment killed main && {
	ok "$run_name: it starts" until_true 20 started 0
	pid=$(runner_pid)
	kill -9 "$pid"
	gone() { ! squeue -h -j "$job" -t R 2>/dev/null | grep -q .; }
	ok "$run_name: the job is gone" until_true 20 gone
	has_failed() { "$latsub" status "$run" >/dev/null; [ $? -eq 1 ]; }
	ok "$run_name: status knows it failed" until_true 15 has_failed
	is "$run_name: resume runs it again" "$(timeout 90 "$latsub" --resume "$run" --wait >/dev/null 2>&1; echo $?)" 0
	is "$run_name: the work was done once" "$(grep -c '^done training 12' "$TRACE")" 1
	ok "$run_name: the loss is on record" grep -q '^training.lost.1.0=0' "$run/.experiment_state"
}

# ---- a node lost with all that runs on it ----
run_name="node lost"
experiment node main && {
	ok "$run_name: it starts" until_true 20 started 0
	node=$(squeue -h -j "$job" -o %N)
	has_run() { [[ $(squeue -h -j "$job" -o %M) > 0:01 ]]; } # seconds are counted
	ok "$run_name: it has run for some seconds" until_true 20 has_run
	"$sandbox" kill-node "$node" --dir "$sandbox_dir" >/dev/null
	"$sandbox" start-slurmd "$node" --dir "$sandbox_dir" >/dev/null
	ok "$run_name: it ends by itself" until_true 120 completed
	is "$run_name: the work was done once" "$(grep -c '^done training 12' "$TRACE")" 1
	requeued node_failure 1
	ran=$(sed -n 's/^training\.ran\.1\.0\.\([0-9]*\)=0$/\1/p' "$run/.experiment_state")
	ok "$run_name: the time it ran is counted (${ran}s)" test "${ran:-0}" -ge 1 -a "${ran:-0}" -le 60
}
finish
