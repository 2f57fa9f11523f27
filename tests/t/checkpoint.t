#!/bin/bash
# checkpoint.t - how a command is told to save itself, and what counts as a
# checkpoint: modes, signals, shields, steps, reports, retries, prologues.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 4
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# start NAME [KEY LINE]... with the command from stdin; sets run, job, trace.
start() {
	local name=$1 command
	shift
	trace=$tmp/e/$name.trace
	: >"$trace"
	command=$(sed 's/^/    /')
	{
		echo "[experiment]"
		echo "name = $name"
		echo "checkpoint_phase = p"
		echo "[env]"
		echo "TRACE = $trace"
		echo "[phase p]"
		printf '%s\n' "$@"
		echo "command ="
		echo "$command"
		echo "[phase child]"
		echo "after = p"
		echo 'command = echo "child $LATSUB_CHECKPOINT" >> "$TRACE"'
	} >"$name.ini"
	timeout 60 "$latsub" experiment "$name.ini" -o "runs/$name" >"$name.out" 2>&1 ||
		fail "$name is submitted" "$(cat "$name.out")"
	run=$tmp/e/runs/$name
	job=$(sed -n '/^\[jobs\]/,/^\[/s/^p=//p' "$run/.experiment_state")
}
seen() { grep -q -- "$1" "$trace"; }
completed() { "$latsub" status "$run" >/dev/null; }
state() { grep -c -- "$1" "$run/.experiment_state"; }
# The warning that the time limit sends, now.
warn() { scancel --batch --signal="${1-USR1}" "$job"; }

# ---- exit: the command leaves by itself, whatever its code ----
start exit "checkpoint = ck/*" "signal = USR1@120" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
echo "start from [${LATSUB_CHECKPOINT##*/}] resume $LATSUB_RESUME" >> "$TRACE"
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
trap 'echo x > "$LATSUB_RUN_DIR/ck/one"; exit 13' USR1
while :; do sleep 0.2; done
SH
ok "exit: it starts" until_true 20 seen 'start from \[\]'
warn
ok "exit: it goes on from its checkpoint" until_true 40 seen 'start from \[one\] resume 1'
ok "exit: the run ends well" until_true 30 completed
ok "exit: the child got the checkpoint" seen 'child .*/ck/one$'

# ---- continue: a newer checkpoint is waited for, then TERM ----
start continue "checkpoint = ck/*" "signal = USR1@120" "checkpoint_mode = continue" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
[ -z "$LATSUB_CHECKPOINT" ] || { echo "again" >> "$TRACE"; exit 0; }
trap 'echo half > "$LATSUB_RUN_DIR/ck/two.tmp"; sleep 2; echo x > "$LATSUB_RUN_DIR/ck/two.tmp"; echo saved >> "$TRACE"; mv "$LATSUB_RUN_DIR/ck/two.tmp" "$LATSUB_RUN_DIR/ck/two"' USR1
trap 'echo term >> "$TRACE"; exit 1' TERM
echo start >> "$TRACE"
while :; do sleep 0.2; done
SH
ok "continue: it starts" until_true 20 seen start
warn
ok "continue: it goes on" until_true 40 seen again
is "continue: saved, then TERM, then again" "$(grep -v child "$trace" | tr '\n' ' ')" "start saved term again "
is "continue: the half-written file is no checkpoint" "$(state '^checkpoint_path=.*/ck/two$')" 1

# ---- none: TERM at once ----
start none "signal = USR1@120" "checkpoint_mode = none" <<'SH'
[ "$LATSUB_RESUME" = 0 ] || { echo again >> "$TRACE"; exit 0; }
trap 'echo usr1 >> "$TRACE"' USR1
trap 'echo term >> "$TRACE"; exit 1' TERM
echo start >> "$TRACE"
while :; do sleep 0.2; done
SH
ok "none: it starts" until_true 20 seen start
warn
ok "none: it goes on" until_true 40 seen again
is "none: TERM and nothing else" "$(grep -v child "$trace" | tr '\n' ' ')" "start term again "

# ---- another signal for the command; the leader alone ----
start other "signal = USR1@120" "checkpoint_signal = INT" "checkpoint_target = leader" <<'SH'
[ "$LATSUB_RESUME" = 0 ] || { echo again >> "$TRACE"; exit 0; }
trap 'echo int >> "$TRACE"; kill %1; exit 1' INT
( trap 'echo child-int >> "$TRACE"' INT; while :; do sleep 0.2; done ) &
echo start >> "$TRACE"
while :; do sleep 0.2; done
SH
ok "checkpoint_signal: it starts" until_true 20 seen start
warn
ok "checkpoint_signal: it goes on" until_true 40 seen again
is "checkpoint_signal: INT, to the leader alone" "$(grep -v '^child ' "$trace" | tr '\n' ' ')" "start int again "

# ---- shield_term: a code that knows USR1 only, preempted without warning ----
start shield "partition = low" "nodes = 4" "ntasks = 16" "shield_term = yes" "checkpoint = ck/*" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
[ -z "$LATSUB_CHECKPOINT" ] || { echo again >> "$TRACE"; exit 0; }
exec python3 -c '
import os, signal, time, sys
def save(*_):
    open(os.environ["LATSUB_RUN_DIR"] + "/ck/usr1", "w").write("x")
    sys.exit(3)
signal.signal(signal.SIGUSR1, save)
open(os.environ["TRACE"], "a").write("start\n")
while True: time.sleep(0.2)'
SH
ok "shield_term: it starts" until_true 20 seen start
sbatch -Q -p high -N4 --exclusive -t 1 -o /dev/null --wrap 'sleep 1'
ok "shield_term: it saved on USR1 and goes on" until_true 60 seen again
is "shield_term: recorded as preempted" "$(state 'p.requeued.1.0.preempted=0')" 1

# ---- srun: the steps' tasks get the signal, too ----
start srun "signal = USR1@120" "ntasks = 2" "checkpoint = ck/*" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
[ -z "$LATSUB_CHECKPOINT" ] || { echo again >> "$TRACE"; exit 0; }
srun -n2 bash -c 'trap "echo task \$SLURM_PROCID >> \$TRACE; echo x > \$LATSUB_RUN_DIR/ck/r\$SLURM_PROCID; exit 1" USR1; echo start >> $TRACE; while :; do sleep 0.2; done'
SH
both() { [ "$(grep -c '^start' "$trace")" -eq 2 ]; }
ok "srun: two tasks start" until_true 30 both
warn
ok "srun: it goes on" until_true 60 seen again
is "srun: both tasks had the signal" "$(grep '^task' "$trace" | sort | tr '\n' ' ')" "task 0 task 1 "

# ---- reported by the command itself ----
start report "signal = USR1@120" <<'SH'
[ -z "$LATSUB_CHECKPOINT" ] || { echo "again from ${LATSUB_CHECKPOINT##*/}" >> "$TRACE"; exit 0; }
echo x > "$LATSUB_RUN_DIR/anywhere at all"
"$LATSUB_BIN" checkpoint "$LATSUB_RUN_DIR/anywhere at all" --epoch 41 || echo bad >> "$TRACE"
"$LATSUB_BIN" checkpoint /nonexistent 2>/dev/null && echo bad >> "$TRACE"
"$LATSUB_BIN" progress 17/24 || echo bad >> "$TRACE"
echo start >> "$TRACE"
exec sleep 600
SH
ok "report: it starts" until_true 20 seen start
like "report: squeue shows the progress" "$(squeue -h -j "$job" -O Comment:60)" '^17/24 \[latsub '
is "report: on record with its epoch" "$(state '^final_epoch=41$')" 1
warn
ok "report: the next attempt gets it" until_true 40 seen 'again from anywhere at all'
ok "report: nothing went wrong" test "$(grep -c bad "$trace")" -eq 0

# ---- retries, requeue_exit_codes, outputs ----
start retries "retries = 2" <<'SH'
echo "try $LATSUB_ATTEMPT" >> "$TRACE"
exit 5
SH
retries_run=$run retries_trace=$trace
start codes "requeue_exit_codes = 85" "checkpoint = ck/*" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
echo "try $LATSUB_ATTEMPT" >> "$TRACE"
echo x > "$LATSUB_RUN_DIR/ck/c$LATSUB_ATTEMPT"
[ "$LATSUB_ATTEMPT" = 2 ] || exit 85
SH
codes_run=$run codes_trace=$trace
start outputs "outputs = result.txt 'more/*.txt'" <<'SH'
echo x > "$LATSUB_RUN_DIR/result.txt"
SH
outputs_run=$run
start loop "outputs = loop/result.txt" <<'SH'
ln -s loop "$LATSUB_RUN_DIR/loop"
SH
loop_run=$run
run=$retries_run trace=$retries_trace
has_failed() { [ "$(word "$run" p)" = failed ]; }
ok "retries: it fails in the end" until_true 60 has_failed
is "retries: after one try and two more" "$(tr '\n' ' ' <"$trace")" "try 0 try 1 try 2 "
is "retries: each is on record" "$(state 'p.requeued.1.[01].retry=0')" 2
run=$codes_run trace=$codes_trace
ok "requeue_exit_codes: it ends well" until_true 60 completed
is "requeue_exit_codes: as asked" "$(grep -c try "$trace") $(state 'p.requeued.1.[01].requested=0')" "3 2"
run=$outputs_run
ok "outputs: a missing one is a failure" until_true 30 has_failed
is "outputs: it is named" "$(state '^last_failure_error=.*more/\*.txt is missing')" 1
run=$loop_run
ok "outputs: one that cannot be looked at is a failure" until_true 30 has_failed
is "outputs: it is said why" "$(state '^last_failure_error=.*output .*loop/result.txt: Too many levels')" 1

# ---- never a half-written one ----
start grows "checkpoint = ck/*" "signal = USR1@120" "checkpoint_mode = continue" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
[ -z "$LATSUB_CHECKPOINT" ] || { echo "again $(wc -l <"$LATSUB_CHECKPOINT")" >> "$TRACE"; exit 0; }
trap 'for i in 1 2 3 4 5 6 7 8; do echo x >> "$LATSUB_RUN_DIR/ck/two"; sleep 0.4; done' USR1
trap 'echo term >> "$TRACE"; exit 1' TERM
echo start >> "$TRACE"
while :; do sleep 0.2; done
SH
grows_run=$run grows_trace=$trace
ok "growing: it starts" until_true 20 seen start
warn
start killed "checkpoint = ck/*" "signal = USR1@120" "checkpoint_grace = 3" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
echo "start ${LATSUB_CHECKPOINT##*/}" >> "$TRACE"
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
echo good > "$LATSUB_RUN_DIR/ck/one"
trap "" TERM
trap 'while :; do echo x >> "$LATSUB_RUN_DIR/ck/two"; sleep 0.1; done' USR1
sleep 2 & wait
echo ready >> "$TRACE"
while :; do sleep 0.2; done
SH
killed_run=$run killed_trace=$trace
ok "killed while it writes: it starts" until_true 20 seen ready
warn
start same "checkpoint = ck/last" "max_stalled_requeues = 1" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
n=0; [ -z "$LATSUB_CHECKPOINT" ] || n=$(cat "$LATSUB_CHECKPOINT")
echo "start $n" >> "$TRACE"
[ "$n" -lt 3 ] || exit 0
echo $((n + 1)) >"$LATSUB_RUN_DIR/ck/last.tmp"; mv "$LATSUB_RUN_DIR/ck/last.tmp" "$LATSUB_RUN_DIR/ck/last"
exit 75
SH
same_run=$run same_trace=$trace
start reports "array.I = 0 1" "max_stalled_requeues = 1" <<'SH'
echo "start $I from [${LATSUB_CHECKPOINT##*/}]" >> "$TRACE"
[ "$LATSUB_ATTEMPT" -lt 3 ] || exit 0
if [ "$I" = 1 ]; then
	echo x > "$LATSUB_RUN_DIR/mine$LATSUB_ATTEMPT"
	"$LATSUB_BIN" checkpoint "$LATSUB_RUN_DIR/mine$LATSUB_ATTEMPT"
fi
exit 75
SH
ok "reports in an array: it ends" until_true 90 has_failed
is "reports in an array: a task goes on from its own, and makes progress by it" \
	"$(grep 'start 1' "$trace" | tr '\n' ',')" \
	"start 1 from [],start 1 from [mine0],start 1 from [mine1],start 1 from [mine2],"
is "reports in an array: another's is not its own, and no progress" \
	"$(grep 'start 0' "$trace" | tr '\n' ',')" "start 0 from [],start 0 from [],"
run=$same_run trace=$same_trace
ok "one name for all: a new file under it is a new checkpoint" until_true 60 completed
is "one name for all: each attempt went on" "$(grep start "$trace" | tr '\n' ',')" "start 0,start 1,start 2,start 3,"
run=$killed_run trace=$killed_trace
ok "killed while it writes: the run ends well" until_true 60 completed
is "killed while it writes: the good one before was taken" "$(grep start "$trace" | tr '\n' ',')" "start ,start one,"
ok "killed while it writes: the log says so" grep -q 'two was written when the command was killed' "$run"/logs/p-*.log
run=$grows_run trace=$grows_trace
ok "growing: the run ends well" until_true 60 completed
is "growing: nobody was stopped before it was whole" "$(grep -v child "$trace" | tr '\n' ',')" "start,term,again 8,"

# ---- a signal while the template's shell lines still run ----
mkdir -p slurm_templates
cat >slurm_templates/slow.sh <<'SH'
#!/bin/bash
#SBATCH --signal=USR2@100
export FROM_TEMPLATE="module loaded"
echo "prologue $LATSUB_RESUME" >> "$TRACE"
[ "$LATSUB_RESUME" = 1 ] || sleep 5
SH
start prologue "template = slow" <<'SH'
echo "command $LATSUB_RESUME $FROM_TEMPLATE" >> "$TRACE"
SH
ok "prologue: it starts" until_true 20 seen 'prologue 0'
warn USR2 # the one that the template asked for
ok "prologue: the job goes on" until_true 40 completed
is "prologue: once more from the beginning" "$(grep -v child "$trace" | tr '\n' ',')" \
	"prologue 0,prologue 1,command 1 module loaded,"

# ---- valgrind through a whole preempted run ----
if command -v valgrind >/dev/null && ! nm "$latsub" 2>/dev/null | grep -q __asan_init; then
	export LATSUB_RUN_UNDER="valgrind -q --error-exitcode=99 --leak-check=full --log-file=$tmp/vg.%p"
	start valgrind "checkpoint = ck/*" "signal = USR1@120" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
[ -z "$LATSUB_CHECKPOINT" ] || { echo again >> "$TRACE"; exit 0; }
trap 'echo x > "$LATSUB_RUN_DIR/ck/one"; exit 13' USR1
echo start >> "$TRACE"
while :; do sleep 0.2; done
SH
	unset LATSUB_RUN_UNDER
	ok "valgrind: it starts" until_true 40 seen start
	warn
	ok "valgrind: it ends well" until_true 60 completed
	is "valgrind: has nothing to say" "$(cat "$tmp"/vg.* | grep -v '^$' | head -40)" ""
fi
finish
