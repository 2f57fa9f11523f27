#!/bin/bash
# reconcile.t - what a real Slurm made of the jobs while nobody looked on, and the
# words in which a dry run and a resume tell it.
. "$(dirname "$0")/lib.sh"
cat >"$tmp/prolog" <<EOS
#!/bin/sh
test ! -e "$tmp/broken"
EOS
chmod 755 "$tmp" "$tmp/prolog"
start_sandbox --nodes 2 --cpus 8 --conf-extra "Prolog=$tmp/prolog" \
	--conf-extra MinJobAge=2
mkdir "$tmp/e" "$tmp/bin" && cd "$tmp/e" || exit 1

cat >e.ini <<'INI'
[experiment]
name = e
[env]
SECONDS_LONG = 300
[phase training]
command = echo $PPID > "$LATSUB_RUN_DIR/runner"
    echo training >> "$LATSUB_RUN_DIR/ran"; sleep $SECONDS_LONG
[phase evaluation]
after = training
array.I = 1 2 3
command = echo "evaluation $I" >> "$LATSUB_RUN_DIR/ran"
[phase aggregation]
after_any = evaluation
command = echo aggregation >> "$LATSUB_RUN_DIR/ran"
INI
start() { # NAME
	run=runs/$1
	timeout 60 "$latsub" experiment e.ini -o "$run" >"$tmp/out" 2>&1 ||
		fail "$1 is submitted" "$(cat "$tmp/out")"
	job=$(job_of training)
}
job_of() { sed -n "/^\[jobs\]/,/^\[/s/^$1=//p" "$run/.experiment_state"; }
dry_run() { timeout 60 "$latsub" --resume "$run" --dry-run 2>&1; }
resume() { SECONDS_LONG=0 timeout 100 "$latsub" --resume "$run" 2>&1; }
record() { scontrol -o show job "$1" 2>/dev/null; }
started() { grep -qx training "$run/ran"; }
done_well() { "$latsub" status "$run" >/dev/null; }
end_well() { # NAME, the line of ran for each execution
	ok "$1: resumed, it ends" until_true 90 done_well
	is "$1: what ran" "$(sort "$run/ran" | uniq -c | awk '{print $1 $2 $3}' | tr '\n' ' ')" "$2"
}
# A row of the plan, its further lines joined.
row() { # PHASE, of stdin
	awk -v phase="$1" '/^[a-z]/ { on = $2 == phase } on { $1 = $1; printf "%s ", $0 }'
}
wide() { awk 'length > 80' <<<"$1"; }

# ---- held by Slurm ----
touch "$tmp/broken"
start held
held_by_slurm() { squeue -h -j "$job" -o %r | grep -q 'launch failed requeued held'; }
ok "a launch fails, and Slurm holds the job" until_true 30 held_by_slurm
rm "$tmp/broken"
for node in n1 n2; do scontrol update NodeName=$node State=RESUME 2>/dev/null; done
plan=$(dry_run)
like "the dry run says so, and the way out" "$(row training <<<"$plan")" \
	"^adopt training job $job is held: launch failed requeued held; 'scontrol release $job' when it may run"
like "what waits for it, too" "$(row evaluation <<<"$plan")" \
	'^adopt evaluation \[3 of 3\] job [0-9]+ waits: Dependency'
is "in 80 columns" "$(wide "$plan")" ""
like "a resume tells it" "$(resume)" "job $job .training. is held .launch failed requeued held.; 'scontrol release $job'"
is "and leaves it held" "$(squeue -h -j "$job" -o %r)" "launch failed requeued held"
scancel "$job"
gone() { ! squeue -h -j "$1" 2>/dev/null | grep -q .; }
ok "the job is cancelled" until_true 30 gone "$job"
like "cancelled before the next attempt" "$(row training <<<"$(dry_run)")" \
	'^run training cancelled before the next attempt'
is "a dry run wrote nothing" "$(grep -c '"e":"cancelled"' "$run"/.latsub/journal/*)" 0
resume >/dev/null
end_well "held by Slurm" "1aggregation 1evaluation1 1evaluation2 1evaluation3 1training "

# ---- its runner is killed, and its children are cancelled by a person ----
start killed
ok "it starts" until_true 30 started
scancel "$(job_of evaluation)" "$(job_of aggregation)"
kill -9 "$(cat "$run/runner")"
ok "it is gone" until_true 60 gone "$job"
plan=$(dry_run)
like "killed, by which signal" "$(row training <<<"$plan")" '^run training lost: killed by signal 9'
like "its children were cancelled" "$(row evaluation <<<"$plan")" \
	'^run evaluation \[3 of 3\] 3 cancelled before the start <- after training'
out=$(resume)
like "a resume says the same" "$out" 'Re-attempting training .lost: killed by signal 9.'
end_well "killed" "1aggregation 1evaluation1 1evaluation2 1evaluation3 2training "

# ---- slurmctld has purged it: sacct may add words ----
start purged
ok "it starts" until_true 30 started
kill -9 "$(cat "$run/runner")"
purged() { ! record "$job" | grep -q .; }
ok "slurmctld forgets it" until_true 120 purged
export PATH="$tmp/bin:$PATH"
sacct() { printf '#!/bin/sh\n%s\n' "$1" >"$tmp/bin/sacct"; chmod +x "$tmp/bin/sacct"; }
sacct "echo 'sacct: Slurm accounting storage is disabled' >&2; exit 1"
like "without accounting" "$(row training <<<"$(dry_run)")" '^run training lost: died without a word'
sacct "echo \"\$*\" >'$tmp/asked'; echo '$job|OUT_OF_MEMORY|0:125'; echo '$job.batch|OUT_OF_MEMORY|0:125'"
like "with accounting" "$(row training <<<"$(dry_run)")" '^run training lost: out of memory, says accounting'
like "it was asked for the jobs that are gone" "$(cat "$tmp/asked")" "^-n -P -j [0-9,]*$job.* -o JobID,State,ExitCode$"
resume >/dev/null
# aggregation ran when there was nothing left to wait for, and is stale
end_well "purged" "2aggregation 1evaluation1 1evaluation2 1evaluation3 2training "
rm "$tmp/bin/sacct"

# ---- a child that misses its parent, and is cancelled while it waits for it ----
SECONDS_LONG=3 start misses
ok "it starts" until_true 30 started
"$latsub" reset training "$run" >/dev/null
# Slurm calls a job running before there is a log: the runners must be there, and have
# TERM blocked (bit 14).
runners() {
	local file
	for file in $(grep -lszx "LATSUB_STATE=$PWD/$run/.experiment_state" /proc/[0-9]*/environ); do
		grep -qszx LATSUB_PHASE=evaluation "$file" &&
			sed -n 's/^SigBlk:\t.*\(.\)...$/\1/p' "${file%environ}status" 2>/dev/null
	done | grep -c '[4-7c-f]'
}
waiting() { [ "$(runners)" = 3 ]; }
ok "the children look for it" until_true 30 waiting
scancel -n evaluation
ok "cancelled, they do not wait on" until_true 10 queue_is_empty
is "their logs say why" "$(grep -l 'its parent training is not completed' "$run"/logs/evaluation* | wc -l)" 3
resume >/dev/null
# aggregation ran when there was nothing left to wait for, and is stale
end_well "misses" "2aggregation 1evaluation1 1evaluation2 1evaluation3 2training "

# ---- Slurm is set up anew: its numbers begin again, and come to others ----
start anew
ok "it starts" until_true 30 started
"$sandbox" stop --dir "$sandbox_dir" >/dev/null
"$sandbox" start --dir "$sandbox_dir" --nodes 2 --cpus 8 --clean >/dev/null 2>&1
plan=$(dry_run)
like "a Slurm that was set up anew is told" "$(row training <<<"$plan")" \
	'^run training (lost|cancelled): this Slurm does not know the job'
is "in 80 columns" "$(wide "$plan")" ""
# somebody's job takes the number
until [ "$(sbatch --parsable -H -o /dev/null --wrap true)" -ge $((job + 3)) ]; do :; done
like "and a number that is another's" "$(row training <<<"$(dry_run)")" \
	"^run training (lost|cancelled): gone, and its number is another job's now"
ok "a resume" resume
is "the other's jobs are left alone" "$(squeue -h -n wrap | wc -l)" $((job + 3))
end_well "anew" "1aggregation 1evaluation1 1evaluation2 1evaluation3 2training "
finish
