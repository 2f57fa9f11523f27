#!/bin/bash
# memory.t - a command that runs out of memory: the next attempt asks for more.
#
# The kernel's limit needs control groups.  Without them, a command that dies of KILL
# by itself must not be taken for one that lacked memory.
#
# What Slurm 22.05 makes of it: a process of the batch script that the kernel killed
# makes the job OUT_OF_MEMORY, even when the script leaves with 0, and its afterok
# children are dropped.  One of a step (srun) makes the step OUT_OF_MEMORY; the job is
# what its script's exit code says, and srun leaves with 1.
. "$(dirname "$0")/lib.sh"

has_groups=no
options=(--conf-extra SelectTypeParameters=CR_CPU_Memory)
if can_have_groups; then
	has_groups=yes
	options=(--site cgroup)
fi
start_sandbox --nodes 2 --cpus 4 "${options[@]}"
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# what an experiment's MEMORY stands for: the memory that the attempt asked for
memory_asked='$(scontrol show job "$SLURM_JOB_ID" | sed -n "s/.*MinMemoryNode=\([^ ]*\).*/\1/p")'

# experiment NAME [KEY]: the command from stdin, with what it asks for, and a child.
experiment() {
	{
		printf '%s\n' '[experiment]' "name = $1" '[phase p]' 'mem = 100M' \
			"${2-retries = 2}" 'retry_mem = x4' 'command ='
		while IFS= read -r line; do
			echo "    ${line//MEMORY/"$memory_asked"}"
		done
		printf '%s\n' '[phase child]' 'after = p' 'mem = 50M' \
			"command = echo child >> $1.trace"
	} >"$1.ini"
	run=$tmp/e/runs/$1
	timeout 60 "$latsub" experiment "$1.ini" -o "$run" >"$1.out" 2>&1 ||
		fail "$1 is submitted" "$(cat "$1.out")"
}
completed() { "$latsub" status "$run" >/dev/null; }
ended() { "$latsub" status "$run" >/dev/null; [ $? -le 1 ]; }
failed() { "$latsub" status "$run" >/dev/null; [ $? -eq 1 ]; }
ends_well() { until_true 60 ended && completed; }
ends_badly() { until_true 60 ended && failed; }

# ---- KILL for another reason: the same request again ----
experiment killed <<'SH'
echo "$LATSUB_ATTEMPT MEMORY" >> killed.trace
[ "$LATSUB_ATTEMPT" = 1 ] || kill -9 $$
SH
ok "killed by itself: it ends well" ends_well
is "killed by itself: with the memory of before" "$(tr '\n' ',' <killed.trace)" "0 100M,1 100M,child,"

# ---- out of memory ----
if [ $has_groups = yes ]; then
	experiment hungry <<'SH'
echo "$LATSUB_ATTEMPT MEMORY" >> hungry.trace
head -c 250000000 /dev/zero | tail >/dev/null
status=$?
echo "done $LATSUB_ATTEMPT $status" >> hungry.trace
exit $status
SH
	ok "out of memory: it ends well" ends_well
	is "out of memory: with more of it" "$(tr '\n' ',' <hungry.trace)" \
		"0 100M,done 0 137,1 400M,done 1 0,child,"
	ok "out of memory: the retry is on record" grep -Eq '^p\.requeued\.1\.0\.out_of_memory=0' "$run/.experiment_state"
	ok "out of memory: so is the reason" grep -q 'ran out of memory' "$run"/logs/p-*.log

	# the parent leaves with 0, as if nothing were amiss
	experiment careless 'retries = 0' <<'SH'
head -c 250000000 /dev/zero | tail >/dev/null
exit 0
SH
	ok "a child of it was killed: it has failed, whatever the exit code" ends_badly
	job=$(sed -n '/^\[jobs\]/,/^\[/s/^p=//p' "$run/.experiment_state")
	says_so() { scontrol -o show job "$job" | grep -q JobState=OUT_OF_MEMORY; }
	ok "a child of it was killed: as Slurm says" until_true 20 says_so
	like "a child of it was killed: for lack of memory" \
		"$(cat "$run"/logs/p-*.log; grep '^last_failure_error' "$run/.experiment_state")" \
		'ran out of memory|kernel killed'
	timeout 60 "$latsub" --resume "$run" --wait >/dev/null 2>&1
	ok "a child of it was killed: after a resume it has failed again" failed
	ok "a child of it was killed: nothing runs on half of its data" test ! -e careless.trace

	experiment patient 'retries = 1' <<'SH'
echo "$LATSUB_ATTEMPT MEMORY" >> patient.trace
head -c 250000000 /dev/zero | tail >/dev/null
exit 0
SH
	ok "a child of it was killed: the retry ends well" ends_well
	is "a child of it was killed: with more memory, then what is after it, once" \
		"$(tr '\n' ',' <patient.trace)" "0 100M,1 400M,child,"

	# the step's first process, and a child of it
	for program in 'dd if=/dev/zero of=/dev/null bs=250M count=1' \
		'sh -c "head -c 250000000 /dev/zero | tail >/dev/null"'; do
		name=step-${program%% *}
		experiment "$name" 'retries = 1' <<SH
echo "\$LATSUB_ATTEMPT MEMORY" >> $name.trace
srun -n1 $program
SH
		ok "a step without memory, $name: it ends well" ends_well
		is "a step without memory, $name: with more of it, then what is after it, once" \
			"$(tr '\n' ',' <"$name.trace")" "0 100M,1 400M,child,"
	done

	# Slurm remembers a step's end over requeues: each attempt has its own
	experiment grows 'retries = 4' <<'SH'
echo "$LATSUB_ATTEMPT MEMORY" >> grows.trace
srun -n1 dd if=/dev/zero of=/dev/null bs=450M count=1 || exit 1
[ -e grows.again ] || { touch grows.again; exit 3; }
SH
	ok "a step without memory, twice: it ends well" ends_well
	is "a step without memory, twice: and no more of it for another failure" \
		"$(tr '\n' ',' <grows.trace)" "0 100M,1 400M,2 1600M,3 1600M,child,"

	# more than any node has: the reason is said, nothing waits for ever
	sed 's/^mem = .*/mem = 100M/; s/^retry_mem.*/retry_mem = +900G/; s/name = .*/name = greedy/; s/hungry.trace/greedy.trace/' hungry.ini >greedy.ini
	run=$tmp/e/runs/greedy
	timeout 60 "$latsub" experiment greedy.ini -o "$run" >/dev/null 2>&1
	ok "more than there is: it ends" until_true 60 ended
	like "more than there is: with the reason" "$(grep last_failure_error "$run/.experiment_state")" 'retry_mem: [0-9]+ MiB'
fi
finish
