#!/bin/bash
# identity.t - whose job is it, where people and sites write over the comments of
# jobs: resume, status, watch and cancel see the run's jobs, and nothing runs twice.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 8 --conf-extra MinJobAge=10
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

cat >e.ini <<'INI'
[experiment]
name = e
[defaults]
cpus-per-task = 1
[phase first]
command = echo first >> "$LATSUB_RUN_DIR/ran"; until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done; "$LATSUB_BIN" progress "half done"
[phase many]
array.I = 1 2 3
command = echo "many $I" >> "$LATSUB_RUN_DIR/ran"; until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
[phase last]
after = first
after_any = many
command = echo last >> "$LATSUB_RUN_DIR/ran"
INI
all="first
last
many 1
many 2
many 3"
ran() { sort "$1/ran" 2>/dev/null; }
four_run() { [ "$(ran "$1" | grep -cv last)" = 4 ]; }
all_done() { "$latsub" status "$1" >/dev/null; }
job_of() { squeue -h -n "$1" -o %F | sort -n | tail -1; }
in_queue() { squeue -h -r | wc -l; }
overwrite() { # all comments, those of an array's elements, too
	scontrol update jobid="$(job_of first)" comment="urgent" &&
		scontrol update jobid="$(job_of many)" comment="a tool was here" &&
		scontrol update jobid="$(job_of many)_2" comment="[of the budget]" &&
		scontrol update jobid="$(job_of last)" comment="later"
}
comments() { squeue -h -r -o %k | grep -c latsub; }

# ---- jobs that run, that wait, of arrays: status, resume, end ----
ok "an experiment is submitted" "$latsub" experiment e.ini -o runs/a
ok "four of its tasks run" until_true 30 four_run runs/a
ok "all comments are overwritten" overwrite
is "none of them is left" "$(comments)" 0
"$latsub" status runs/a >"$tmp/out" 2>&1
is "status: unfinished" $? 3
is "status sees what runs and what waits" \
	"$(grep -E '^(first|many|last) ' "$tmp/out" | grep -Ec ' (running|queued)')" 3
jobs=$(squeue -h -r -o %A | sort)
ok "a resume succeeds" "$latsub" --resume runs/a
is "it submits nothing" "$(squeue -h -r -o %A | sort)" "$jobs"
touch runs/a/go
ok "the run ends" until_true 60 all_done runs/a
is "every task ran once" "$(ran runs/a)" "$all"

# ---- progress writes a comment with the identity in it again ----
cat >p.ini <<'INI'
[experiment]
name = p
[phase slow]
command = until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done; "$LATSUB_BIN" progress "half done" && touch "$LATSUB_RUN_DIR/told"; until [ -e "$LATSUB_RUN_DIR/end" ]; do sleep 0.1; done
INI
"$latsub" experiment p.ini -o runs/p >/dev/null
is_running() { [ "$(squeue -h -n "$1" -o %T)" = RUNNING ]; }
ok "it runs" until_true 30 is_running slow
scontrol update jobid="$(job_of slow)" comment="a tool was here"
touch runs/p/go
ok "progress works" until_true 20 test -e runs/p/told
like "and writes the identity again" "$(squeue -h -n slow -o %k)" '^half done \[latsub .* slow 1\]$'
touch runs/p/end
ok "it ends" until_true 30 all_done runs/p

# ---- cancel ----
"$latsub" experiment e.ini -o runs/c >/dev/null
ok "four tasks of another run run" until_true 30 four_run runs/c
ok "all comments are overwritten" overwrite
like "cancel cancels all of it" "$("$latsub" cancel runs/c)" '^3 jobs cancelled'
ok "nothing is left in the queue" until_true 30 queue_is_empty

# ---- two jobs for one task: the second steps back, which is COMPLETED to Slurm ----
cat >t.ini <<'INI'
[experiment]
name = t
[phase only]
command = echo only >> "$LATSUB_RUN_DIR/ran"; echo $PPID > "$LATSUB_RUN_DIR/runner"; until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
[phase next]
after = only
command = echo next >> "$LATSUB_RUN_DIR/ran"
INI
printf '#!/bin/bash\nexec "$LATSUB_BIN" run\n' >twin.sh
is_gone() { ! scontrol show job "$1" >/dev/null 2>&1; }
state_of() { scontrol -o show job "$1" | sed -n 's/.* JobState=\([A-Z]*\) .*/\1/p'; }
has_state() { [ "$(state_of "$1")" = "$2" ]; }
"$latsub" experiment t.ini -o runs/t >/dev/null
ok "it runs" until_true 30 test -s runs/t/runner
job=$(job_of only)
identity=$(squeue -h -j "$job" -o %k)
kill -KILL "$(cat runs/t/runner)"
ok "its runner is killed, and Slurm forgets the job" until_true 100 is_gone "$job"
twin=$(LATSUB_BIN=$(realpath "$latsub") LATSUB_STATE=$PWD/runs/t/.experiment_state LATSUB_PHASE=only \
	LATSUB_GENERATION=1 LATSUB_TASK_BASE=0 LATSUB_ATTEMPT_BASE=0 LATSUB_KILL_WAIT=5 \
	sbatch --parsable -J only --comment "$identity" -o "$tmp/twin.log" twin.sh "$identity")
ok "another job for the same task is COMPLETED" until_true 30 has_state "$twin" COMPLETED
like "since it steps back" "$(cat "$tmp/twin.log")" 'has another job; this one steps back'
touch runs/t/go
"$latsub" --resume runs/t >"$tmp/out" 2>&1
is "a resume" $? 0
like "does not take that for the end of the task" "$(cat "$tmp/out")" 'lost: died without a word'
ok "and the run ends" until_true 60 all_done runs/t
is "what ran" "$(ran runs/t | tr '\n' ' ')" "next only only "

# ---- a comment that is too long for Slurm, and a long name ----
name=$(printf 'n%.0s' $(seq 40))
comment() { # LENGTH
	printf '[experiment]\nname = long\n[phase %s]\narray.I = 1 2\ncomment = %s\ncommand = true\n' \
		"$name" "$(head -c "$1" /dev/zero | tr '\0' c)"
}
comment 1000 >long.ini
"$latsub" check long.ini >"$tmp/out" 2>&1
is "a comment of 1000 bytes is refused" $? 2
like "with file and line" "$(cat "$tmp/out")" 'long.ini:5: comment = .* write 900 bytes or fewer'
comment 900 >long.ini
ok "one of 900 is not, with a phase's name of 40" "$latsub" experiment long.ini -o runs/l
ok "it ends" until_true 30 all_done runs/l
"$sandbox" stop --dir "$sandbox_dir" >/dev/null 2>&1

# ---- a site whose job_submit plugin writes all comments ----
lua=$(find / -xdev -name job_submit_lua.so 2>/dev/null | head -1)
if [ -z "$lua" ]; then
	echo "# not run here: a site's job_submit plugin needs job_submit_lua"
	finish
fi
mkdir "$tmp/sb2"
cat >"$tmp/sb2/job_submit.lua" <<'LUA'
function slurm_job_submit(job, partitions, uid)
	job.comment = "site"
	return slurm.SUCCESS
end
function slurm_job_modify(job, record, partitions, uid)
	return slurm.SUCCESS
end
return slurm.SUCCESS
LUA
start_sandbox --nodes 2 --cpus 8 --conf-extra JobSubmitPlugins=lua
"$latsub" experiment e.ini -o runs/site >"$tmp/out" 2>&1
is "an experiment is submitted" $? 0
like "latsub says that its comment was written over, once" \
	"$(grep -c "comment" "$tmp/out") $(grep comment "$tmp/out")" \
	"^1 latsub: .*comment.*'site'"
ok "four of its tasks run" until_true 30 four_run runs/site
ok "a resume succeeds" "$latsub" --resume runs/site
is "all of it is in the queue once" "$(in_queue)" 5
touch runs/site/go
ok "the run ends" until_true 60 all_done runs/site
is "every task ran once" "$(ran runs/site)" "$all"

# killed at each of the fault points of a submission, ids that reached no journal
sed 's/until.*//' e.ini >quick.ini
bad=
for n in $(seq 1 16); do
	LATSUB_FAULT_AT=$n "$latsub" experiment quick.ini -o "runs/k$n" >/dev/null 2>&1
	[ -d "runs/k$n" ] || continue
	"$latsub" --resume "runs/k$n" >"$tmp/out" 2>&1 && continue
	if grep -q "cut off before anything of it was recorded" "$tmp/out"; then
		rm -r "runs/k$n"
	else
		bad+="$n: $(tail -1 "$tmp/out")
"
	fi
done
is "killed at each point of it, then resumed" "$bad" ""
bad=
for run in runs/k*; do
	until_true 60 all_done "$run" || bad+="$run has not ended
"
	[ "$(ran "$run")" = "$all" ] || bad+="$run: $(ran "$run" | tr '\n' ' ')
"
done
is "every task ran once" "$bad" ""
finish
