#!/bin/bash
# nfs.t - file systems that remember what was (attributes that are a minute old),
# and that are sick for a moment when a job starts: nothing is dropped, nothing runs
# twice, no edit is lost. Shims (stale.c, ../inject.c) play them, under a real Slurm.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 16 --conf-extra OverTimeLimit=0
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
shim stale && stale=$shim
shim inject && inject=$shim

# What this node remembers: for longer than anybody waits here.
remembering() { # NODE COMMAND...
	env SLURMD_NODENAME="$1" STALE_DIR="$tmp/e/runs" STALE_CACHE="$tmp/cache.$1" \
		STALE_SEC=600 LD_PRELOAD="$stale" "${@:2}"
}
# Wherever Slurm starts it, the child is on a node of its own, which remembers.
cat >remember <<EOS
#!/bin/bash
export SLURMD_NODENAME=n1 LD_PRELOAD=$stale
[ \$LATSUB_PHASE != child ] || export SLURMD_NODENAME=n2 STALE_SEC=600 \
	STALE_DIR=$tmp/e/runs STALE_CACHE=$tmp/cache.n2
exec "\$@"
EOS
# The runner of a phase NAME_HOW fails at its operation N, where N is the task.
cat >sicken <<EOS
#!/bin/bash
case \$LATSUB_PHASE in
stale) how=ESTALE at=\$SLURM_ARRAY_TASK_ID dir=$tmp/e/runs ;;
blind) how=DEAD at=1 dir=\$(dirname "\$LATSUB_STATE")/.latsub/experiment.ini ;;
dead) how=DEAD at=1 dir=$tmp/e/runs ;;
gone) how=DEAD at=1 dir=$tmp/e/runs ;;
*) exec "\$@" ;;
esac
# the node is well again when the job comes back; one never is
[ \$LATSUB_PHASE = gone ] || [ -z "\${SLURM_RESTART_COUNT-}" ] || exec "\$@"
exec env LATSUB_PATIENCE=1 INJECT_HOW=\$how INJECT_AT=\$at INJECT_DIR=\$dir \\
	INJECT_LOG=$tmp/e/sick.\$LATSUB_PHASE.\${SLURM_ARRAY_TASK_ID-} \\
	LD_PRELOAD=$inject "\$@"
EOS
chmod +x remember sicken
has() { grep -q "$2" "$1"/.latsub/journal/*.jsonl; }
node_file() { ls runs/"$1"/.latsub/journal/"$2"-*.jsonl; }

# ---- another node's completion, which this one does not see by its attributes ----
cat >see.ini <<INI
[experiment]
name = see
[phase parent]
command = until [ -e $tmp/e/go ]; do sleep 0.1; done
[phase edited]
command = exit 1
[phase child]
after = parent
command = echo ran >> "\$LATSUB_RUN_DIR/ran"; until [ -e $tmp/e/end ]; do sleep 0.1; done
INI
LATSUB_RUN_UNDER=$tmp/e/remember "$latsub" experiment see.ini -o runs/see >out 2>&1 ||
	cat out
ok "the parent runs on its node" until_true 30 has runs/see '"started".*"parent"'
ok "another has failed" until_true 30 grep -q '^edited=failed' runs/see/.experiment_state
is "nodes have files of their own" "$(node_file see n1 | wc -l)" 1
# the state file, which is read whole, must not tell: nothing is written over a typo
set_word runs/see edited complted
# node n2 looks, and remembers how long the file is
remembering n2 "$latsub" list runs >/dev/null
size=$(stat -c %s "$(node_file see n1)")
touch go
ok "the parent completes" until_true 30 has runs/see '"completed".*"parent"'
ok "its file has grown" test "$(stat -c %s "$(node_file see n1)")" -gt "$size"
is "the state does not tell" "$(word runs/see parent)" in_progress
ok "the child sees it, and runs" until_true 40 test -e runs/see/ran
touch end
ok "the run ends" until_true 30 queue_is_empty
set_word runs/see edited completed
# and on a node that remembers the beginning
is "a resume there has nothing to do" \
	"$(remembering n2 "$latsub" --resume runs/see 2>&1 | grep -c 'Nothing is left to do: all')" 1
is "the child ran once" "$(wc -l <runs/see/ran)" 1

# ---- a person edits the state while a node remembers another one ----
rm -f end
cat >edit.ini <<INI
[experiment]
name = edit
[phase edited]
command = exit 1
[phase child]
command = until [ -e $tmp/e/end ]; do sleep 0.1; done
INI
LATSUB_RUN_UNDER=$tmp/e/remember "$latsub" experiment edit.ini -o runs/edit >out 2>&1 ||
	cat out
starts() { [ "$(word runs/edit child) $(word runs/edit edited)" = "in_progress failed" ]; }
ok "an edit: the child has started, another has failed" until_true 30 starts
set_word runs/edit edited completed
touch end
ok "an edit: the child ends" until_true 30 has runs/edit '"completed".*"child"'
ok "an edit: the run ends" until_true 30 queue_is_empty
is "an edit: it stays" "$(word runs/edit edited)" completed
ok "an edit: the run is complete with it" until_true 10 "$latsub" status runs/edit

# ---- sick for a moment, or for good, when a job starts ----
cat >sick.ini <<INI
[experiment]
name = sick
[phase stale]
array.N = $(seq -s ' ' 0 59)
command = echo "stale \$N" >> "\$LATSUB_RUN_DIR/ran"
[phase blind]
command = echo blind >> "\$LATSUB_RUN_DIR/ran"
[phase dead]
command = echo dead >> "\$LATSUB_RUN_DIR/ran"
[phase gone]
max_requeues = 1
command = echo gone >> "\$LATSUB_RUN_DIR/ran"
[phase last]
after = stale blind dead
command = echo last >> "\$LATSUB_RUN_DIR/ran"
[phase after_gone]
after = gone
command = echo after_gone >> "\$LATSUB_RUN_DIR/ran"
INI
LATSUB_RUN_UNDER=$tmp/e/sicken "$latsub" experiment sick.ini -o runs/sick >out 2>&1 ||
	cat out
ok "sick: it ends" until_true 100 queue_is_empty
ok "sick: many operations were stale once" test "$(ls sick.stale.* | wc -l)" -gt 10
is "sick: the phases complete" \
	"$(for p in stale blind dead last; do word runs/sick $p; done | uniq -c | tr -s ' ')" " 4 completed"
is "sick: each task ran once" "$(sort runs/sick/ran | uniq -c | awk '$1 != 1')" ""
is "sick: all of them ran" "$(wc -l <runs/sick/ran)" 63
like "sick: the log says why and what comes of it" "$(cat runs/sick/logs/blind*)" \
	'blind is not started on n[1-4]: .*experiment.ini.*Input/output error'
like "sick: and that it goes back" "$(cat runs/sick/logs/dead*)" 'goes back into the queue'
like "sick: the journal has a word of it, where it could be written" \
	"$(cat runs/sick/.latsub/journal/*.jsonl)" '"gave_up".*"blind".*experiment.ini'
like "sick: else the log says that" "$(cat runs/sick/logs/dead*)" 'the journal has no word of it'
is "sick: who never gets well is not requeued for ever" \
	"$(grep -c 'is not requeued' runs/sick/logs/gone*) $(grep -c 'goes back into' runs/sick/logs/gone*)" "1 1"
is "sick: what waits for that does not run" "$(grep -c after_gone runs/sick/ran)" 0
"$latsub" --resume runs/sick >out 2>&1 || cat out
ok "sick: a resume ends it" until_true 60 "$latsub" status runs/sick
is "sick: each ran once" "$(sort runs/sick/ran | uniq -c | awk '$1 != 1') $(wc -l <runs/sick/ran)" " 65"

# ---- sick at a command's end, or as it begins; $tmp/e/ill.PHASE says when ----
cat >ail <<EOS
#!/bin/bash
run=\$(dirname "\$LATSUB_STATE") how=DEAD
case \$LATSUB_PHASE in
other) dir=\$run/.latsub/journal/other-00000001.jsonl ;;
output) dir=\$run/result ;;
begun) how=UNSYNCABLE dir=\$run/.latsub/journal patience=1 ;;
limit | late) dir=\$run/.latsub/journal ;;
*) exec "\$@" ;;
esac
exec env LATSUB_PATIENCE=\${patience-120} INJECT_HOW=\$how INJECT_AT=1 \\
	INJECT_DIR=\$dir INJECT_WHILE=$tmp/e/ill.\$LATSUB_PHASE LD_PRELOAD=$inject "\$@"
EOS
chmod +x ail
cat >ends.ini <<INI
[experiment]
name = ends
[phase other]
command = cd "\$LATSUB_RUN_DIR/.latsub/journal" && head -1 *.jsonl >other && \
	mv other other-00000001.jsonl && echo other >> ../../ran && touch $tmp/e/ill.other
[phase late]
command = echo late >> "\$LATSUB_RUN_DIR/ran"; touch $tmp/e/ill.late
[phase output]
outputs = result
command = cd "\$LATSUB_RUN_DIR" && echo output >>ran && touch result $tmp/e/ill.output
[phase limit]
time = 1
signal = USR1@20
command = [ \$LATSUB_ATTEMPT = 0 ] || exit 0; touch $tmp/e/ill.limit; exec sleep 300
[phase begun]
requeue_on = preempt
command = echo \$LATSUB_REASON > $tmp/e/reason; echo begun >> "\$LATSUB_RUN_DIR/ran"
[phase last]
after = other late output limit begun
command = echo last >> "\$LATSUB_RUN_DIR/ran"
INI
touch ill.begun
LATSUB_RUN_UNDER=$tmp/e/ail "$latsub" experiment ends.ini -o runs/ends >out 2>&1 || cat out
log_says() { grep -q "$2" runs/ends/logs/"$1"*; }
ok "ends: the journal is gone at an end" until_true 60 log_says late 'cannot be written'
ok "ends: an output cannot be looked at" until_true 60 test -e ill.output
# longer than the patience of before, 15 s; whether it was long enough is asked below
no_end() { ! grep -q '"completed".*"\(late\|output\)"' runs/ends/.latsub/journal/*.jsonl; }
ok "ends: neither is taken for completed meanwhile" stays_true 25 no_end
rm -f ill.late ill.output
ok "ends: who cannot begin goes back" until_true 60 log_says begun 'goes back into'
rm -f ill.begun
ok "ends: at the time limit the requeue comes before Slurm's KILL" \
	until_true 120 log_says limit 'goes back into the queue: time limit'
rm -f ill.limit
ok "ends: the run ends" until_true 90 queue_is_empty
is "ends: all are completed" \
	"$(for p in other late output limit begun last; do word runs/ends $p; done | uniq -c | tr -s ' ')" " 6 completed"
is "ends: each ran once" "$(sort runs/ends/ran | tr '\n' ' ')" "begun last late other output "
is "ends: an end is written once, whoever else is sick" \
	"$(grep -h '"completed".*"other"' runs/ends/.latsub/journal/*.jsonl | wc -l)" 1
is "ends: what never began is no lost node" \
	"$(cat runs/ends/.latsub/journal/*.jsonl | grep -c 'node_fail.*"begun"\|"begun".*node_fail')" 0
ok "ends: the audit agrees" "$latsub" audit runs/ends

# ---- the whole server is away: one patience, not one for each look ----
began=$SECONDS
env SLURM_JOB_ID=1 LATSUB_STATE="$tmp/e/runs/ends/.experiment_state" LATSUB_PHASE=late \
	LATSUB_MAX_REQUEUES=0 LATSUB_PATIENCE=6 INJECT_HOW=DEAD INJECT_AT=1 \
	INJECT_DIR="$tmp/e" LD_PRELOAD="$inject" "$latsub" run >out 2>&1
took=$((SECONDS - began))
like "away: it gives up" "$(<out)" 'late is not started on'
ok "away: after its patience ($took s)" test $took -ge 4 -a $took -le 10

# ---- a parent that has failed on record need not be waited for as long ----
cat >failed.ini <<INI
[experiment]
name = failed
[phase parent]
command = exit 1
[phase child]
after = parent
command = echo ran
INI
"$latsub" experiment failed.ini -o runs/failed --wait >out 2>&1
job=$(sed -n 's/.*"submitted".*"child".*"job":\([0-9]*\).*/\1/p' runs/failed/.latsub/journal/*.jsonl)
began=$SECONDS
env SLURM_JOB_ID="$job" LATSUB_STATE="$tmp/e/runs/failed/.experiment_state" LATSUB_PHASE=child \
	LATSUB_GENERATION=1 "$latsub" run >out 2>&1
took=$((SECONDS - began))
like "a failed parent: the child does not run" "$(<out)" 'its parent parent is not completed'
ok "a failed parent: it is waited for, though not for long ($took s)" test $took -ge 3 -a $took -le 12
finish
