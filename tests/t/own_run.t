#!/bin/bash
# own_run.t - the run that a command takes when it is given none, and what keeps a run
# its owner's: modes within a closed one, names of variables, the way to SLURM_CONF.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 1 --cpus 8
own_conf=$SLURM_CONF
mkdir -m 711 "$tmp/p" && cd "$tmp/p" || exit 1
cat >experiment.ini <<'INI'
[experiment]
name = e
[env]
LR = 0.5
[phase training]
command = until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
[phase two]
after = training
command = echo two >> "$LATSUB_RUN_DIR/ran"
INI
# says CODE REGEX COMMAND...: it ends with that, and says that
says() {
	local want=$1 words=$2 code
	shift 2
	timeout 60 "$@" >out 2>&1
	code=$?
	[ $code = "$want" ] && grep -Eq -- "$words" out && return
	echo "exit code $code"
	cat out
	return 1
}
clean_up() {
	scancel -u root 2>/dev/null
	until_true 30 queue_is_empty
	rm -rf "$@"
}
another_second() { local now=$SECONDS; until [ $SECONDS -gt $((now + 1)) ]; do sleep 0.1; done; }
jobs_of() { squeue -h -o "%j %k" | grep -c "training.*$(sed -n 's/^run_id=//p' "$1/.experiment_state")"; }
submit() { timeout 60 "$latsub" experiment "$@" >out 2>&1 || cat out; }

# ---- a closed run, and files that an editor made by a umask of 002 ----
mkdir slurm_templates && echo "export FROM=template" >slurm_templates/t.sh
sed -i 's/^after = training/&\ntemplate = t/; s/echo two/echo two $FROM/' experiment.ini
submit && run=$(newest_run runs)
ok "one runs" until_true 30 grep -q training=in_progress "$run/.experiment_state"
chmod 664 "$run"/.latsub/slurm_templates/* "$run"/.latsub/journal/* "$run"/.latsub/e*
chmod 775 "$run/.latsub" "$run"/.latsub/slurm_templates "$run/logs"
ok "nobody else gets in: what is inside may have any mode" says 0 "^two=completed" "$latsub" skip two
ok "and be set back" says 0 "^two=pending" "$latsub" reset two
ok "the whole run goes on" says 0 "" "$latsub" experiment --resume
for file in slurm_templates/t.sh experiment.ini; do
	ln "$run/.latsub/$file" other
	ok "$file has a name elsewhere, too: others may write" says 2 "${file##*/}: others may write" "$latsub" cancel "$run"
	rm other
done
if [ "$(id -u)" = 0 ]; then
	file=$(echo "$run"/.latsub/journal/*)
	chown 65534 "$file"
	ok "another's is another's all the same" says 2 "${file##*/}: belongs to user 65534" "$latsub" cancel "$run"
	chown 0 "$file"
fi
chmod 755 "$run"
ok "where others get in they may write" says 2 "others may write" "$latsub" cancel "$run"
touch "$run/go"
gave_up() { grep -h '"gave_up"' "$run"/.latsub/journal/* | grep '"two"' | grep -q "others may write"; }
ok "a job that starts then leaves a word" until_true 60 gave_up
ok "and is back in the queue, not dropped" until_true 30 eval "squeue -h -o '%j %T' | grep -q 'two PENDING'"
chmod 700 "$run"
ok "it runs when that is mended" until_true 90 "$latsub" status "$run"
is "once" "$(executions "$run/ran" "two template")" 1
clean_up runs

finish
