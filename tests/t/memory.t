#!/bin/bash
# memory.t - a command that runs out of memory: the next attempt asks for more.
#
# The kernel's limit needs control groups, which only root can make: then Slurm
# itself constrains the jobs here.  Else a command that dies of KILL by itself
# must not be taken for one that lacked memory.
. "$(dirname "$0")/lib.sh"

memory_group=/sys/fs/cgroup/memory
may_constrain() { [ "$(id -u)" = 0 ] && [ -w "$memory_group/cgroup.procs" ]; }
mkdir -p "$tmp/sb"
options=()
if may_constrain; then
	printf '%s\n' CgroupPlugin=cgroup/v1 CgroupAutomount=no \
		ConstrainRAMSpace=yes AllowedRAMSpace=100 >"$tmp/sb/cgroup.conf"
	options=(--conf-extra TaskPlugin=task/cgroup)
fi
start_sandbox --nodes 2 --cpus 4 --conf-extra SelectTypeParameters=CR_CPU_Memory "${options[@]}"
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# experiment NAME: the command from stdin, with what it asks for.
experiment() {
	{
		printf '%s\n' '[experiment]' "name = $1" '[phase p]' 'mem = 100M' \
			'retries = 2' 'retry_mem = x4' 'command ='
		sed 's/^/    /'
	} >"$1.ini"
	run=$tmp/e/runs/$1
	timeout 60 "$latsub" experiment "$1.ini" -o "$run" >"$1.out" 2>&1 ||
		fail "$1 is submitted" "$(cat "$1.out")"
}
completed() { "$latsub" status "$run" >/dev/null; }
ended() { "$latsub" status "$run" >/dev/null; [ $? -le 1 ]; }

# ---- KILL for another reason: the same request again ----
experiment killed <<'SH'
echo "$LATSUB_ATTEMPT $(scontrol show job "$SLURM_JOB_ID" | sed -n 's/.*MinMemoryNode=\([^ ]*\).*/\1/p')" >> killed.trace
[ "$LATSUB_ATTEMPT" = 1 ] || kill -9 $$
SH
ok "killed by itself: it ends well" until_true 60 completed
is "killed by itself: with the memory of before" "$(tr '\n' ',' <killed.trace)" "0 100M,1 100M,"

# ---- out of memory ----
if may_constrain; then
	experiment hungry <<'SH'
echo "$LATSUB_ATTEMPT $(scontrol show job "$SLURM_JOB_ID" | sed -n 's/.*MinMemoryNode=\([^ ]*\).*/\1/p')" >> hungry.trace
head -c 250000000 /dev/zero | tail >/dev/null
status=$?
echo "done $LATSUB_ATTEMPT $status" >> hungry.trace
exit $status
SH
	ok "out of memory: it ends well" until_true 90 completed
	is "out of memory: with more of it" "$(tr '\n' ',' <hungry.trace)" \
		"0 100M,done 0 137,1 400M,done 1 0,"
	ok "out of memory: the retry is on record" grep -q '^p.requeued.1.0.out_of_memory=0' "$run/.experiment_state"
	ok "out of memory: so is the reason" grep -q 'ran out of memory' "$run"/logs/p-*.log

	# more than any node has: the reason is said, nothing waits for ever
	sed 's/^mem = .*/mem = 100M/; s/^retry_mem.*/retry_mem = +900G/; s/name = .*/name = greedy/; s/hungry.trace/greedy.trace/' hungry.ini >greedy.ini
	run=$tmp/e/runs/greedy
	timeout 60 "$latsub" experiment greedy.ini -o "$run" >/dev/null 2>&1
	ok "more than there is: it ends" until_true 60 ended
	like "more than there is: with the reason" "$(grep last_failure_error "$run/.experiment_state")" 'retry_mem: [0-9]+ MiB'
fi
finish
