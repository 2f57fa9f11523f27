#!/bin/bash
# main.t - the main job end to end: run, fail, resume, edit, select, look.
. "$(dirname "$0")/lib.sh"
start_sandbox

mkdir "$tmp/e" && cd "$tmp/e" || exit 1
# every payload leaves a line for each execution
cat >experiment.ini <<'INI'
[experiment]
name = unified
checkpoint_phase = training
[env]
SEEDS = 42 123
FAIL = none
[defaults]
time = 5
[phase training]
command = echo "$LATSUB_PHASE" >> ran
    [ "$FAIL" != training ] || exit 4
    mkdir -p "$LATSUB_RUN_DIR/checkpoint"
    echo c > "$LATSUB_RUN_DIR/checkpoint/epoch7"
checkpoint = checkpoint/epoch*
[phase phase1_statistical]
after = training
array.SEED = $SEEDS
array.SET = a "b c"
max_parallel = 3
command = echo "$LATSUB_PHASE $SEED $SET" >> ran; [ -s "$LATSUB_CHECKPOINT" ]
[phase phase2_linear_probe]
after = training
command = echo "$LATSUB_PHASE" >> ran
[phase phase3_baselines]
after = training
array.M = x y
command = echo "$LATSUB_PHASE $M" >> ran
    if [ "$FAIL" = "phase3_$M" ]; then echo "cannot do $M" >&2; exit 9; fi
[phase phase4_efficiency]
after_each = phase3_baselines
array.M = x y
command = echo "$LATSUB_PHASE $M" >> ran
[phase aggregation]
after = training
after_any = phase1_statistical phase2_linear_probe phase3_baselines
command = echo "$LATSUB_PHASE" >> ran; echo "failed: [$LATSUB_FAILED_PHASES]"
INI
run_latsub() { timeout 90 "$latsub" "$@" >"$tmp/out" 2>&1; echo $?; }
total() { wc -l <ran; }

# ---- all goes well ----
is "an experiment runs to its end and exits 0" \
	"$(run_latsub experiment --wait)" 0
run=$(newest_run runs)
is "grep =completed counts the phases" "$(grep -c =completed "$run/.experiment_state")" 6
is "each task ran once" "$(sort ran | uniq -c | awk '$1 != 1' | wc -l) $(total)" "0 11"
is "a value with a space is one task" "$(executions ran 'phase1_statistical 42 b c')" 1
is "the checkpoint is on record" \
	"$(grep -c "^checkpoint_path=$run/checkpoint/epoch7$" "$run/.experiment_state")" 1
is "and its epoch" "$(sed -n 's/^final_epoch=//p' "$run/.experiment_state")" 7
is "status exits 0" "$(run_latsub status)" 0
is "status --json is JSON and says completed" \
	"$("$latsub" status --json "$run" | python3 -c \
	'import json,sys; print(json.load(sys.stdin)["outcome"])' 2>&1 ||
	true)" completed
ok "logs shows what a phase printed" grep -q 'failed: \[\]' \
	<("$latsub" logs aggregation "$run")
is "a resume of it does nothing" "$(run_latsub --resume "$run/.experiment_state") $(total)" "0 11"
like "and says so" "$(cat "$tmp/out")" 'already completed'

# ---- a phase in the middle fails ----
rm -rf ran runs
is "a failing phase makes exit code 1" "$(FAIL=phase3_y run_latsub experiment --wait)" 1
run=$(newest_run runs)
is "others are completed, it is failed" \
	"$(for p in training phase1_statistical phase2_linear_probe phase3_baselines phase4_efficiency aggregation; do word "$run" $p; done | tr '\n' ' ')" \
	"completed completed completed failed pending completed "
is "of an array the good task is kept" "$(sed -n 's/^phase3_baselines.completed=//p' "$run/.experiment_state")" 0
log=$(grep -l 'cannot do y' "$run"/logs/phase3_baselines-*.log)
ok "the failing job's log has the guide's instructions" \
	grep -q "experiment --resume .*$(basename "$run")/.experiment_state" "$log"
like "so has status" "$("$latsub" status "$run")" 'FAILURE RECOVERY INSTRUCTIONS'
is "status exits 1" "$(run_latsub status "$run")" 1
ok "the failure is on record" grep -q '^last_failure_error=exit code 9$' "$run/.experiment_state"
ok "with its phase" grep -q '^last_failure=phase3_baselines$' "$run/.experiment_state"
ok "and counted" grep -q '^failure_count=1$' "$run/.experiment_state"
like "aggregation knew" "$("$latsub" logs aggregation "$run")" 'failed: \[phase3_baselines\]'
"$latsub" experiment --resume "$run" --dry-run >"$tmp/plan" 2>&1
like "the dry run gives reasons" "$(cat "$tmp/plan")" 'run +aggregation .*stale: it ran without phase3_baselines'
before=$(total)
is "mended and resumed, it ends well" "$(FAIL=none run_latsub --resume "$run/.experiment_state" --wait)" 0
is "only the missing tasks and the stale phase ran again" \
	"$(tail -n +$((before + 1)) ran | sort | tr '\n' ',')" \
	"aggregation,phase3_baselines y,phase4_efficiency y,"

# ---- training fails ----
rm -rf ran runs
is "a failing training ends the run" "$(FAIL=training run_latsub experiment --wait)" 1
run=$(newest_run runs)
is "nothing else ran" "$(cat ran)" training
is "the rest is pending" "$(grep -c =pending "$run/.experiment_state")" 5
is "the queue is empty" "$(squeue -h | wc -l)" 0
is "resumed, all of it runs" "$(FAIL=none run_latsub --resume "$run" --wait) $(total)" "0 12"

# ---- the guide's hand edits ----
set_word "$run" phase2_linear_probe pending
is "completed to pending runs the phase again" \
	"$(run_latsub --resume "$run" --wait) $(executions ran phase2_linear_probe) $(total)" "0 2 13"
rm -f ran
is "a run with a failing phase" "$(FAIL=phase3_x run_latsub experiment --wait)" 1
run=$(newest_run runs)
set_word "$run" phase3_baselines completed
: >ran
is "failed to completed skips it" "$(FAIL=none run_latsub --resume "$run" --wait)" 0
is "and runs what waited for it" "$(sort ran | tr '\n' ',')" "phase4_efficiency x,"
: >ran
: >"$run/.experiment_state"
is "an emptied state file loses nothing" "$(run_latsub --resume "$run" --wait) $(total)" "0 0"
is "and is whole again" "$(grep -c =completed "$run/.experiment_state")" 6
rm "$run/.experiment_state"
is "a deleted one neither" "$(run_latsub --resume "$run" --wait) $(total) $(grep -c =completed "$run/.experiment_state")" "0 0 6"
mkdir -p runs/test_recovery && touch runs/test_recovery/.experiment_state
is "a state file made by touch runs everything there" \
	"$(run_latsub --resume runs/test_recovery/.experiment_state --wait) $(grep -c =completed runs/test_recovery/.experiment_state)" "0 6"

# ---- other seeds, other variables ----
run=$PWD/runs/test_recovery
: >ran
set_word "$run" phase1_statistical pending
is "changed seeds: only the new ones run" \
	"$(SEEDS='42 123 7' run_latsub --resume "$run" --wait) $(sort ran | tr '\n' ',')" \
	"0 phase1_statistical 7 a,phase1_statistical 7 b c,"
ok "the run records what it took" grep -q "^SEEDS='42 123 7'" "$run/.latsub/environment"

# ---- phases and checkpoints by hand ----
: >ran
is "--phase N runs one phase" "$(run_latsub experiment --phase 2 --wait)" 3
is "and no other" "$(cat ran)" phase2_linear_probe
: >ran
is "--checkpoint skips the training" \
	"$(run_latsub experiment --checkpoint "$run/checkpoint/epoch7" --wait) $(executions ran training) $(total)" "0 0 10"

# ---- old state files ----
states=$top_srcdir/../shared/states
if [ -d "$states" ]; then
	for name in fresh phase2_failed; do # in this order: see below
		mkdir -p "old_$name/x" && cp "$states/$name.experiment_state" "old_$name/x/.experiment_state"
		: >ran
		is "the old script's $name state is resumed" \
			"$(run_latsub experiment experiment.ini --resume "old_$name/x" --wait)" 0
		ok "its own sections stay" grep -q '^\[datasets\]' "old_$name/x/.experiment_state"
	done
	is "what was completed is not run again" "$(sort -u ran | cut -d' ' -f1 | uniq | tr '\n' ' ')" \
		"aggregation phase2_linear_probe phase3_baselines phase4_efficiency "
fi

# ---- cancel ----
cat >long.ini <<'INI'
[experiment]
name = long
[phase a]
command = trap 'echo saved >> saved; exit 1' TERM; touch ready; sleep 600 & wait
[phase b]
after = a
command = true
INI
is "a long run is submitted" "$(run_latsub experiment long.ini)" 0
run=$(newest_run runs)
running() { [ -e ready ] && [ "$(word "$1" a)" = in_progress ] && squeue -h -t R | grep -q .; }
ok "it starts" until_true 20 running "$(ls -d runs/long_*)"
run=$(ls -d "$PWD"/runs/long_*)
is "status says unfinished" "$(run_latsub status "$run")" 3
is "cancel succeeds" "$(run_latsub cancel "$run")" 0
ok "the command had time to save" until_true 15 test -s saved
is_pending() { [ "$(word "$run" a)" = pending ]; }
ok "the state says pending" until_true 15 is_pending
ok "nothing is left in the queue" until_true 20 queue_is_empty
is "two phases wait" "$(grep -c =pending "$run/.experiment_state")" 2
is "the reason is on record" "$(grep -c 'a.cancelled.1.0=0' "$run/.experiment_state")" 1
finish
