#!/bin/bash
# place.t - runs that were moved or copied, alone or with their project; runs that
# somebody else may write to, and symbolic links that lead out of a run.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 1 --cpus 4
# a project: the command's working directory, and the run in it
mkdir "$tmp/p" && cd "$tmp/p" || exit 1
mkdir bin
cat >bin/step <<'SH'
#!/bin/bash
# step NAME: says where it ran and from which checkpoint; waits while told to
echo "$1 $LATSUB_RUN_ID ${LATSUB_CHECKPOINT#"$LATSUB_RUN_DIR"/}" >>"$LATSUB_RUN_DIR/ran"
until [ ! -e "wait.${LATSUB_RUN_DIR##*/}" ]; do sleep 0.1; done
SH
chmod +x bin/step
cat >e.ini <<'INI'
[experiment]
name = e
checkpoint_phase = training
[phase training]
checkpoint = out/epoch*.pt
command = bin/step training && mkdir -p "$LATSUB_RUN_DIR/out" &&
    echo 1 > "$LATSUB_RUN_DIR/out/epoch1.pt"
[phase cells]
after = training
array.I = 1 2
command = bin/step "cells$I"
    if [ ! -e "$LATSUB_RUN_DIR/cell$I" ]; then
        echo "$I" > "$LATSUB_RUN_DIR/cell$I"
        "$LATSUB_BIN" checkpoint "$LATSUB_RUN_DIR/cell$I"
    fi
[phase last]
after = cells
command = bin/step last && test -s "$LATSUB_CHECKPOINT"
INI
run_e() { timeout 100 "$latsub" experiment e.ini -o "$1" --wait >out 2>&1; }
resume() { timeout 100 "$latsub" --resume "$@" --wait >out 2>&1; echo $?; }
ran() { cut -d' ' -f1 "$1/ran" | sort | uniq -c | awk '{ printf "%s%s ", $2, $1 == 1 ? "" : "*" $1 }'; }
once="cells1 cells2 last training "

# ---- in place, under another name ----
run_e runs/a
ln -s runs/a named
is "a run by another name is where it was: nothing is left to do" \
	"$(resume named) $(grep -c 'copy\|this run was' out) $(of runs/a run_dir)" "0 0 $tmp/p/runs/a"

# ---- moved ----
id=$(of runs/a run_id)
mkdir elsewhere && mv runs/a elsewhere/b
"$latsub" reset last elsewhere/b >/dev/null
"$latsub" reset cells elsewhere/b >/dev/null
is "moved: a dry run says so" \
	"$(timeout 60 "$latsub" --resume elsewhere/b --dry-run 2>&1 | grep -c "this run was $tmp/p/runs/a; it goes on as $tmp/p/elsewhere/b")" 1
is "moved: and records nothing" "$(of elsewhere/b base_output_dir)" "runs/a"
is "moved: it goes on" "$(resume elsewhere/b) $(ran elsewhere/b)" "0 cells1*2 cells2*2 last*2 training "
like "moved: it is said" "$(cat out)" "this run was $tmp/p/runs/a; it goes on as $tmp/p/elsewhere/b"
is "moved: the state has the place" \
	"$(of elsewhere/b base_output_dir) $(of elsewhere/b run_dir)" "elsewhere/b $tmp/p/elsewhere/b"
is "moved: it is the same run" "$(of elsewhere/b run_id)" "$id"
is "moved: nothing is made where it was" "$(ls runs)" ""
is "moved: its checkpoint is the one that came along" \
	"$(of elsewhere/b checkpoint_path) $(tail -1 elsewhere/b/ran)" \
	"elsewhere/b/out/epoch1.pt last $id out/epoch1.pt"
is "moved: and so are the tasks' own" "$(grep '^cells' elsewhere/b/ran | tail -2 | sort)" \
	"cells1 $id cell1
cells2 $id cell2"
is "moved: a second resume says nothing of it" "$(resume elsewhere/b) $(grep -c 'this run was' out)" "0 0"
rm elsewhere/b/.experiment_state
is "moved: the journal has the place" "$(resume elsewhere/b) $(of elsewhere/b base_output_dir)" "0 elsewhere/b"

# ---- moved while its jobs are in Slurm ----
touch wait.c
timeout 60 "$latsub" experiment e.ini -o runs/c >/dev/null
ok "training runs" until_true 60 grep -q training runs/c/ran
mv runs/c runs/d
is "with jobs: refused" "$(resume runs/d)" 2
like "with jobs: which one, and the way out" "$(cat out)" \
	"this run was $tmp/p/runs/c when job [0-9]+ .training. was submitted.*latsub cancel $tmp/p/runs/d"
is "with jobs: a dry run foretells it" \
	"$(timeout 60 "$latsub" --resume runs/d --dry-run >out 2>&1; echo $?) $(grep -c 'a resume is refused: this run was' out)" "2 1"
is "with jobs: nothing is recorded" "$(of runs/d base_output_dir)" "runs/c"
mv runs/d runs/c && rm wait.c
ok "with jobs: moved back, it ends as if nothing had been" until_true 60 "$latsub" status runs/c
is "with jobs: each once" "$(ran runs/c)" "$once"
touch wait.f
timeout 60 "$latsub" experiment e.ini -o runs/f >/dev/null
ok "training runs again" until_true 60 grep -q training runs/f/ran
mv runs/f runs/g && rm wait.f
ok "with jobs: it can be cancelled where it is" timeout 60 "$latsub" cancel runs/g
ok "with jobs: the queue is empty" until_true 60 queue_is_empty
is "with jobs: then it goes on" "$(resume runs/g) $(ran runs/g)" "0 cells1 cells2 last training*2 "

# ---- copied while the other runs ----
touch wait.h
timeout 60 "$latsub" experiment e.ini -o runs/h >/dev/null
ok "the first one's training runs" until_true 60 grep -q training runs/h/ran
cp -r runs/h runs/i
like "copied: status shows none of the other's jobs" \
	"$("$latsub" status runs/i)" "^training lost "
timeout 60 "$latsub" cancel runs/i >out 2>&1
is "copied: cancel touches none of them" "$(squeue -h -t R -o %j | wc -l)" 1
is "copied: it goes on by itself" "$(resume runs/i) $(ran runs/i)" "0 cells1 cells2 last training*2 "
like "copied: it is said" "$(cat out)" "$tmp/p/runs/i is a copy of $tmp/p/runs/h"
is "copied: it has an identity of its own" \
	"$([ "$(of runs/i run_id)" != "$(of runs/h run_id)" ] && of runs/i run_dir)" "$tmp/p/runs/i"
is "copied: the first one still runs" "$(squeue -h -t R -o %j | wc -l)" 1
rm wait.h
ok "copied: and ends" until_true 60 "$latsub" status runs/h
is "copied: each once" "$(ran runs/h)" "$once"

# ---- the whole project, moved and copied ----
cp -r "$tmp/p" "$tmp/q" && cd "$tmp/q" || exit 1
printf 'echo q >> "$LATSUB_RUN_DIR/ran"\n' >>bin/step
"$latsub" reset last runs/h >/dev/null
is "a project's copy: the run works in it" "$(resume runs/h) $(tail -1 runs/h/ran) $(of runs/h workdir)" "0 q $tmp/q"
like "a project's copy: it is said" "$(cat out)" "working directory was $tmp/p and is $tmp/q now"
id=$(of runs/h run_id)
mv "$tmp/q" "$tmp/r" && cd "$tmp/r" || exit 1
"$latsub" reset last runs/h >/dev/null
is "a project moved: the run works in it" "$(resume runs/h) $(tail -1 runs/h/ran) $(of runs/h workdir)" "0 q $tmp/r"
is "a project moved: the same run" "$(of runs/h run_id)" "$id"
cp -r "$tmp/r" "$tmp/s" && cd "$tmp/s" || exit 1
"$latsub" reset last runs/h >/dev/null
is "a copy's copy: the run works in it" \
	"$(resume runs/h) $(tail -1 runs/h/ran) $(of runs/h workdir) $(of runs/h experiment)" "0 q $tmp/s $tmp/s/e.ini"

# ---- it is cut off while it takes its new place ----
cd "$tmp/p" || exit 1
sed -e "s/^array.I.*/array.I = $(seq -s ' ' 24)/" -e 's/^name = e/name = many/' e.ini >many.ini
timeout 100 "$latsub" experiment many.ini -o runs/many --wait >out 2>&1
mv runs/many runs/more
"$latsub" reset cells runs/more >/dev/null
size=$(stat -c %s runs/more/.latsub/journal/*)
is "no room for all of its checkpoints: told" \
	"$(trap '' XFSZ; ulimit -f $((size / 1024 + 3)); resume runs/more)" 5
is "with room again: it goes on" "$(resume runs/more)" 0
is "and all of them are found" "$(grep '^cells' runs/more/ran | tail -24 | grep -c ' cell[0-9]*$')" 24

# ---- what is there now cannot be looked at ----
mkdir dir && mv runs/i dir/i && resume dir/i >/dev/null
touch wait.i && "$latsub" reset last dir/i >/dev/null
lines=$(wc -l <dir/i/ran)
timeout 60 "$latsub" --resume dir/i >/dev/null 2>&1
has_begun() { [ "$(wc -l <dir/i/ran)" -gt "$lines" ]; }
ok "one runs" until_true 60 has_begun
last_runs() { [ "$(squeue -h -t R -o %j)" = last ]; }
cp -r dir/i runs/j && mv dir dir.away && ln -s dir dir
is "unsure: refused" "$(resume runs/j)" 5
like "unsure: it is said why" "$(cat out)" "this run was $tmp/p/dir/i, which cannot be looked at"
timeout 60 "$latsub" cancel runs/j >out 2>&1
ok "unsure: the other's job is left alone" last_runs
rm dir && mv dir.away dir && rm wait.i
ok "unsure: the other ends" until_true 60 "$latsub" status dir/i

# ---- of before there was a place on record ----
cp -r dir/i runs/k && sed -i '/^run_dir=/d' runs/k/.experiment_state
is "no place on record: one is recorded" "$(resume runs/k) $(of runs/k run_dir)" "0 $tmp/p/runs/k"

# ---- a checkpoint that was recorded under another name of the run ----
ln -s runs other_name
"$latsub" reset training other_name/k >/dev/null
resume other_name/k >/dev/null
mv runs/k runs/l
"$latsub" reset last runs/l >/dev/null
is "other name: the checkpoint is found" "$(resume runs/l) $(of runs/l checkpoint_path)" "0 runs/l/out/epoch1.pt"
sed -i '/^workdir=/d' runs/l/.experiment_state && mv runs/l runs/m
is "no working directory on record: it goes on in this one" "$(resume runs/m) $(of runs/m workdir)" "0 $tmp/p"

# ---- whose it is ----
cd "$tmp/p" || exit 1
refused() { # TEXT RUN: refused for that, and nothing is submitted
	"$latsub" reset last "$2" >/dev/null 2>&1
	resume "$2" >code
	[ "$(cat code)" = 2 ] && grep -Eq -- "$1" out && queue_is_empty
}
chmod g+w runs/h
ok "a run that the group may write to is refused" refused "runs/h: others may write" runs/h
chmod 755 runs/h # others get in
chmod o+w runs/h/.latsub
ok "or a part of it that decides what is run" refused "runs/h/.latsub: others may write" runs/h
chmod o-w runs/h/.latsub
chmod g+w runs/h/.latsub/experiment.ini
ok "or the experiment" refused "experiment.ini: others may write" runs/h
chmod g-w runs/h/.latsub/experiment.ini
mv runs/h/.latsub/experiment.ini runs/h/x.ini && ln -s ../x.ini runs/h/.latsub/experiment.ini
chmod o+w runs/h/x.ini
ok "or what a link leads to" refused "experiment.ini: others may write" runs/h
rm runs/h/.latsub/experiment.ini && mv runs/h/x.ini runs/h/.latsub/experiment.ini
chmod o-w runs/h/.latsub/experiment.ini && chmod g+w runs/h && ln -s runs/h linked
ok "or the run by another name" refused "linked: others may write" linked
chmod g-w runs/h && rm linked
mkdir "$tmp/out_of_it" trap && ln -s "$tmp/out_of_it" trap/.latsub
is "a link is followed before nothing was made, either" \
	"$(timeout 60 "$latsub" experiment e.ini -o trap >out 2>&1; echo $?) $(ls "$tmp/out_of_it" | wc -l) $(readlink trap/.latsub)" \
	"2 0 $tmp/out_of_it"
if [ "$(id -u)" = 0 ]; then
	chown 65534 runs/h
	ok "a run of another user is refused" refused "runs/h: belongs to user 65534" runs/h
	chown 0 runs/h
fi

# ---- links out of it ----
for part in .latsub .latsub/journal .latsub/experiment.ini .latsub/slurm_templates logs .experiment_state; do
	mv "runs/h/$part" "$tmp/outside" && ln -s "$tmp/outside" "runs/h/$part"
	is "$part that leads out of the run is refused" \
		"$(resume runs/h) $(grep -c "$part: a symbolic link out of the run, to $tmp/outside" out)" "2 1"
	rm "runs/h/$part" && mv "$tmp/outside" "runs/h/$part"
done
mv runs/h/logs runs/h/old_logs && ln -s old_logs runs/h/logs
is "a link that stays inside is followed" "$(resume runs/h)" 0
finish
