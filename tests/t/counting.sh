# shellcheck shell=bash disable=SC2154
# counting.sh - a payload that counts, saves and goes on, and what tests ask of
# it.  Source it in a directory of your own, after lib.sh and start_sandbox.

# A payload that counts to $STEPS, one step each $STEP seconds, saves on USR1
# and TERM, and goes on from its checkpoint.  $TRACE.step has its last step.
cat >payload <<'EOS'
#!/bin/bash
dir=$LATSUB_RUN_DIR/checkpoint
mkdir -p "$dir"
n=0
[ -n "$LATSUB_CHECKPOINT" ] && n=$(cat "$LATSUB_CHECKPOINT")
echo "start $LATSUB_PHASE ${LATSUB_TASK} at $n attempt $LATSUB_ATTEMPT resume $LATSUB_RESUME" >> "$TRACE"
save() {
	echo "$n" >"$dir/.tmp" && mv "$dir/.tmp" "$dir/step$n"
	echo "saved $n on $1" >> "$TRACE"
	exit 9
}
trap 'save USR1' USR1
[ -n "$NO_TERM" ] || trap 'save TERM' TERM
while [ "$n" -lt "$STEPS" ]; do
	sleep "$STEP" & wait $!
	n=$((n + 1))
	echo "$n" >"$TRACE.step"
done
echo "$n" >"$dir/.tmp" && mv "$dir/.tmp" "$dir/step$n"
echo "done $LATSUB_PHASE $n" >> "$TRACE"
EOS
chmod +x payload

# experiment NAME PARTITION [LINE]...: training, and a child that counts.
experiment() {
	local name=$1 partition=$2
	shift 2
	export TRACE=$tmp/e/$name.trace
	rm -f "$TRACE.step"
	cat >"$name.ini" <<INI
[experiment]
name = $name
checkpoint_phase = training
[env]
STEPS = ${STEPS-12}
STEP = ${STEP-1}
NO_TERM =
TRACE = $tmp/e/$name.trace
[phase training]
command = exec ./payload
partition = $partition
cpus-per-task = 4
nodes = 1
checkpoint = checkpoint/step*
$(printf '%s\n' "$@")
[phase child]
after = training
partition = high
command = echo child \$(cat "\$LATSUB_CHECKPOINT") >> "\$TRACE"
INI
	timeout 60 "$latsub" experiment "$name.ini" >"$name.out" 2>&1 ||
		{ fail "$name is submitted" "$(cat "$name.out")"; return 1; }
	run=$(ls -d "$tmp/e/runs/${name}"_2*)
	job=$(sed -n '/^\[jobs\]/,/^\[/s/^training=//p' "$run/.experiment_state")
}
started() { grep -q "start training 0 at .* attempt $1" "$TRACE"; }
# has_done STEPS: there is so much work to save, or to lose.
has_done() { [ "$(cat "$TRACE.step")" -ge "$1" ]; }
completed() { "$latsub" status "$run" >/dev/null; }
# A job that wants all of the machine, for a moment.
take_the_machine() {
	sbatch -Q -p high -N2 --exclusive -t 1 -o /dev/null --wrap "sleep ${1:-1}" \
		>/dev/null
}
requeued() { # REASON COUNT
	is "$run_name: recorded as $1, $2 times" \
		"$(grep -c "^training.requeued.*\.$1=" "$run/.experiment_state")" "$2"
}
ends_well() { # SECONDS
	ok "$run_name: it ends by itself, all completed" until_true "$1" completed
	is "$run_name: the work was done once" "$(grep -c "^done training ${STEPS-12}\$" "$TRACE")" 1
	is "$run_name: the child ran once, after" "$(tail -1 "$TRACE")" "child ${STEPS-12}"
}
goes_on() { # from where it was: no step is done twice
	like "$run_name: the next attempt goes on from the checkpoint" \
		"$(grep '^start' "$TRACE" | tail -1)" "at [1-9][0-9]* attempt [1-9].* resume 1"
}


# The process that runs the training of $run: by its environment, since other
# tests on this machine have jobs of the same number.
runner_pid() {
	local p
	for p in /proc/[0-9]*; do
		{ tr '\0' ' ' <"$p/cmdline" | grep -q 'latsub run' &&
			tr '\0' '\n' <"$p/environ" | grep -qx "SLURM_JOB_ID=$job" &&
			tr '\0' '\n' <"$p/environ" | grep -qx "LATSUB_STATE=$run/.experiment_state" &&
			echo "${p#/proc/}"; } 2>/dev/null
	done 2>/dev/null | sort -n | head -1
}
