#!/bin/bash
# silence.t - a real slurmctld, and requests or answers that are lost on the way:
# every job is in the queue once, every task runs once; then a slurmctld that is
# stopped for good in the middle of a submission.
. "$(dirname "$0")/lib.sh"
shim lose && lose=$shim
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
start_sandbox --nodes 2 --cpus 8 --conf-extra MessageTimeout=2
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

cat >e.ini <<'INI'
[experiment]
name = e
[defaults]
cpus-per-task = 1
[phase first]
command = echo first >> "$LATSUB_RUN_DIR/ran"
[phase many]
after = first
array.I = 1 2 3
command = echo "many $I" >> "$LATSUB_RUN_DIR/ran"
[phase other]
command = echo other >> "$LATSUB_RUN_DIR/ran"
[phase last]
after = other
after_any = many
command = echo last >> "$LATSUB_RUN_DIR/ran"
INI
all="first
last
many 1
many 2
many 3
other"
losing() { # VARIABLE=N... -- ARGUMENT...
	local variables=()
	while [ "$1" != -- ]; do variables+=("$1"); shift; done
	shift
	: >"$tmp/lost"
	timeout 120 env LOSE_LOG="$tmp/lost" LD_PRELOAD="$lose" "${variables[@]}" "$latsub" "$@"
}
# in_queue RUN: the run's jobs, one line for each (an array that waits is one).
in_queue() {
	squeue -h -o '%A %k' | grep -c "\[latsub $(sed -n 's/^run_id=//p' "$1/.experiment_state") "
}
all_done() {
	local run
	for run in "$@"; do "$latsub" status "$run" >/dev/null || return 1; done
}
wrong() { # RUN: what did not run once
	[ "$(sort "$1/ran" 2>/dev/null)" = "$all" ] || {
		echo "$1:"
		sort "$1/ran" | uniq -c
	}
}
partition() { scontrol update PartitionName=main State="$1"; }

# ---- each of the four submissions loses its answer, or its request ----
partition DOWN
bad=
for n in 1 2 3 4; do
	for what in answer request; do
		losing "LOSE_${what^^}=$n" -- experiment e.ini -o "runs/$what$n" \
			>"$tmp/out" 2>&1 &&
			[ "$(cat "$tmp/lost")" = "$what $n is lost" ] ||
			bad+="$what $n: $(tail -1 "$tmp/out")
"
	done
done
is "a submission that loses one of them succeeds" "$bad" ""
is "each job is in the queue once" \
	"$(for run in runs/*; do in_queue "$run"; done | tr '\n' ' ')" "4 4 4 4 4 4 4 4 "
is "nothing is held" "$(squeue -h -o %r | grep -c JobHeld)" 0

# ---- the same call loses both of its requests: latsub gives up, all stays held ----
losing LOSE_REQUEST="3 4" -- experiment e.ini -o runs/twice >"$tmp/out" 2>&1
is "a request that is lost twice: exit 4" $? 4
like "what is there stays held, and how to go on" "$(cat "$tmp/out")" \
	'stays held .* go on with .latsub --resume .*/runs/twice/.experiment_state'
is "two of its jobs are in the queue" "$(in_queue runs/twice)" 2
losing LOSE_REQUEST=1 LOSE_ANSWER=2 -- --resume runs/twice >"$tmp/out" 2>&1
is "its resume loses one request and one answer, and succeeds" \
	"$? $(tr '\n' ' ' <"$tmp/lost")" "0 request 1 is lost answer 2 is lost "
is "each job is in the queue once" "$(in_queue runs/twice)" 4
partition UP
ok "all runs end" until_true 100 all_done runs/*
is "every task ran once in each" "$(for run in runs/*; do wrong "$run"; done)" ""
ok "nothing is left in the queue" until_true 30 queue_is_empty

# ---- a submission is refused in its middle, and the cancels of what is in get lost ----
cat >r.ini <<'INI'
[experiment]
name = r
[phase first]
command = echo first >> "$LATSUB_RUN_DIR/ran"
[phase other]
command = echo other >> "$LATSUB_RUN_DIR/ran"
[phase last]
after = first
after_any = other
constraint = nosuch
command = echo last >> "$LATSUB_RUN_DIR/ran"
INI
sed '/constraint/d' r.ini >mended.ini
refused() { # RUN, VARIABLE=N..., what is left
	losing "$2" -- experiment r.ini -o "$1" >"$tmp/out" 2>&1
	is "$2: a refusal: exit 4" $? 4
	like "what is left is said" "$(cat "$tmp/out")" "phase last: Slurm refused it: .*$3"
}
mended() { # RUN, how it goes on
	ok "mended, it goes on" "$latsub" "${@:2}"
	ok "it ends" until_true 60 all_done "$1"
	is "each phase ran once" "$(sort "$1/ran" | tr '\n' ' ')" "first last other "
}
refused runs/r1 LOSE_CANCEL="1 2 3" 'job [0-9]+ may still be in the queue.* --resume '
is "one job is in it, held" "$(squeue -h -o %r)" JobHeldUser
mended runs/r1 --resume runs/r1 --config mended.ini
refused runs/r2 LOSE_CANCELLED="1" 'nothing is submitted' # asked again: it is done
is "so is the queue" "$(squeue -h)" ""
is "and the run" "$(ls -d runs/r2 2>/dev/null)" ""
mended runs/r2 experiment mended.ini -o runs/r2
ok "nothing is left in the queue" until_true 30 queue_is_empty

# ---- latsub cancel, and one of its cancels is lost ----
partition DOWN
"$latsub" experiment e.ini -o runs/c >/dev/null
losing LOSE_CANCEL=2 -- cancel runs/c >"$tmp/out" 2>&1
is "a cancel that is lost: exit 4" $? 4
like "what is known is said" "$(cat "$tmp/out")" \
	'job [0-9]+ \([a-z]+\) may not be cancelled: .*1 job was cancelled before it'
like "and once more cancels the rest" "$("$latsub" cancel runs/c)" '^3 jobs cancelled'
ok "nothing is left in the queue" until_true 30 queue_is_empty
partition UP
"$latsub" --resume runs/c >/dev/null
ok "a resume runs it" until_true 60 all_done runs/c
is "every task ran once" "$(wrong runs/c)" ""

# ---- slurmctld is stopped for good in the middle of forty phases ----
{
	printf '[experiment]\nname = forty\n'
	for i in $(seq 40); do
		printf '[phase p%d]\ncommand = echo p%d >> "$LATSUB_RUN_DIR/ran"\n' "$i" "$i"
	done
} >forty.ini
losing LOSE_AT=21 "LOSE_COMMAND=$sandbox pause-slurmctld --dir $sandbox_dir >/dev/null" -- \
	experiment forty.ini -o runs/forty >"$tmp/out" 2>&1
is "slurmctld stopped in the middle: exit 4" $? 4
like "which phase, and how to go on" "$(cat "$tmp/out")" \
	'phase p21: .*Slurm does not answer.* go on with .latsub --resume .*/runs/forty/.experiment_state'
is "a resume meanwhile changes nothing, and exits 4" \
	"$(timeout 100 "$latsub" --resume runs/forty >"$tmp/out" 2>&1; echo $?)" 4
"$sandbox" resume-slurmctld --dir "$sandbox_dir" >/dev/null
is "nothing has run" "$(cat runs/forty/ran 2>/dev/null)" ""
ok "slurmctld is back: a resume succeeds" timeout 100 "$latsub" --resume runs/forty
ok "the run ends" until_true 100 all_done runs/forty
is "each phase ran once" "$(sort runs/forty/ran | uniq -c | awk '$1 != 1')$(wc -l <runs/forty/ran)" 40
ok "nothing is left in the queue" until_true 30 queue_is_empty
finish
