#!/bin/bash
# ends.t - how attempts end: failed is final, whatever Slurm does with the job;
# nothing of a command runs on; a command is told why it runs again.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 4 --conf-extra RequeueExit=2-3,5-7 \
	--conf-extra RequeueExitHold=9 --conf-extra KillWait=10
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
. "$top_srcdir/tests/t/counting.sh"

# submit NAME [LINE]...: a phase p with the command from stdin; sets run, job, trace.
submit() {
	local name=$1
	shift
	trace=$tmp/e/$name.trace
	unset TRACE # the caller's would win
	: >"$trace"
	{
		printf '%s\n' '[experiment]' "name = $name" '[env]' "TRACE = $trace" \
			'[phase p]' "$@" 'command ='
		sed 's/^/    /'
		printf '%s\n' '[phase child]' 'after = p' 'command = echo child >> "$TRACE"'
	} >"$name.ini"
	run=$tmp/e/runs/$name
	timeout 60 "$latsub" experiment "$name.ini" -o "$run" >"$name.out" 2>&1 ||
		fail "$name is submitted" "$(cat "$name.out")"
	job=$(sed -n '/^\[jobs\]/,/^\[/s/^p=//p' "$run/.experiment_state")
}
seen() { grep -q -- "$1" "$trace"; }
count() { grep -c -- "$1" "$trace"; }
in_state() { grep -q -- "$1" "$run/.experiment_state"; }
has_failed() { [ "$(word "$run" p)" = failed ]; }
over() { ! squeue -h -j "$job" 2>/dev/null | grep -q .; }
# Processes of the run, but those of its current jobs are none once it is over.
ours() {
	local p
	for p in /proc/[0-9]*; do
		tr '\0' '\n' <"$p/environ" 2>/dev/null |
			grep -qxF "LATSUB_STATE=$run/.experiment_state" && echo "${p#/proc/}"
	done 2>/dev/null
}
nobody_left() { [ -z "$(ours)" ]; }

# ---- RequeueExit, RequeueExitHold ----
for code in 3 9; do
	submit "exit$code" <<-SH
		echo "run \$LATSUB_ATTEMPT" >> "\$TRACE"
		exit $code
	SH
	ok "exit code $code, at which Slurm requeues: the phase fails" until_true 30 has_failed
	ok "exit code $code: the job has left the queue" until_true 20 over
	is "exit code $code: it ran once" "$(count run)" 1
	ok "exit code $code: the true code is on record" in_state "^p.exit_code=$code"
done

# ---- failed, while Slurm has requeued the job already ----
run_name="max_requeues"
STEPS=60 experiment limited low "max_requeues = 0" && {
	ok "$run_name: it starts" until_true 20 started 0
	take_the_machine
	failed() { [ "$(word "$run" training)" = failed ]; }
	ok "$run_name: preempted, it fails" until_true 30 failed
	gone() { ! squeue -h -j "$job" 2>/dev/null | grep -q .; }
	ok "$run_name: the job that Slurm requeued is cancelled" until_true 30 gone
	is "$run_name: it started once" "$(grep -c '^start training' "$TRACE")" 1
	is "$run_name: its work was saved" "$(grep -c '^saved' "$TRACE")" 1
	is "$run_name: the outcome is a failure" "$("$latsub" status "$run" >/dev/null; echo $?)" 1
}

# somebody requeues what has failed: it steps back, and a resume runs it
submit again <<'SH'
echo "run $LATSUB_ATTEMPT" >> "$TRACE"
[ -e "$LATSUB_RUN_DIR/mended" ]
SH
ok "requeued after it failed: it fails" until_true 30 has_failed
ok "requeued after it failed: the job is over" until_true 20 over
scontrol requeue "$job"
ok "requeued after it failed: it steps back" until_true 40 \
	grep -q 'was failed in attempt 1; it is not run again' "$run"/logs/p-*.log
is "requeued after it failed: it ran once" "$(count run)" 1
touch "$run/mended"
is "requeued after it failed: a resume runs it" \
	"$(timeout 60 "$latsub" --resume "$run" --wait >/dev/null 2>&1; echo $?)" 0

# a runner that cannot read its run leaves with such a code as well
cat >gone.ini <<INI
[experiment]
name = gone
[phase p]
command = echo run > $tmp/e/gone.began; until [ -e $tmp/e/gone.go ]; do sleep 0.1; done
[phase q]
after_any = p
command = true
INI
run=$tmp/e/runs/gone
timeout 60 "$latsub" experiment gone.ini -o "$run" >gone.out 2>&1
job=$(sed -n '/^\[jobs\]/,/^\[/s/^q=//p' "$run/.experiment_state")
ok "a run that is gone: it starts" until_true 20 test -e gone.began
mv "$run" "$run.away"
touch gone.go
record() { scontrol -o show job "$job" 2>/dev/null; }
ended() { record | grep -q 'JobState=FAILED'; }
ok "a run that is gone: what waits fails" until_true 90 ended
is "a run that is gone: Slurm did not start it again and again" \
	"$(record | sed -n 's/.* Restarts=\([0-9]*\) .*/\1/p')" 0
rm -rf "$run.away"

# ---- a child of the first process is killed while it writes ----
submit grandchild "checkpoint = ck/*" "retries = 2" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"; cd "$LATSUB_RUN_DIR/ck"
echo "start ${LATSUB_CHECKPOINT##*/}" >> "$TRACE"
case $LATSUB_ATTEMPT in
0) echo whole > c1.tmp; mv c1.tmp c1; sleep 2; sh -c 'echo half > c2; kill -9 $$'; exit $? ;;
esac
SH
ok "a grandchild is killed: the run ends well" until_true 40 seen child
is "a grandchild is killed: what it was writing is not begun from" \
	"$(tr '\n' ',' <"$trace")" "start ,start c1,child,"

# ---- no second word while the command saves itself after TERM ----
submit saving "checkpoint = ck/*" "time_budget = 0:08" "signal = USR1@60" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
exec python3 -c '
import os, signal, sys, time
def save(number, frame):
    open(os.environ["TRACE"], "a").write("told\n")
    time.sleep(6) # time_budget ends meanwhile: it would be told of that after 4 s
    open(os.environ["LATSUB_RUN_DIR"] + "/ck/one", "w").write("x")
    open(os.environ["TRACE"], "a").write("saved\n"); sys.exit(3)
signal.signal(signal.SIGTERM, save)
open(os.environ["TRACE"], "a").write("ready\n")
while True: time.sleep(0.1)'
SH
ok "saving at TERM: it starts" until_true 20 seen ready
scancel "$job"
ok "saving at TERM: it is told" until_true 10 seen told
ok "saving at TERM: over time_budget's end it saves" until_true 15 seen saved
is "saving at TERM: it is told once" "$(count told)" 1

# ---- what a command leaves behind ----
submit behind <<'SH'
setsid bash -c 'trap "echo term >> $TRACE" TERM; echo deaf >> "$TRACE"; for i in {1..600}; do sleep 0.1; done' &
sleep 60 &
until grep -q deaf "$TRACE"; do sleep 0.1; done
echo done >> "$TRACE"
SH
ok "left behind: the phase completes" until_true 40 seen child
is "left behind: it had its TERM first" "$(count term)" 1
ok "left behind: nobody of it lives on" until_true 10 nobody_left
ok "left behind: the log names them" grep -q 'left behind .*sleep\|left behind .*bash' "$run"/logs/p-*.log

submit leave "leave_behind = yes" <<'SH'
setsid bash -c 'trap "echo term >> $TRACE" TERM; echo deaf >> "$TRACE"; for i in {1..600}; do sleep 0.1; done' &
until grep -q deaf "$TRACE"; do sleep 0.1; done
SH
ok "leave_behind: the phase completes" until_true 40 seen child
is "leave_behind: latsub sent no TERM" "$(grep -c 'TERM to' "$run"/logs/p-*.log)" 0

# a program that saves for longer than the shell around it lives
submit orphan "checkpoint = ck/*" "signal = USR1@60" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
echo "start $LATSUB_REASON $LATSUB_RETRY" >> "$TRACE"
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
python3 -c '
import os, signal, sys, time
def save(number, frame):
    time.sleep(4)
    path = os.environ["LATSUB_RUN_DIR"] + "/ck/one"
    open(path + ".tmp", "w").write("x"); os.rename(path + ".tmp", path)
    open(os.environ["TRACE"], "a").write("saved\n"); sys.exit(3)
signal.signal(signal.SIGUSR1, save)
open(os.environ["TRACE"], "a").write("ready\n")
while True: time.sleep(0.1)'
echo "next line" >> "$TRACE"
SH
ok "orphan: it starts" until_true 20 seen ready
scancel --batch --signal=USR1 "$job"
ok "orphan: the next attempt goes on" until_true 60 seen 'start time_limit 0'
is "orphan: saved, with no next line run" "$(grep -v child "$trace" | tr '\n' ' ')" \
	"start first 0 ready saved start time_limit 0 "
ok "orphan: the log says what ended the shell" grep -q "bash.* was ended by signal 10" "$run"/logs/p-*.log

# tee lives on while the program prints that it saves
submit tee "checkpoint = ck/*" "signal = USR1@60" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
python3 -u -c '
import os, signal, sys, time
def save(number, frame):
    for i in range(10): print("saving", i); time.sleep(0.1)
    path = os.environ["LATSUB_RUN_DIR"] + "/ck/one"
    open(path + ".tmp", "w").write("x"); os.rename(path + ".tmp", path)
    open(os.environ["TRACE"], "a").write("saved\n"); sys.exit(3)
signal.signal(signal.SIGUSR1, save)
open(os.environ["TRACE"], "a").write("ready\n")
while True: time.sleep(0.1)' | tee tee.out
SH
ok "tee: it starts" until_true 20 seen ready
scancel --batch --signal=USR1 "$job"
ok "tee: the run ends well" until_true 60 seen child
is "tee: the work was saved" "$(count saved)" 1
is "tee: all of the output has passed" "$(grep -c saving tee.out)" 10

# ---- why a command runs ----
submit reasons "retries = 2" <<'SH'
echo "$LATSUB_REASON $LATSUB_RETRY" >> "$TRACE"
[ ! -e "$LATSUB_RUN_DIR/mended" ] || exit 0
case $LATSUB_ATTEMPT in 1) exit 75 ;; *) exit 4 ;; esac
SH
ok "reasons: it fails in the end" until_true 90 has_failed
touch "$run/mended"
timeout 60 "$latsub" --resume "$run" --wait >/dev/null 2>&1
is "reasons: each attempt is told its own" "$(tr '\n' ',' <"$trace")" \
	"first 0,retry 1,requested 1,retry 2,resumed 0,child,"

# ---- a job that is suspended in its grace has all of it ----
submit suspended "checkpoint = ck/*" "signal = USR1@12" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
python3 -c '
import os, signal, sys, time
def save(number, frame):
    open(os.environ["TRACE"], "a").write("told\n")
    for i in range(40): time.sleep(0.1)
    path = os.environ["LATSUB_RUN_DIR"] + "/ck/one"
    open(path + ".tmp", "w").write("x"); os.rename(path + ".tmp", path)
    open(os.environ["TRACE"], "a").write("saved\n"); sys.exit(3)
signal.signal(signal.SIGUSR1, save)
open(os.environ["TRACE"], "a").write("ready\n")
while True: time.sleep(0.1)'
SH
ok "suspended: it starts" until_true 20 seen ready
scancel --batch --signal=USR1 "$job"
ok "suspended: it is told" until_true 10 seen told
scontrol suspend "$job"
# its grace is 10 s, and nothing may come of their end
still() { ! seen saved && in_state 'p.state=1.0 started'; }
ok "suspended: for longer than its grace it is left alone" stays_true 12 still
scontrol resume "$job"
ok "suspended: it goes on saving" until_true 20 seen saved
ok "suspended: the run ends well" until_true 60 seen child
is "suspended: nothing was ended by TERM or KILL" "$(grep -c 'TERM to\|KILL to' "$run"/logs/p-*.log)" 0

# ---- a budget that is longer than poll() can count ----
submit budget "time_budget = 30-0" <<'SH'
sleep 1
echo done >> "$TRACE"
SH
ok "a budget of 30 days: the phase completes" until_true 30 seen child

# ---- a limit that was cut (time-min) is whole again after a preemption ----
submit cut "partition = low" "nodes = 1" "cpus-per-task = 4" "time = 9" "time-min = 3" \
	"checkpoint = ck/*" <<'SH'
mkdir -p "$LATSUB_RUN_DIR/ck"
echo "start $LATSUB_REASON" >> "$TRACE"
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
trap 'echo x >"$LATSUB_RUN_DIR/ck/one"; exit 1' TERM
sleep 300 & wait
SH
ok "cut limit: it starts" until_true 20 seen 'start first'
scontrol update jobid="$job" timelimit=3 # as backfill does
take_the_machine 8
waits_with() { squeue -h -t PD -n p -o %l | grep -qx "$1"; }
ok "cut limit: what waits asks for all of the time" until_true 8 waits_with 9:00
ok "cut limit: the run ends well" until_true 60 seen child
ok "cut limit: for a preemption" seen 'start preempted'
is "cut limit: it started twice" "$(count start)" 2
ok "cut limit: nothing is left in the queue" until_true 20 queue_is_empty

# ---- Slurm does not say why a command has ended ----
submit silent "partition = low" <<'SH'
echo run >> "$TRACE"
until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
SH
ok "a slow Slurm: it starts" until_true 20 seen run
"$sandbox" pause-slurmctld --dir "$sandbox_dir" >/dev/null
touch "$run/go"
asks() { grep -q . "$run"/logs/p-*.log && ! in_state 'p.state=1.0 completed'; }
ok "a slow Slurm: a good end is not taken for a completion yet" asks
# longer than any patience of the runner, and in all that time
ok "a slow Slurm: nor after a minute and more" stays_true 70 asks
"$sandbox" resume-slurmctld --dir "$sandbox_dir" >/dev/null
ok "a slow Slurm: with its answer it is" until_true 40 seen child
is "a slow Slurm: it ran once" "$(count run)" 1

# ---- a node is lost, and the command leaves with 0 on Slurm's TERM ----
# two jobs on both nodes, one that Slurm may not requeue and one that the user
# will not have run again for this
for name in norequeue notagain; do
	[ $name = norequeue ] && key="requeue = no" || key="requeue_on = preempt timeout"
	submit $name "nodes = 2" "ntasks = 2" "$key" <<-'SH'
		trap 'echo saved >> "$TRACE"; exit 0' TERM
		echo "run $LATSUB_REASON" >> "$TRACE"
		sleep 300 & wait
	SH
done
# shellcheck disable=SC2034 # for eval
lost_trace=$tmp/e/norequeue.trace
ok "node lost: they start" until_true 30 eval 'seen run && grep -q run "$lost_trace"'
node=$(scontrol show job "$job" | sed -n 's/^ *BatchHost=//p')
[ "$node" = n1 ] && other=n2 || other=n1
"$sandbox" kill-node "$other" --dir "$sandbox_dir" >/dev/null
"$sandbox" start-slurmd "$other" --dir "$sandbox_dir" >/dev/null
for name in norequeue notagain; do
	run=$tmp/e/runs/$name trace=$tmp/e/$name.trace
	ok "node lost, $name: the phase has failed" until_true 90 has_failed
	is "node lost, $name: it ran once" "$(count run)" 1
	ok "node lost, $name: nothing ran on half of its work" test "$(count child)" = 0
done
finish
