#!/bin/bash
# recovery.t - what the failure recovery guide promises, on a real Slurm.
#
# Each title begins with the heading of the guide that it proves.  `latsub`
# stands where the guide has `bash RUN_ALL.sh`; sed does what people do with vi.
# What takes long is started first and looked at last; each scenario has a
# directory of its own, so that the guide's globs match one run.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 6 --cpus 8 --conf-extra OverTimeLimit=0

# ---- the guide's experiment ----
phases=(training phase1_statistical phase2_linear_probe phase3_baselines
	phase4_efficiency aggregation)
tasks=(training "phase1_statistical 42" "phase1_statistical 123"
	"phase1_statistical 456" "${phases[@]:2}")
cat >"$tmp/experiment.ini" <<'INI'
[experiment]
name = latentwire_unified
checkpoint_phase = training
[env]
BATCH_SIZE = 8
SEEDS = 42 123 456
[defaults]
time = 10
[phase training]
command = ../payload
checkpoint = checkpoint/epoch*
[phase phase1_statistical]
after = training
array.SEED = $SEEDS
command = ../payload
[phase phase2_linear_probe]
after = training
command = ../payload
[phase phase3_baselines]
after = training
command = ../payload
[phase phase4_efficiency]
after = training
command = ../payload
[phase aggregation]
after = training
after_any = phase1_statistical phase2_linear_probe phase3_baselines phase4_efficiency
command = ../payload
INI
# It leaves a line for each execution, waits while there is a file hold_PHASE,
# fails where there is a file fail_PHASE.
cat >"$tmp/payload" <<'EOS'
#!/bin/bash
set -o pipefail
echo "$LATSUB_PHASE${SEED:+ $SEED}" >>ran
echo "$LATSUB_PHASE $LATSUB_CHECKPOINT" >>checkpoints
while [ -e "hold_$LATSUB_PHASE" ]; do sleep 0.1; done
if [ -e "fail_$LATSUB_PHASE" ]; then
	echo "$LATSUB_PHASE: out of luck" >&2
	exit 9
fi
[ "$LATSUB_PHASE" = training ] || exit 0
if [ -e memory ]; then # what a batch takes: tail keeps a line without an end
	ulimit -v "$(cat memory)"
	head -c "$((BATCH_SIZE * 16))M" /dev/zero | LC_ALL=C tail -n 1 >/dev/null || exit
fi
mkdir -p "$LATSUB_RUN_DIR/checkpoint/epoch23"
echo weights >"$LATSUB_RUN_DIR/checkpoint/epoch23/model"
EOS
chmod +x "$tmp/payload"

# ---- what the tests are written with ----
scenario() { # NAME: begin it, or go back to it
	[ -d "$tmp/$1" ] || { mkdir "$tmp/$1" && cp "$tmp/experiment.ini" "$tmp/$1"; }
	cd "$tmp/$1" || exit 1
	[ -e ran ] || : >ran
}
run_latsub() { timeout 300 "$latsub" "$@" >out 2>&1; echo $?; }
state='runs/latentwire_unified_*/.experiment_state' # unquoted: the guide's glob
the_run() { echo runs/latentwire_unified_*; }
# begin SCENARIO [OPTION]...: submit it, do not wait.
begin() {
	scenario "$1"
	shift
	[ "$(run_latsub experiment "$@")" = 0 ] ||
		fail "Starting a New Experiment: $PWD is submitted" "$(cat out)"
}
edit() { set_word "$(the_run)" "$1" "$2"; }
words() {
	local phase
	for phase in "${phases[@]}"; do word "$(the_run)" "$phase"; done | paste -sd' '
}
all_completed="completed completed completed completed completed completed"
# How often each of $tasks ran, in the order of the guide.
tally() {
	local task
	for task in "${tasks[@]}"; do executions ran "$task"; done | paste -sd' '
}
all_once="1 1 1 1 1 1 1 1"
ended() { "$latsub" status "$(the_run)" >/dev/null 2>&1; [ $? -le 1 ]; }
await() { until_true 90 "$@" || fail "$PWD: $* comes true"; }
wait_for_end() { until_true 90 ended || fail "$PWD ends" "$("$latsub" status "$(the_run)" 2>&1)"; }
is_word() { [ "$(word "$(the_run)" "$1")" = "$2" ]; }
has_run() { grep -q "^$1" ran; }
# No job of this run is in Slurm.
nothing_is_live() {
	local id
	id=$(sed -n 's/^run_id=//p' "$(the_run)/.experiment_state")
	! squeue -h -o %k | grep -qF "latsub $id "
}

runs_in_slurm() { # PHASE
	local job
	job=$(sed -n "/^\[jobs\]/,/^\[/s/^$1=//p" "$(the_run)/.experiment_state")
	[ -n "$job" ] && squeue -h -t R -j "$job" | grep -q .
}
children_look() { runs_in_slurm phase2_linear_probe && runs_in_slurm phase4_efficiency; }
children_gave_up() { [ "$(executions ran training)" = 2 ] && ! runs_in_slurm phase2_linear_probe; }

# ---- begin what takes long ----

# It needs a node of its own, and so comes first.
scenario preempted
touch hold_training
begin preempted --set training.partition=low --set training.cpus-per-task=8

# A limit of a minute, which is an end: requeue_on is without timeout.
scenario timeout
touch hold_phase3_baselines
begin timeout --set phase3_baselines.time=1 \
	--set "phase3_baselines.requeue_on=preempt request node_fail"
ok "State File Not Created: it is there when the experiment is submitted" \
	test -s "$(the_run)/.experiment_state"

# One failure at each phase.
for phase in "${phases[@]}"; do
	scenario "fail_$phase"
	touch "fail_$phase"
	begin "fail_$phase"
done

# Edits while jobs run.
for name in live_skip live_reset live_again live_old; do
	scenario $name
	touch hold_training
	begin $name
done
scenario live_resume
touch fail_phase2_linear_probe hold_phase3_baselines
begin live_resume

scenario live_skip
ok "How It Works: State Tracking: a phase that runs is in_progress" until_true 90 is_word training in_progress
edit phase2_linear_probe completed
rm hold_training

scenario live_reset
await is_word training in_progress
edit training pending
# shellcheck disable=SC2086
is "Manually Editing State: a phase that runs, set to pending, and resumed at once" \
	"$(run_latsub experiment --resume $state)" 2
like "Manually Editing State: the resume says what to do about it" "$(cat out)" \
	"training was set to pending while job [0-9]+ runs it.*latsub cancel --phase training "
# shellcheck disable=SC2086
is "Manually Editing State: a dry run foretells it" \
	"$(run_latsub experiment --resume $state --dry-run) $(grep -c 'a resume is refused: phase training was set to pending' out)" "2 1"
rm hold_training

# the same, resumed when the children's runners miss their parent already
scenario live_again
await is_word training in_progress
edit training pending
rm hold_training
await children_look
touch hold_training
# shellcheck disable=SC2086
run_latsub experiment --resume $state >/dev/null &
resume_again=$!

scenario live_old
await is_word training in_progress
cp "$(the_run)/.experiment_state" saved
touch hold_phase3_baselines
rm hold_training

scenario preempted
await is_word training in_progress
node=$(sed -n 's/^training.node=//p' "$(the_run)/.experiment_state")
sbatch -Q -p high -w "$node" --exclusive -t 1 -o /dev/null --wrap true

# ---- How It Works, Usage ----
scenario plain
is "Starting a New Experiment: it runs to its end" "$(run_latsub experiment --wait)" 0
is "Starting a New Experiment: every phase ran once" "$(tally)" "$all_once"
run=$(the_run)
is "How It Works: State Tracking: which phases completed" "$(words)" "$all_completed"
is "How It Works: State Tracking: the checkpoint's path" \
	"$(sed -n 's/^checkpoint_path=//p' "$run/.experiment_state")" "$run/checkpoint/epoch23"
like "How It Works: State Tracking: when it began" "$(cat "$run/.experiment_state")" "^start_time=$(date +%s | cut -c1-7)[0-9]{3}$"
is "Phase Dependencies: training first" "$(head -1 ran)" training
is "Phase Dependencies: aggregation last" "$(tail -1 ran)" aggregation
is "Phase Dependencies: the phases stand in this order" \
	"$(sed -n '/^\[phases\]/,/^$/s/=.*//p' "$run/.experiment_state" | paste -sd' ')" "${phases[*]}"
# shellcheck disable=SC2086
is "Checking State: cat with the guide's glob" "$(cat $state | grep -c '^\[phases\]$')" 1
# shellcheck disable=SC2086
is "Checking State: grep =completed" "$(grep '=completed' $state | paste -sd' ')" \
	"$(printf '%s=completed\n' "${phases[@]}" | paste -sd' ')"
# shellcheck disable=SC2086
is "Checking State: grep =failed finds none" "$(grep '=failed' $state)" ""

# each of these keys, in this order, in its section
guide_keys() {
	awk -F= '/^\[/ { section = $0 } /^[a-z0-9_]+=/ && section ~ /metadata|phases|checkpoints|failures/ { print section $1 }' "$1"
}
cat >format <<'TEXT'
[metadata]version
[metadata]start_time
[metadata]base_output_dir
[phases]training
[phases]phase1_statistical
[phases]phase2_linear_probe
[phases]phase3_baselines
[phases]phase4_efficiency
[phases]aggregation
[checkpoints]checkpoint_path
[checkpoints]final_epoch
[failures]failure_count
[failures]last_failure
[failures]last_failure_time
TEXT
is "State File Format: the guide's sections and keys, in its order" \
	"$(guide_keys "$run/.experiment_state" | grep -xFf format)" "$(cat format)"
like "State File Format: version" "$(cat "$run/.experiment_state")" '^version=3\.1\.0$'
like "State File Format: base_output_dir" "$(cat "$run/.experiment_state")" "^base_output_dir=$run$"
like "State File Format: final_epoch" "$(cat "$run/.experiment_state")" '^final_epoch=23$'

: >ran
edit phase1_statistical pending
# shellcheck disable=SC2086
is "Manually Editing State: completed to pending, and resume" "$(run_latsub experiment --resume $state --wait)" 0
is "Manually Editing State: that phase alone ran again, all of it" "$(tally)" "0 1 1 1 0 0 0 0"

# an editor that writes into the file itself
: >ran
sed '/^\[phases\]/,/^\[/s/^phase4_efficiency=.*/phase4_efficiency=pending/' "$run/.experiment_state" >edited
cat edited >"$run/.experiment_state"
# shellcheck disable=SC2086
is "Phases Running Out of Order: a phase is reset" "$(run_latsub experiment --resume $state --wait)" 0
is "Phases Running Out of Order: and runs again, alone" "$(tally)" "0 0 0 0 0 0 1 0"

: >ran
edit training pending
edit phase2_linear_probe pending
edit aggregation pending
# shellcheck disable=SC2086
is "Phases Running Out of Order: three that depend on each other are reset" \
	"$(run_latsub experiment --resume $state --wait)" 0
is "Phases Running Out of Order: they run in the order of their dependencies" \
	"$(paste -sd' ' ran)" "training phase2_linear_probe aggregation"

: >ran
edit phase2_linear_probe complete
# shellcheck disable=SC2086
is "Phases Running Out of Order: an inconsistent word is an error" "$(run_latsub experiment --resume $state)" 2
like "Phases Running Out of Order: it is named, with its line" "$(cat out)" \
	"experiment_state:$(grep -n =complete$ "$run/.experiment_state" | cut -d: -f1): phase2_linear_probe=complete: .*did you mean 'completed'"
edit phase2_linear_probe completed

# the guide's other seeds
sed -i '/^\[phases\]/,/^\[/s/^phase1_statistical=completed/phase1_statistical=pending/' "$run/.experiment_state"
# shellcheck disable=SC2086
is "Scenario 3: Want to Re-run with Different Seeds: exported, and resumed" \
	"$(export SEEDS="42 123 456 789 1337"; run_latsub experiment --resume $state --wait)" 0
is "Scenario 3: Want to Re-run with Different Seeds: the new ones ran, nothing else" \
	"$(sort ran | paste -sd,)" "phase1_statistical 1337,phase1_statistical 789"
like "Scenario 3: Want to Re-run with Different Seeds: all five are completed" \
	"$(word "$run" phase1_statistical) $("$latsub" status | grep ^phase1)" '^completed phase1.* 5/5 '

: >ran
rm -f checkpoints
# shellcheck disable=SC2086
is "Starting Fresh from Checkpoint: with the guide's glob" \
	"$(run_latsub experiment --checkpoint runs/latentwire_unified_*/checkpoint/epoch23 --wait)" 0
is "Starting Fresh from Checkpoint: all but training ran" "$(tally)" "0 1 1 1 1 1 1 1"
is "Starting Fresh from Checkpoint: with that checkpoint" \
	"$(cut -d' ' -f2 checkpoints | sort -u)" "$PWD/$run/checkpoint/epoch23"

# now the glob matches two runs
cat runs/*/.experiment_state >before
# shellcheck disable=SC2086
is "Resuming After Failure: a glob that matches two runs is an error" \
	"$(run_latsub experiment --resume $state)" 2
is "Resuming After Failure: in one line" "$(wc -l <out)" 1
like "Resuming After Failure: that asks for one of them" "$(cat out)" \
	"name one run: '.*$(basename "$run")/.experiment_state' or '.*/.experiment_state'"
is "Resuming After Failure: and nothing is changed" "$(cat runs/*/.experiment_state)" "$(cat before)"

scenario one_phase
is "Starting a New Experiment: --phase 1" "$(run_latsub experiment --phase 1 --wait)" 3
is "Starting a New Experiment: --phase 1 runs that phase only" "$(tally)" "0 1 1 1 0 0 0 0"
is "Starting a New Experiment: --phase 1 leaves the others pending" "$(words)" \
	"pending completed pending pending pending pending"

# ---- Scenario 1 ----
scenario oom
echo 131072 >memory # KiB: 8 x 16 MiB is too much
is "Scenario 1: OOM During Training: it fails" "$(run_latsub experiment --wait)" 1
is "Scenario 1: OOM During Training: nothing else ran" "$(paste -sd' ' ran)" training
like "Best Practices: Check logs before resuming: they say why" \
	"$("$latsub" logs training "$(the_run)")" 'memory exhausted'
# shellcheck disable=SC2086
is "Scenario 1: OOM During Training: export BATCH_SIZE=4 and resume" \
	"$(export BATCH_SIZE=4; run_latsub experiment --resume $state --wait)" 0
is "Scenario 1: OOM During Training: training ran again, the rest once" "$(tally)" "2 1 1 1 1 1 1 1"

# ---- the guide's example of a state file, of the script before ----
scenario old_file
run=runs/latentwire_unified_20240115_143022
mkdir -p $run/checkpoint/epoch23
echo weights >$run/checkpoint/epoch23/model
cat >$run/.experiment_state <<'INI'
[metadata]
version=3.1.0
start_time=1736201422
base_output_dir=runs/latentwire_unified_20240115_143022

[phases]
training=completed
phase1_statistical=completed
phase2_linear_probe=in_progress
phase3_baselines=pending
phase4_efficiency=pending
aggregation=pending

[checkpoints]
checkpoint_path=runs/latentwire_unified_20240115_143022/checkpoint/epoch23
final_epoch=23

[failures]
failure_count=1
last_failure=phase2_linear_probe
last_failure_time=Mon Jan 15 14:45:22 PST 2024
INI
grep -v '=in_progress$\|=pending$\|^failure_count' $run/.experiment_state >kept
is "State File Format: the guide's own example is resumed, by the guide's own line" \
	"$(run_latsub experiment --resume runs/latentwire_unified_20240115_143022/.experiment_state --wait)" 0
is "State File Format: what it calls completed did not run" "$(tally)" "0 0 0 0 1 1 1 1"
is "State File Format: its checkpoint was used" \
	"$(cut -d' ' -f2 checkpoints | sort -u)" "$PWD/$run/checkpoint/epoch23"
is "State File Format: its lines are kept" "$(grep -xvFf $run/.experiment_state kept)" ""

# ---- one failure at each phase: first all of them, then all resumes ----
declare -A after_failure=(
	[training]="failed pending pending pending pending pending"
	[phase1_statistical]="completed failed completed completed completed completed"
	[phase2_linear_probe]="completed completed failed completed completed completed"
	[phase3_baselines]="completed completed completed failed completed completed"
	[phase4_efficiency]="completed completed completed completed failed completed"
	[aggregation]="completed completed completed completed completed failed")
declare -A after_resume=( # aggregation runs again where it ran without a phase
	[training]="2 1 1 1 1 1 1 1"
	[phase1_statistical]="1 2 2 2 1 1 1 2"
	[phase2_linear_probe]="1 1 1 1 2 1 1 2"
	[phase3_baselines]="1 1 1 1 1 2 1 2"
	[phase4_efficiency]="1 1 1 1 1 1 2 2"
	[aggregation]="1 1 1 1 1 1 1 2")
promise="Testing the Recovery Mechanism"
for phase in "${phases[@]}"; do
	scenario "fail_$phase"
	wait_for_end
	is "$promise: Simulate failures at different phases: $phase" "$(words)" "${after_failure[$phase]}"
	failures=1
	[ "$phase" != phase1_statistical ] || failures=3 # its tasks
	is "$promise: Verify state files: $phase is on record" \
		"$(sed -n '/^\[failures\]/,/^last_failure=/p' "$(the_run)/.experiment_state" | paste -sd' ')" \
		"[failures] failure_count=$failures last_failure=$phase"
	like "$promise: Verify state files: when $phase failed" "$(cat "$(the_run)/.experiment_state")" \
		'^last_failure_time=[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [A-Z0-9+-]+ 20[0-9]{2}$'
done
scenario fail_training
is "Phase Dependencies: training failed, and no other phase ran" "$(tally)" "1 0 0 0 0 0 0 0"
scenario fail_phase2_linear_probe
is "Phase Dependencies: phase 2 failed, and the subsequent phases ran" "$(tally)" "$all_once"
# shellcheck disable=SC2086
is "Checking State: grep =failed" "$(grep '=failed' $state)" "phase2_linear_probe=failed"

# the dry run says what a resume does
cksum "$(the_run)"/.experiment_state "$(the_run)"/.latsub/journal/* >before
# shellcheck disable=SC2086
is "Best Practices: Use --dry-run to test" "$(run_latsub experiment --resume $state --dry-run)" 0
is "Best Practices: Use --dry-run to test: what will run" \
	"$(awk '$1 == "run" { print $2 }' out | paste -sd' ')" "phase2_linear_probe aggregation"
is "Best Practices: Use --dry-run to test: and be skipped" "$(grep -c '^skip ' out)" 4
is "Best Practices: Use --dry-run to test: it changes nothing" \
	"$(cksum "$(the_run)"/.experiment_state "$(the_run)"/.latsub/journal/*)" "$(cat before)"
mkdir -p nothing && cp experiment.ini nothing && cd nothing || exit 1
"$latsub" experiment --dry-run >out 2>&1
is "Best Practices: Use --dry-run to test: a new experiment, and nothing is created" \
	"$? $(grep -c '^run ' out) $(find . -name runs)" "0 6 "

# the instructions, and the command that they print
scenario fail_phase3_baselines
sed -n '/^FAILURE RECOVERY/,/^  3\./p' "$(the_run)"/logs/phase3_baselines-*.log >told
cat >promised <<'TEXT'
FAILURE RECOVERY INSTRUCTIONS
========================================
The experiment has failed but state has been saved.

To resume from where it failed, run:
  COMMAND

This will:
  1. Skip already completed phases
  2. Re-attempt the failed phase
  3. Continue with remaining phases
TEXT
ok "How It Works: Automatic Recovery: a phase that fails displays how to go on" test -s told
command=$(sed -n '/^To resume/{n;s/^  //p}' told)
is "Resuming After Failure: the instructions are the guide's" "$(sed "6s|.*|  COMMAND|" told)" "$(cat promised)"
like "Resuming After Failure: so is the command" "$command" \
	"^[^ ]*latsub experiment --resume [^ ]*runs/$(basename "$(the_run)")/\.experiment_state$"
is "Resuming After Failure: status tells the same" \
	"$("$latsub" status | sed -n '/^FAILURE RECOVERY/,/^  3\./p')" "$(cat told)"
rm fail_phase3_baselines
ok "Resuming After Failure: the command works as it stands, from anywhere" \
	bash -c "cd / && $command >'$PWD/out' 2>&1"
is "Resuming After Failure: 1. Skip already completed phases" "$(grep '^Skipping' out | cut -d' ' -f2 | paste -sd' ')" \
	"training phase1_statistical phase2_linear_probe phase4_efficiency"
like "Resuming After Failure: 2. Re-attempt the failed phase" "$(cat out)" '^Re-attempting phase3_baselines \(failed'
like "Resuming After Failure: 3. Continue with remaining phases" "$(cat out)" '^Continuing with aggregation '

for phase in training phase1_statistical phase2_linear_probe phase4_efficiency aggregation; do
	scenario "fail_$phase"
	rm "fail_$phase"
	# shellcheck disable=SC2086
	is "$promise: Test the resume functionality: after $phase" "$(run_latsub experiment --resume $state)" 0
done
for phase in "${phases[@]}"; do
	scenario "fail_$phase"
	wait_for_end
	is "$promise: Test the resume functionality: all is well after $phase" "$(words)" "$all_completed"
	is "Best Practices: Always use resume after failures: $phase failed, what was done is not done again" \
		"$(tally)" "${after_resume[$phase]}"
done

# ---- reset, skip: the guide's edits as functions ----
scenario fail_phase3_baselines
: >ran
touch fail_phase3_baselines
is "$promise: Validate state management functions: reset" \
	"$(run_latsub reset phase3_baselines) $(word "$(the_run)" phase3_baselines)" "0 pending"
# shellcheck disable=SC2086
is "Skipping Failed Phases: phase 3 fails again" "$(run_latsub experiment --resume $state --wait)" 1
edit phase3_baselines completed
# shellcheck disable=SC2086
is "Skipping Failed Phases: failed to completed, and resume" "$(run_latsub experiment --resume $state --wait)" 0
is "Skipping Failed Phases: it was not run again, and nothing else" "$(tally)" "0 0 0 0 0 1 0 0"
is "Skipping Failed Phases: all is completed now" "$(words)" "$all_completed"
scenario fail_training
: >ran
touch fail_training
run_latsub reset --downstream training >/dev/null
is "$promise: Validate state management functions: reset --downstream" "$(words)" \
	"pending pending pending pending pending pending"
is "$promise: Validate state management functions: skip" \
	"$(run_latsub skip training) $(word "$(the_run)" training)" "0 completed"
# shellcheck disable=SC2086
is "Skipping Failed Phases: what waited for it runs, by its word" \
	"$(run_latsub experiment --resume $state --wait) $(tally)" "0 0 1 1 1 1 1 1 1"
is "$promise: Validate state management functions: list" \
	"$("$latsub" list | grep -c "completed .*$(basename "$(the_run)")")" 1

# ---- Troubleshooting ----
scenario missing
mkdir -p runs/test_recovery
touch runs/test_recovery/.experiment_state
is "State File Not Created: made by mkdir and touch, and resumed" \
	"$(run_latsub experiment --resume runs/test_recovery/.experiment_state --wait)" 0
is "State File Not Created: everything ran there" "$(tally) $(grep -c '=completed$' runs/test_recovery/.experiment_state)" \
	"$all_once 6"
rm runs/test_recovery/.experiment_state
is "State File Not Created: deleted, it comes back" \
	"$(run_latsub experiment --resume runs/test_recovery/.experiment_state --wait)
$(tally) $(grep -c '=completed$' runs/test_recovery/.experiment_state)" "0
$all_once 6"

is "Resume Not Working: 1. the path is not correct" "$(run_latsub experiment --resume runs/no_such/.experiment_state)" 2
like "Resume Not Working: 1. it is named" "$(cat out)" 'runs/no_such'
bound=()
if [ "$(id -u)" = 0 ]; then # root reads everything, unless it gives that up
	# shellcheck disable=SC2054
	bound=(setpriv --bounding-set=-dac_override,-dac_read_search)
fi
chmod 0 runs/test_recovery/.experiment_state
"${bound[@]}" timeout 60 "$latsub" experiment --resume runs/test_recovery/.experiment_state >out 2>&1
is "Resume Not Working: 2. the state file is not readable" "$(($? != 0)) $(tally)" "1 $all_once"
like "Resume Not Working: 2. it is named, and why" "$(cat out)" 'test_recovery/.experiment_state.*[Pp]ermission denied'
chmod 644 runs/test_recovery/.experiment_state
mv runs/test_recovery runs/moved
set_word runs/moved phase2_linear_probe pending
is "Resume Not Working: 3. base_output_dir does not exist, for the run was moved: the run goes on where its state file is" \
	"$(run_latsub experiment --resume runs/moved/.experiment_state --wait) $(ls runs) $(tally)" \
	"0 moved 1 1 1 1 2 1 1 1"
like "Resume Not Working: 3. and the resume says so" "$(cat out)" \
	"this run was $PWD/runs/test_recovery; it goes on as $PWD/runs/moved"
like "Resume Not Working: 3. the checkpoint came along" "$(cat runs/moved/.experiment_state)" \
	"^checkpoint_path=runs/moved/checkpoint/epoch23$"
rm -r runs/moved/checkpoint
sed -i 's|^base_output_dir=.*|base_output_dir=runs/nowhere|' runs/moved/.experiment_state
timeout 60 "$latsub" experiment --resume runs/moved/.experiment_state --dry-run >out 2>&1
like "Resume Not Working: 3. base_output_dir was mistyped: it is said" "$(cat out)" \
	"base_output_dir=runs/nowhere does not exist; the run goes on where its state file is"
like "Resume Not Working: 3. the checkpoint is gone: it is said" "$(cat out)" \
	"checkpoint_path=runs/moved/checkpoint/epoch23 does not exist"

# ---- what was edited while jobs ran ----
scenario live_skip
wait_for_end
is "Skipping Failed Phases: one that waits, while training runs" "$(words)" "$all_completed"
is "Skipping Failed Phases: it did not run, the others once" "$(tally)" "1 1 1 1 0 1 1 1"

scenario live_old
await is_word phase4_efficiency completed
await is_word phase2_linear_probe completed
await has_run phase3_baselines
cp saved "$(the_run)/.experiment_state"
rm hold_phase3_baselines
wait_for_end
is "Best Practices: Save state files: an old copy over a newer file, while phase 3 runs" "$(words)" "$all_completed"
is "Best Practices: Save state files: nothing ran twice" "$(tally)" "$all_once"
cp saved "$(the_run)/.experiment_state"
# shellcheck disable=SC2086
is "Best Practices: Save state files: one put back after the end, and resumed" \
	"$(run_latsub experiment --resume $state --wait) $(tally)" "0 $all_once"

scenario live_resume
await is_word phase2_linear_probe failed
await has_run phase3_baselines
rm fail_phase2_linear_probe
# shellcheck disable=SC2086
is "Resuming After Failure: while another phase still runs" "$(run_latsub experiment --resume $state)" 0
rm hold_phase3_baselines
wait_for_end
is "Resuming After Failure: beside it, all ends well" "$(words)" "$all_completed"
is "Resuming After Failure: beside it, only what failed ran twice" "$(tally)" "1 1 1 1 2 1 1 1"

scenario live_cancel
touch hold_training
begin live_cancel
await has_run training
await is_word training in_progress
is "$promise: Validate state management functions: reset of a phase that runs" \
	"$(run_latsub reset training) $(word "$(the_run)" training)" "0 pending"
is "$promise: Validate state management functions: a resume beside it is refused" "$(run_latsub --resume)" 2
is "$promise: Validate state management functions: cancel --phase, as it says" "$(run_latsub cancel --phase training)" 0
rm hold_training
# shellcheck disable=SC2086
is "$promise: Validate state management functions: then the resume works" \
	"$(run_latsub experiment --resume $state --wait) $(tally)" "0 2 1 1 1 1 1 1 1"

# ---- the preempted one ----
scenario preempted
ok "Implementation Details: preempted, training is requeued" \
	until_true 90 grep -q '^training.requeued.*preempted=' "$(the_run)/.experiment_state"
rm hold_training
wait_for_end
is "Implementation Details: after the preemption, all ends well" "$(words)" "$all_completed"
is "Implementation Details: only what was preempted ran twice" "$(tally)" "2 1 1 1 1 1 1 1"

# ---- old state files, where they are ----
states=$top_srcdir/../shared/states
if [ -d "$states" ]; then
	for file in "$states"/*.experiment_state; do
		name=$(basename "$file" .experiment_state)
		scenario "states_$name"
		mkdir -p runs/old && cp "$file" runs/old/.experiment_state
		sed -n '/^\[datasets\]/,/^$/p' "$file" >kept
		expected=$all_once
		[ "$name" != phase2_failed ] || expected="0 0 0 0 1 1 1 1"
		is "State File Format: the old script's $name is resumed" \
			"$(run_latsub experiment --resume runs/old/.experiment_state --wait) $(tally)" "0 $expected"
		is "State File Format: $name keeps sections of its own" \
			"$(sed -n '/^\[datasets\]/,/^$/p' runs/old/.experiment_state)" "$(cat kept)"
	done
fi

# ---- Scenario 2 ----
scenario timeout
ok "Scenario 2: Phase 3 Timeout on HPC: Slurm's time limit ends it" until_true 120 is_word phase3_baselines failed
wait_for_end
is "Scenario 2: Phase 3 Timeout on HPC: the others are completed" "$(words)" \
	"completed completed completed failed completed completed"
like "Scenario 2: Phase 3 Timeout on HPC: the reason is on record" "$(cat "$(the_run)/.experiment_state")" \
	'^last_failure_error=.*time limit'
rm hold_phase3_baselines
# shellcheck disable=SC2086
is "Scenario 2: Phase 3 Timeout on HPC: resumed" "$(run_latsub experiment --resume $state --wait)" 0
like "Scenario 2: Phase 3 Timeout on HPC: it skips phases 1 and 2" "$(grep ^Skipping out | paste -sd' ')" \
	'phase1_statistical .*phase2_linear_probe '
is "Scenario 2: Phase 3 Timeout on HPC: phase 3 ran again, 1 and 2 did not" "$(tally)" "1 1 1 1 1 2 1 2"

# ---- a phase set to pending while it ran ----
scenario live_reset
await nothing_is_live
is "Manually Editing State: a phase that runs, set to pending: it is, when it has ended" "$(word "$(the_run)" training)" pending
is "Manually Editing State: what waited for it did not run" "$(tally)" "1 0 0 0 0 0 0 0"
# shellcheck disable=SC2086
is "Manually Editing State: resumed, it runs again, and the others once" \
	"$(run_latsub experiment --resume $state --wait) $(tally)" "0 2 1 1 1 1 1 1 1"

scenario live_again
ok "Phases Running Out of Order: children that missed their parent end, and training runs again" \
	until_true 300 children_gave_up
rm hold_training
wait "$resume_again"
wait_for_end
is "Phases Running Out of Order: resumed before they had ended, all is completed" "$(words)" "$all_completed"
is "Phases Running Out of Order: once, but for training" "$(tally)" "2 1 1 1 1 1 1 1"
is "Phases Running Out of Order: and aggregation came last" "$(tail -1 ran)" aggregation
finish
