#!/bin/bash
# parameters.t - a run keeps its variables: a resume from another shell, with other
# values, with an edited file, with less in its arrays; what is said, what is on
# record, and what the tasks really had.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 8
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
unset LR SEEDS BATCH_SIZE A B C

cat >lr.ini <<'E'
[experiment]
name = lr
[env]
LR = 0.1
BATCH_SIZE = 8
[phase train]
array.SEED = ${SEEDS}
command = echo "$SEED $LR $BATCH_SIZE" >> $LATSUB_RUN_DIR/ran
    [ ! -e $LATSUB_RUN_DIR/../../fail.$SEED ]
[phase eval]
after = train
command = echo "eval $LR $BATCH_SIZE" >> $LATSUB_RUN_DIR/ran
E
is_ended() { "$latsub" status "$1" >/dev/null 2>&1; [ $? -ne 3 ]; }
ends() { ok "$1 ends" until_true 60 is_ended "runs/$1"; }
ran() { sort "runs/$1/ran" 2>/dev/null; }
run() { timeout 60 "$latsub" "$@" >out 2>err; }
wide() { "$latsub" status -o wide "runs/$1" | sed -n '/^Variables:/,$p'; }

# ---- from another shell ----
touch fail.2 fail.4
LR=0.5 SEEDS="1 2 3 4 5" run experiment lr.ini -o runs/a
is "submitted" $? 0
like "a new run says what is from the environment" "$(cat err)" '^latsub: LR = "0.5" is from the environment \(lr.ini has "0.1"\)$'
like "and what only the environment has" "$(cat err)" '^latsub: SEEDS = "1 2 3 4 5" is from the environment$'
ends a
is "each task had the value" "$(ran a)" "$(printf '%s 0.5 8\n' 1 2 3 4 5)"
rm fail.2
run --resume runs/a --dry-run
like "the dry run has the value" "$(cat out)" '^  LR +=  *"0.5"  from the environment'
like "and that of the file" "$(cat out)" '^  BATCH_SIZE = "8"  from the experiment'
like "and what is to be run" "$(cat out)" "^run +train \[2 of 5\]"
run --resume runs/a
is "a resume from a shell that does not have them" $? 0
ends a
is "the failed ones ran again, with the run's value" "$(ran a)" \
	"$(printf '%s 0.5 8\n' 1 2 2 3 4 4 5)"
rm fail.4
SEEDS="1 2 3" LR=0.7 run --resume runs/a --keep-env
is "--keep-env" $? 0
like "says what does not count" "$(cat err)" '^latsub: LR = "0.7" of the environment does not count \(--keep-env\)$'
ends a
is "all ran with the run's value" "$(ran a)" \
	"$(printf '%s 0.5 8\n' 1 2 2 3 4 4 4 5; echo eval 0.5 8)"
like "the file for people has it" "$(cat runs/a/.latsub/environment)" "^LR=0.5 # from the caller's environment"

# ---- with another value: the guide's way ----
touch fail.3
LR=0.5 SEEDS="1 2 3" run experiment lr.ini -o runs/b
ends b
rm fail.3
for dry in --dry-run ""; do
	BATCH_SIZE=4 run --resume runs/b $dry
	like "a ${dry:-resume} names both values" "$(cat err)" \
		'^latsub: BATCH_SIZE = "4" from the environment now; this run had "8", from the experiment$'
done
ends b
is "from then on it counts, beside what was kept" "$(ran b)" \
	"$(printf '%s\n' '1 0.5 8' '2 0.5 8' '3 0.5 4' '3 0.5 8' 'eval 0.5 4')"
like "status has the newest" "$(wide b)" '^  BATCH_SIZE = "4"  from the environment'
like "and which tasks had others" "$(wide b)" '^train \(2 of 3 tasks, generation 1\) had:'
like "namely" "$(wide b | tail -1)" '^  BATCH_SIZE = "8"  from the experiment'
like "json has it" "$("$latsub" status --json runs/b | tr -d ' \n')" \
	'"BATCH_SIZE":\{"value":"4","from":"environment"\}'
set_word runs/b eval pending
run --resume runs/b
ends b
is "and it stays, in a shell without it" "$(grep eval runs/b/ran)" \
	"$(printf 'eval 0.5 4\neval 0.5 4\n')"
rm runs/b/.experiment_state
like "the journal alone has it all" "$(wide b)" '^  BATCH_SIZE = "4"  from the environment'
like "with what the older tasks had" "$(wide b)" '^train \(2 of 3 tasks, generation 1\) had:'

# ---- --set, against an environment that has it, too ----
touch fail.1
LR=0.5 SEEDS=1 run experiment lr.ini -o runs/c --set LR=0.3
ends c
LR=0.5 run --resume runs/c
ends c
is "what the environment had then is no news" "$(ran c)" "$(printf '1 0.3 8\n1 0.3 8\n')"
like "status knows where it is from" "$(wide c)" '^  LR .*"0.3"  from --set'
LR=0.6 run --resume runs/c
ends c
is "another value is" "$(tail -1 runs/c/ran)" "1 0.6 8"
run --resume runs/c --set LR=0.9
ends c
is "and --set beats it" "$(tail -1 runs/c/ran)" "1 0.9 8"

# ---- an edited file ----
LR=0.5 SEEDS=1 run experiment lr.ini -o runs/d
ends d
sed -e 's/^LR = .*/LR = 0.2/' -e 's/^BATCH_SIZE = .*/BATCH_SIZE = 16/' lr.ini >new.ini
run --resume runs/d --config new.ini
like "what was given is kept, and that is said" "$(cat err)" '^latsub: LR = "0.5" is kept: this run had it from the environment \(new.ini has "0.2"; --set takes another value\)$'
like "what is the file's changes with it" "$(cat err)" '^latsub: BATCH_SIZE = "16" from the experiment now; this run had "8"'
ends d
is "so it ran" "$(ran d)" "$(printf '1 0.5 16\n1 0.5 8\n')"
rm fail.1

# ---- less in an array, a phase that is gone ----
touch fail.2 fail.4
SEEDS="1 2 3 4 5" run experiment lr.ini -o runs/f
ends f
for dry in --dry-run ""; do
	SEEDS="1 2 3" run --resume runs/f $dry
	is "fewer values are refused by ${dry:-a resume}" $? 2
	like "and said" "$(cat err)" '^latsub: train: 2 of 5 tasks are not in the experiment any more: SEED=4 \(failed\), SEED=5 \(completed\)$'
	like "with what to do" "$(cat err)" '--keep-env .*--drop'
done
is "nothing ran" "$(ran f)" "$(printf '%s 0.1 8\n' 1 2 3 4 5)"
rm fail.2 fail.4
run --resume runs/f --dry-run
like "the refusal has changed nothing" "$(cat out)" '^  SEEDS .*"1 2 3 4 5"'
SEEDS="1 2 3" run --resume runs/f --drop
is "--drop goes on" $? 0
ends f
is "with what is there" "$(ran f)" "$(printf '%s 0.1 8\n' 1 2 2 3 4 5; echo eval 0.1 8)"
ok "and is completed" "$latsub" status runs/f

# values that change twice, with nothing submitted between
SEEDS="1 2 3" run experiment lr.ini -o runs/h
ends h
SEEDS="1 2" run --resume runs/h --drop
is "less, and nothing is left to do" "$?" 0
SEEDS="4 1 2" run --resume runs/h
ends h
is "a new value runs with its own" "$(ran h)" \
	"$(printf '%s 0.1 8\n' 1 2 3 4; printf 'eval 0.1 8\n')"
SEEDS="5 6" run --resume runs/h --drop
ends h
is "and all of them" "$(ran h)" "$(printf '%s 0.1 8\n' 1 2 3 4 5 6; printf 'eval 0.1 8\n')"

touch fail.1
SEEDS=1 run experiment lr.ini -o runs/g
ends g
sed '/^\[phase eval\]/,$d' lr.ini >short.ini
run --resume runs/g --config short.ini
is "a phase that is gone is refused" $? 2
like "and said" "$(cat err)" '^latsub: phase eval \(pending\) is not in the experiment any more$'
rm fail.1
run --resume runs/g --config short.ini --drop
ok "--drop goes on, and completes" until_true 60 "$latsub" status runs/g
like "status says so" "$("$latsub" status runs/g)" '^ *eval +excluded'
is "once is enough" "$(run --resume runs/g; echo $?)" 0
run --resume runs/g --config lr.ini
ok "back in the experiment it runs" until_true 60 grep -q '^eval' runs/g/ran
ok "and the run completes" until_true 60 "$latsub" status runs/g

# ---- what was not submitted changes nothing ----
cat >two.ini <<'E'
[experiment]
name = two
[env]
LR = 0
[phase a]
array.I = 1 2
max_parallel = 1
command = [ -e $LATSUB_RUN_DIR/../../go.$I ] || sleep 3; echo "a $I $LR" >> $LATSUB_RUN_DIR/ran
    [ ! -e $LATSUB_RUN_DIR/../../fail.a.$I ]
[phase dbg]
command = echo "dbg $LR" >> $LATSUB_RUN_DIR/ran
E
touch fail.a.2 go.1 go.2
LR=0.5 run experiment two.ini -o runs/w
ends w
LR=0.1 run --resume runs/w --set a.partition=nosuch
is "a resume that is refused" $? 4
like "leaves the values as they were" "$(wide w)" '^  LR = "0.5"'
set_word runs/w dbg pending
LR=0.1 run --resume runs/w --phase dbg
ok "one phase runs with another value" until_true 60 grep -q 'dbg 0.1' runs/w/ran
ok "it ends" until_true 60 queue_is_empty
rm fail.a.2
run --resume runs/w --dry-run
like "another one says that it had the one before" "$(cat err)" '^latsub: a: LR was "0.5" when it was submitted last, and is "0.1" now$'
run --resume runs/w
like "so it is said by a resume" "$(cat err)" '^latsub: a: LR was "0.5" when it was submitted last, and is "0.1" now$'
ends w
# while its jobs wait or run
rm go.1 go.2
LR=0.5 run experiment two.ini -o runs/x
sed 's/echo "a $I/echo "edited $I/' two.ini >edited.ini
LR=0.1 run --resume runs/x --config edited.ini
is "a resume with an edited file, with nothing to submit" $? 0
ends x
is "jobs run what they were submitted with" "$(ran x)" "$(printf '%s 0.5\n' 'a 1' 'a 2' dbg)"
like "and the run has it" "$(wide x)" '^  LR = "0.5"'

# ---- what the file does not name any more ----
touch fail.1
SEEDS=1 run experiment lr.ini -o runs/k --set EPOCHS=5
ends k
sed '/^BATCH_SIZE/d' lr.ini >less.ini
run --resume runs/k --config less.ini
like "what the file gave goes with it, and that is said" "$(cat err)" '^latsub: BATCH_SIZE is not in the experiment any more; this run had "8", from the experiment$'
ends k
like "what was given to the run stays" "$(wide k)" '^  EPOCHS .*"5"  from --set'
run --resume runs/k --set 'eval.command=echo set >> $LATSUB_RUN_DIR/ran'
ends k
rm fail.1
run --resume runs/k --config lr.ini
like "so does a key, and that is said" "$(cat err)" '^latsub: eval.command=echo set .* is kept, as this run had it from --set$'
ends k
is "and counts" "$(tail -1 runs/k/ran)" set

# ---- values that are hard to keep ----
cat >hard.ini <<'E'
[experiment]
name = hard
[env]
A = x
B = x
C = x
[phase p]
command = printf '%s|%s|%s' "$A" "$B" "$C" > $LATSUB_RUN_DIR/got.$LATSUB_GENERATION
    [ $LATSUB_GENERATION -gt 1 ]
E
hard=$'two\nlines = ; "q" \'s\' $HOME %s #'
A=$hard B=$(printf '\xff\xfe bytes') C=$(head -c 4000 /dev/zero | tr '\0' c) \
	run experiment hard.ini -o runs/hard
ends hard
run --resume runs/hard
ok "it completes" until_true 60 "$latsub" status runs/hard
is "any bytes survive" "$(cksum <runs/hard/got.2)" "$(cksum <runs/hard/got.1)"
is "and they are what was given" "$(head -c ${#hard} runs/hard/got.2)" "$hard"
rm runs/hard/.experiment_state
like "the journal has them" "$(wide hard)" '^  A = "two.*lines = ; '

# ---- a run of before variables were kept ----
touch fail.1
LR=0.5 SEEDS=1 run experiment lr.ini -o runs/old
ends old
sed -i '/^variables/d; /^revision=/d' runs/old/.experiment_state
run --resume runs/old
ends old
is "its file of variables counts" "$(ran old)" "$(printf '1 0.5 8\n1 0.5 8\n')"
# ---- what had no room in the queue keeps the values of its generation ----
start_sandbox --nodes 2 --cpus 8 --conf-extra MaxJobCount=6 --conf-extra MinJobAge=2
cat >rest.ini <<'E'
[experiment]
name = rest
[env]
V = 0
[phase many]
array.I = 1 2 3 4 5 6 7 8 9
command = sleep 3; echo "$I $LATSUB_GENERATION $V" >> $LATSUB_RUN_DIR/ran
E
V=1 run experiment rest.ini -o runs/rest
like "some have no room" "$(cat out)" 'no room for [0-9]+ more tasks'
V=2 run --resume runs/rest
is "it goes on with another value" $? 0
like "which is said, with what it means for the others" "$(cat err)" \
	'^latsub: V = "2" from the environment now; this run had "1", from the environment; jobs that are in Slurm keep that$'
ok "it completes" until_true 120 "$latsub" status runs/rest
is "each ran once" "$(ran rest | cut -d' ' -f1)" "$(seq 9)"
is "with the values of its submission" "$(cut -d' ' -f2- runs/rest/ran | sort -u)" \
	"$(printf '1 1\n2 2\n')"
finish
