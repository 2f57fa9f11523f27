#!/bin/bash
# adversity.t - Slurm's own daemons stop, start and stay silent around a run.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 4
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
. "$top_srcdir/tests/t/counting.sh"

# ---- slurmd dies and comes back: the job never notices ----
run_name="slurmd restarted"
experiment slurmd main && {
	ok "$run_name: it starts" until_true 20 started 0
	node=$(squeue -h -j "$job" -o %N)
	"$sandbox" kill-slurmd "$node" --dir "$sandbox_dir" >/dev/null
	away() { "$sandbox" status --dir "$sandbox_dir" 2>&1 | grep "slurmd of $node is not running"; }
	ok "$run_name: it is away" until_true 10 away
	"$sandbox" start-slurmd "$node" --dir "$sandbox_dir" >/dev/null
	ends_well 90
	is "$run_name: one attempt was enough" "$(grep -c '^start' "$TRACE")" 1
}

# ---- slurmctld is stopped when the signal comes ----
run_name="controller stopped at the signal"
experiment silent main "signal = USR1@120" && {
	ok "$run_name: it starts" until_true 20 started 0
	ok "$run_name: it has work to save" until_true 20 has_done 1
	pid=$(runner_pid)
	"$sandbox" pause-slurmctld --dir "$sandbox_dir" >/dev/null
	kill -USR1 "$pid"
	ok "$run_name: the command saves its work all the same" \
		until_true 20 grep -q 'saved .* on USR1' "$TRACE"
	recorded() { grep -q '"e":"requeued"' "$run"/.latsub/journal/*; }
	ok "$run_name: the requeue is journalled" until_true 20 recorded
	"$sandbox" resume-slurmctld --dir "$sandbox_dir" >/dev/null
	ends_well 120
	goes_on
	requeued unknown 1
}

# ---- slurmctld restarted from its saved state, the run between phases ----
run_name="controller restarted"
experiment ctld main && {
	ok "$run_name: it starts" until_true 20 started 0
	"$sandbox" kill-slurmctld --dir "$sandbox_dir" >/dev/null
	is "$run_name: status shows the state alone, and says so" \
		"$("$latsub" status "$run" 2>/dev/null | grep -c 'from the state alone')" 1
	is "$run_name: resume changes nothing and exits 4" \
		"$(timeout 60 "$latsub" --resume "$run" >/dev/null 2>&1; echo $?)" 4
	"$sandbox" start-slurmctld --dir "$sandbox_dir" >/dev/null
	ends_well 90
	is "$run_name: one attempt was enough" "$(grep -c '^start' "$TRACE")" 1
}

# ---- a node whose Slurm module does not load: scontrol does it ----
run_name="no module on the node"
module=$(dirname "$latsub")/.libs/slurm.so
cp "$module" "$tmp/module.so" && export LATSUB_SLURM_MODULE=$tmp/module.so
experiment scontrol low && {
	ok "$run_name: it starts" until_true 20 started 0
	rm "$tmp/module.so"
	ok "$run_name: it has work to save" until_true 20 has_done 1
	sbatch -Q -p high -N2 --exclusive -t 1 -o /dev/null --wrap 'sleep 1' >/dev/null
	unset LATSUB_SLURM_MODULE
	ends_well 60
	goes_on
	# scontrol does not tell a preemption from a person's requeue
	requeued operator 1
}
finish
