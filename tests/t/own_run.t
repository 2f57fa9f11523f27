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
clean_up() {
	scancel -u "$(id -u)" 2>/dev/null
	until_true 30 queue_is_empty
	rm -rf "$@"
}
# A run's name has the second in which it began.
another_second() { local now=$SECONDS; until [ $SECONDS -gt $((now + 1)) ]; do sleep 0.1; done; }
jobs_of() { squeue -h -o "%j %k" | grep -c "training.*$(sed -n 's/^run_id=//p' "$1/.experiment_state")"; }
# shellcheck disable=SC2120 # options, where there are some
submit() { timeout 60 "$latsub" experiment "$@" >out 2>&1 || cat out; }

# ---- the newest own run is never passed over for an older one ----
submit && old=$(newest_run runs)
another_second
submit && new=$(newest_run runs)
both() { echo "$(jobs_of "$old") $(jobs_of "$new")"; }
is "two runs are in Slurm" "$(both)" "1 1"
chmod 770 "$new"
for words in "cancel" "reset training" "skip training" "experiment --resume"; do
	ok "the newest is for others to write: $words says so" says 2 "$new: others may write" "$latsub" $words
done
is "and nothing befell the older one" "$(both) $(grep -c '"e":"edited"' "$old"/.latsub/journal/*)" "1 1 0"
chmod 700 "$new"
mv "$new/logs" away && ln -s "$tmp/p/away" "$new/logs"
ok "the newest leads out of itself: cancel says so" says 2 "$new/logs: a symbolic link out of the run" "$latsub" cancel
sed -i "s|^experiment=.*|experiment=$tmp/gone/experiment.ini|" "$new/.experiment_state" && chmod 770 "$new" && rm "$new/logs" && mkdir "$new/logs"
ok "its project has moved, and it is for others to write, too: cancel says so" says 2 "$new: others may write" "$latsub" cancel
chmod 700 "$new" && rmdir "$new/logs" && ln -s "$tmp/p/away" "$new/logs"
ok "and status" says 2 "$new/logs: a symbolic link out of the run" "$latsub" status
rm "$new/logs" && mv away "$new/logs"
mv "$new/.experiment_state" state && mkdir "$new/.experiment_state"
ok "the newest has something else for a state file: cancel says so" says 2 "$new/.experiment_state" "$latsub" cancel
rmdir "$new/.experiment_state" && mv state "$new/.experiment_state"
ok "a file beside the runs, and a directory that is none, are no runs" \
	says 3 "^$tmp/p/$new$" sh -c "touch runs/e_29990101_000000; mkdir -p runs/e_29990101_000001/.latsub; exec '$latsub' status"
is "and nothing befell the older one by that" "$(both)" "1 1"
if [ "$(id -u)" = 0 ]; then
	chown -R 65534 "$new"
	ln -s /nowhere "$new/.latsub/link" && rm -rf "$new/logs" && ln -s /nowhere "$new/logs"
	ok "another's that cannot be opened is passed over" says 0 "^two=completed" "$latsub" skip two
	chown -R 0 "$new" && rm "$new/logs" "$new/.latsub/link" && mkdir "$new/logs"
fi
for words in "reset two" "skip two" "experiment --resume" "cancel"; do
	timeout 60 "$latsub" $words >/dev/null 2>err
	is "$words says once which run it took" "$(grep -xc "latsub: this is $tmp/p/$new" err)" 1
done
until_true 20 eval '[ "$(both)" = "1 0" ]' # Slurm takes a moment to end a job
is "cancel has taken that" "$(both)" "1 0"
clean_up runs

# ---- the time in a name that was changed ----
submit && old=$(newest_run runs)
another_second
submit && new=$(newest_run runs)
mv "$old" runs/e_29990101_000000
for words in status "skip two"; do
	timeout 60 "$latsub" $words >out 2>&1
	is "a name in the future makes no old run the newest: $words" "$(grep -c "$tmp/p/$new$" out)" 1
done
mv runs/e_29990101_000000 "$old"
mv "$new" runs/e_20000101_000000
timeout 60 "$latsub" skip two >out 2>&1
like "and one of the past hides none" "$(cat out)" "this is $tmp/p/runs/e_20000101_000000$"
clean_up runs

# ---- one output root of two experiments of one name ----
mkdir a b both
sed "s|^name.*|name = train\noutput_root = $tmp/p/both|" experiment.ini >a/experiment.ini
cp a/experiment.ini b/ && sed -i 's/0.5/0.25/' b/experiment.ini
(cd a && submit) && of_a=$(newest_run both)
another_second
(cd b && submit) && of_b=$(newest_run both)
ok "the one that is here is shown" says 3 "^$tmp/p/$of_a$" env -C a "$latsub" status
ok "and cancelled" says 0 "^latsub: this is $tmp/p/$of_a$" env -C a "$latsub" cancel
none_of() { [ "$(jobs_of "$1")" = 0 ]; }
ok "its job ends" until_true 30 none_of "$of_a"
ok "the other goes on" until_true 30 grep -q training=in_progress "$of_b/.experiment_state"
mv b b2
ok "it is the same where its experiment has moved" says 3 "^$tmp/p/$of_b$" env -C b2 "$latsub" status
mv a/experiment.ini away && mv both both2 && mkdir both && mv "both2/${of_a#both/}" both/
ok "what is gone from elsewhere is not taken for that" says 2 "no run of train is here" env -C b2 "$latsub" cancel
rm -r both && mv both2 both && rm -r b2 && mv away a/experiment.ini
ok "nor is one whose experiment is gone, for that which is here" says 2 "no run of train is here" env -C a "$latsub" cancel
is "it still goes on" "$(jobs_of "$of_b")" 1
mkdir c && cp experiment.ini c/ && (cd c && submit)
of_c=$(newest_run c/runs)
touch "$of_c/go"
ok "one ends" until_true 60 "$latsub" status "$of_c"
cp -a c d && echo "# changed" >>d/experiment.ini
ok "a copy of the project has its copy of the run" says 0 "^$tmp/p/d/${of_c#c/}$" env -C d "$latsub" status
ok "and may go on with it" says 0 "this is $tmp/p/d/${of_c#c/}$" env -C d "$latsub" reset two
mv c f && echo "# changed" >>f/experiment.ini
ok "a project that has moved has its run" says 0 "^$tmp/p/f/${of_c#c/}$" env -C f "$latsub" status
clean_up a b b2 c d f both

# ---- a closed run, and files that an editor made by a umask of 002 ----
mkdir slurm_templates && echo "export FROM=template" >slurm_templates/t.sh
sed -i 's/^after = training/&\ntemplate = t/; s/echo two/echo two $FROM/' experiment.ini
submit && run=$(newest_run runs)
ok "one runs" until_true 30 grep -q training=in_progress "$run/.experiment_state"
chmod 664 "$run"/.latsub/slurm_templates/* "$run"/.latsub/journal/* "$run"/.latsub/e*
chmod 775 "$run/.latsub" "$run"/.latsub/slurm_templates "$run/logs"
chmod -R g+w "$run/.latsub/copies"
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

# ---- what jobs were submitted with is gone for a while ----
submit && run=$(newest_run runs)
ok "one runs" until_true 30 grep -q training=in_progress "$run/.experiment_state"
mv "$run/.latsub/copies" away
touch "$run/go"
misses() { grep -h '"gave_up"' "$run"/.latsub/journal/* | grep '"two"' | grep -q "experiment.ini is not there"; }
ok "a job that starts then leaves a word" until_true 60 misses
mv away "$run/.latsub/copies"
ok "it runs when that is back" until_true 90 "$latsub" status "$run"
is "once" "$(executions "$run/ran" "two template")" 1
clean_up runs

# ---- names of variables ----
submit && run=$(newest_run runs)
touch "$run/go"
ok "one ends" until_true 60 "$latsub" status "$run"
control_free() { # WHAT
	"$latsub" status -o wide "$run" >out 2>&1
	is "$1" "$(grep -c training out | sed 's/^[1-9].*/some/') $(LC_ALL=C tr -d '\n\t\040-\176' <out | wc -c)" "some 0"
}
control_free "a plain run has plain text"
like "and says its variables" "$(cat out)" 'LR += "0.5"'
sed -i 's/{"LR"/{"L\\\\u001b[31mX":["9","file"],"LR"/; s/{\\"LR\\"/{\\"L\\\\u001b[31mX\\":[\\"9\\",\\"file\\"],\\"LR\\"/' "$run/.experiment_state"
like "(the state has such a name)" "$(grep ^variables "$run/.experiment_state")" '31mX'
control_free "a name of a variable brings no control character to the terminal"
is "and what is no name is left out" "$(grep -c 31mX out) $(grep -c 'LR *= "0.5"' out)" "0 1"
sed -i '/^variables/d' "$run/.experiment_state"
printf "NEW=1\nE\033[31mX='9'\n" >"$run/.latsub/environment"
control_free "nor does .latsub/environment"
like "which stands for variables that are not on record" "$(cat out)" 'NEW += "1"'
if [ "$(id -u)" = 0 ]; then
	chown -R 65534 "$run"
	control_free "of another's run neither"
	is "whose .latsub/environment is not read" "$(grep -c NEW out)" 0
fi
clean_up runs

# ---- a SLURM_CONF that later commands would not take ----
chmod o+w "$tmp"
ok "--local: others may write to what leads there, and nothing is submitted" \
	says 2 "$tmp: others may write to it; 'chmod go-w $tmp'" "$latsub" experiment --local
is "and no run is made" "$(ls runs 2>/dev/null) $(squeue -h | wc -l)" " 0"
ok "the environment's is the user's to keep: it is said" says 0 "others may write to it; 'chmod go-w $tmp'.*SLURM_CONF=$own_conf.*keep it set" "$latsub" experiment
chmod o-w "$tmp"
# a user whose group is his alone
private_user() {
	local name uid gid
	while IFS=: read -r name _ uid gid _; do
		[ "$uid" != 0 ] && [ "$(getent group "$gid")" = "$name:x:$gid:" ] && echo "$uid $gid" && return
	done < <(getent passwd)
	return 1
}
if [ "$(id -u)" = 0 ] && read -r uid gid < <(private_user); then
	chmod 711 "$tmp" "$sandbox_dir" "$sandbox_dir/munge" "$sandbox_dir/spool" "$sandbox_dir"/spool/*
	mkdir -p home/p home/local && cp -r experiment.ini slurm_templates home/p/ && cp "$own_conf" home/local/slurm.conf
	chown -R "$uid:$gid" home && chmod 775 home home/local && chmod 664 home/local/slurm.conf
	as_user=(setpriv --reuid="$uid" --regid="$gid" --clear-groups env -C home/p)
	"${as_user[@]}" SLURM_CONF="$tmp/p/home/local/slurm.conf" timeout 60 "$latsub" experiment >out 2>&1
	is "a group of the user alone is no other: nothing is said of it" "$(grep -c 'others may write' out) $(newest_run home/p/runs | grep -c e_2)" "0 1"
	ok "and his run can be cancelled" says 0 "1 job cancelled|2 jobs cancelled" "${as_user[@]}" -u SLURM_CONF "$latsub" cancel
	chgrp 65534 home/local
	ok "a group of others is" says 4 "local: others may write to it; 'chmod go-w" "${as_user[@]}" -u SLURM_CONF "$latsub" cancel
	chgrp "$gid" home/local && chmod 777 home/local
	ok "so is everybody" says 4 "local: others may write to it; 'chmod go-w" "${as_user[@]}" -u SLURM_CONF "$latsub" cancel
else
	echo "# not run here: root, and a user whose group is his alone"
fi
finish
