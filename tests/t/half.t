#!/bin/bash
# half.t - which checkpoint an attempt begins from when the newest may be half of
# one, is bad, or makes its attempts fail; and which ones are removed.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 8
shim clock && clock=$shim
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# start NAME [KEY LINE]... with the command from stdin; then as NAME is called.
start() {
	local name=$1
	shift
	: >"$name.trace"
	{
		echo "[experiment]"
		echo "name = $name"
		echo "[env]"
		echo "TRACE = $tmp/e/$name.trace"
		echo "[phase p]"
		printf '%s\n' "$@"
		echo "command ="
		echo '    mkdir -p "$LATSUB_RUN_DIR/ck" && cd "$LATSUB_RUN_DIR/ck" || exit 9'
		echo '    echo "start ${LATSUB_CHECKPOINT##*/}" >> "$TRACE"'
		sed 's/^/    /'
	} >"$name.ini"
	timeout 60 "$latsub" experiment "$name.ini" -o "runs/$name" >"$name.out" 2>&1 ||
		fail "$name is submitted" "$(cat "$name.out")"
}
resume() { timeout 60 "$latsub" --resume "runs/$1" >>"$1.out" 2>&1; }
seen() { grep -q -- "$2" "$1.trace"; } # NAME REGEX
starts() { grep '^start' "$1.trace" | tr '\n' ','; }
over() { "$latsub" status "runs/$1" >"$1.status" 2>&1; [ $? -lt 2 ]; }
completed() { "$latsub" status "runs/$1" >/dev/null 2>&1; }
job_of() { sed -n '/^\[jobs\]/,/^\[/s/^p=//p' "runs/$1/.experiment_state"; }
warn() { scancel --batch --signal=USR1 "$(job_of "$1")"; }
in_log() { grep -q -- "$2" "runs/$1"/logs/*.log; }
refusals() { cat "runs/$1"/.latsub/journal/*.jsonl | grep -c '"e":"refused"'; }

# ---- killed while it writes its first one: refused now, next time, on a resume,
# ---- until the file is another one
start only "checkpoint = ck/*" "signal = USR1@120" "checkpoint_grace = 1" <<'SH2'
case $(grep -c ^start "$TRACE") in
1)
	trap "" TERM
	trap 'while :; do echo x >> one; sleep 0.1; done' USR1
	echo ready >> "$TRACE"
	while :; do sleep 0.2; done ;;
2) exit 75 ;;
3) exit 1 ;;
4) echo whole >> one; exit 75 ;;
esac
SH2
# ---- a directory that is being filled; Slurm is silent when the command dies
start dir "checkpoint = ck/d*" "signal = USR1@120" "checkpoint_grace = 1" <<'SH2'
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
mkdir d1; echo x > d1/shard1; echo x > d1/shard2
trap "" TERM
trap 'mkdir d2; n=0; while :; do echo x > d2/shard$((n += 1)); sleep 0.1; done' USR1
sleep 2 & wait
echo "$PPID" > "$TRACE.runner"
echo ready >> "$TRACE"
while :; do sleep 0.2; done
SH2
# ---- the file server's clock is ahead, or behind
for off in 3 -3; do
	LATSUB_RUN_UNDER="env LD_PRELOAD=$clock LATSUB_CLOCK_OFF=$off" \
	start "clock$off" "checkpoint = ck/*" "signal = USR1@120" "checkpoint_grace = 1" <<'SH2'
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
echo x > one
trap "" TERM
trap 'while :; do echo x >> two; sleep 0.1; done' USR1
sleep 2.5 & wait
echo ready >> "$TRACE"
while :; do sleep 0.2; done
SH2
done
# ---- one that got its name after it was written is whole, however late
start renamed "checkpoint = ck/*" "signal = USR1@120" "checkpoint_grace = 1" <<'SH2'
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
trap "" TERM
trap 'n=0; while :; do echo x > s.tmp; sleep 0.1; mv s.tmp s$((n += 1)); done' USR1
echo ready >> "$TRACE"
while :; do sleep 0.2; done
SH2
for name in only clock3 clock-3 renamed; do
	ok "$name: it starts" until_true 40 seen $name ready
	warn $name
done
ok "a directory: it starts" until_true 40 seen dir ready
control=$(cat "$sandbox_dir/slurmctld.pid")
kill -STOP "$control"
kill -USR1 "$(cat dir.trace.runner)"
ok "a directory: Slurm is silent when it dies" until_true 20 in_log dir 'KILL to '
requeue_recorded() { grep -q '"e":"requeued"' "runs/$1"/.latsub/journal/*.jsonl; }
ok "a directory: the runner does not wait for Slurm's word for ever" until_true 20 requeue_recorded dir
kill -CONT "$control"

# ---- died without a word: what was written last may be half
start died "checkpoint = ck/*" <<'SH2'
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
echo x > one
sleep 1.5
echo ready >> "$TRACE"
while :; do echo x >> two; sleep 0.1; done
SH2
start lived "checkpoint = ck/*" <<'SH2'
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
echo x > one
sleep 1.5
echo x > two
sleep 2.5
echo "epoch 3 begins"
echo ready >> "$TRACE"
exec sleep 600
SH2
start last "checkpoint = ck/last" <<'SH2'
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
echo ready >> "$TRACE"
while :; do echo x >> last; sleep 0.1; done
SH2
for name in died lived last; do
	[ $name = last ] && newest=last || newest=two
	ok "$name: it starts" until_true 40 seen $name ready
	ok "$name: it has written its newest" until_true 10 test -s runs/$name/ck/$newest
	scancel --batch --signal=KILL "$(job_of $name)"
done
gone() { ! squeue -h -j "$(job_of "$1")" 2>/dev/null | grep -q .; }
for name in died lived last; do
	ok "$name: its job is gone" until_true 30 gone $name
	resume $name
done

for name in clock3 clock-3; do
	ok "$name: it ends" until_true 60 completed $name
	is "$name: the one before was taken" "$(starts $name)" "start ,start one,"
done
ok "renamed: it ends" until_true 60 completed renamed
like "renamed: it is whole" "$(starts renamed)" '^start ,start s[0-9]+,$'
is "renamed: nothing is refused" "$(refusals renamed)" 0
ok "a directory: it ends" until_true 90 completed dir
is "a directory: the one before, that is whole" "$(starts dir)" "start ,start d1,"
ok "died: it ends" until_true 60 completed died
is "died: not what was written until the end" "$(starts died)" "start ,start one,"
ok "died: the log says so" in_log died 'two was the last thing that was written'
ok "lived: it ends" until_true 60 completed lived
is "lived: the log goes on after it, so it is whole" "$(starts lived)" "start ,start two,"
ok "last: it ends" until_true 60 completed last
is "last: where there is no other it is taken" "$(starts last)" "start ,start last,"
failed() { [ "$(word "runs/$1" p)" = failed ]; }
ok "only: it fails in its third attempt" until_true 90 failed only
is "only: the refused one was taken by none" "$(starts only)" "start ,start ,start ,"
is "only: it is on record as refused" "$(refusals only)" 1
resume only
ok "only: it ends" until_true 60 completed only
is "only: nor by a resume; written to, it is another one" "$(starts only)" \
	"start ,start ,start ,start ,start one,"

# ---- checkpoint_verify ----
start verify "checkpoint = ck/*" 'checkpoint_verify = echo "verify ${LATSUB_CHECKPOINT##*/} $PWD $LATSUB_PHASE" >> "$TRACE"; grep -q end "$LATSUB_CHECKPOINT"' <<'SH2'
case $LATSUB_ATTEMPT in
0) echo end > one; sleep 1.1; echo half > two; exit 75 ;;
1) sleep 0.1; echo half > one; exit 75 ;;
esac
SH2
start slow "checkpoint = ck/*" "signal = USR1@10" \
	'checkpoint_verify = trap "" TERM; sleep 98765 & while [ ! -e "$TRACE.go" ]; do sleep 0.2; done; kill %1; echo verified >> "$TRACE"' <<'SH2'
[ -z "$LATSUB_CHECKPOINT" ] || exit 0
trap 'echo x > one; exit 1' USR1
echo ready >> "$TRACE"
while :; do sleep 0.2; done
SH2
# ---- two attempts that fail at once ----
start suspect "checkpoint = ck/*" "retries = 5" <<'SH2'
case $LATSUB_ATTEMPT in
0) echo x > e1; sleep 0.1; echo x > e2; exit 75 ;;
esac
[ "${LATSUB_CHECKPOINT##*/}" = e1 ]
SH2
# ---- checkpoint_keep ----
mkdir away && echo x >away/e0
start keep "checkpoint = ck/e*" "checkpoint_keep = 2" <<'SH2'
case $LATSUB_ATTEMPT in
0)
	ln -s "${TRACE%/*}/away" e0
	for i in 1 2 3 4 5; do mkdir e$i; echo x > e$i/f; ln -s "${TRACE%/*}/away" e$i/out; sleep 0.1; done
	ln -s e2 elink
	"$LATSUB_BIN" progress x; exit 75 ;;
1) echo x > e6; sleep 0.1; exit 75 ;;
esac
SH2
cat >shared.ini <<INI
[experiment]
name = shared
[phase q]
command = mkdir -p "\$LATSUB_RUN_DIR/ck"; echo x > "\$LATSUB_RUN_DIR/ck/e1"
    "\$LATSUB_BIN" checkpoint "\$LATSUB_RUN_DIR/ck/e1"
[phase p]
after = q
array.S = 1 10
checkpoint = ck/e\${S}_*
checkpoint_keep = 1
command = cd "\$LATSUB_RUN_DIR/ck" || exit 9
    [ \$LATSUB_ATTEMPT = 0 ] || exit 0
    [ \$S = 1 ] || { echo x > e10_1; sleep 0.1; echo x > e10_2; exit 0; }
    until [ -e e10_2 ]; do sleep 0.2; done
    for i in 1 2 3; do sleep 0.1; echo x > e1_\$i; done
    exit 75
INI
timeout 60 "$latsub" experiment shared.ini -o runs/shared >shared.out 2>&1
# ---- outputs of an array: each task's own, whatever characters its values have
cat >array.ini <<INI
[experiment]
name = array
[env]
TRACE = $tmp/e/array.trace
[phase p]
array.V = ab a*
outputs = out/\$V
signal = USR1@120
command = mkdir -p "\$LATSUB_RUN_DIR/out"
    echo "start \$V \$LATSUB_ATTEMPT" >> "\$TRACE"
    [ "\$V" = ab ] && { echo x > "\$LATSUB_RUN_DIR/out/ab"; exit 0; }
    [ "\$LATSUB_ATTEMPT" = 0 ] || { echo x > "\$LATSUB_RUN_DIR/out/\$V"; exit 0; }
    trap 'exit 0' USR1
    while :; do sleep 0.2; done
INI
: >array.trace
timeout 60 "$latsub" experiment array.ini -o runs/array >array.out 2>&1 ||
	fail "outputs in an array: it is submitted" "$(cat array.out)"
made() { [ -e runs/array/out/ab ] && seen array 'a\* 0'; }
ok "outputs in an array: both tasks start" until_true 40 made
scancel --batch --signal=USR1 "$(job_of array)_1"

ok "slow: it starts" until_true 40 seen slow ready
warn slow
ok "slow: what cannot be verified in time is left for the next start" \
	until_true 30 in_log slow 'one could not be verified in time'
none_left() { ! ps -e -o args= | grep -q '[s]leep 98765'; }
ok "slow: nothing of it stays behind" until_true 3 none_left
touch slow.trace.go

ok "verify: it ends" until_true 90 completed verify
is "verify: the bad one is passed over" "$(starts verify)" "start ,start one,start ,"
is "verify: both are refused" "$(refusals verify)" 2
is "verify: in the working directory, with the phase's variables" \
	"$(grep -m1 verify verify.trace)" "verify two $tmp/e p"
is "verify: a refused one is not looked at again" "$(grep -c 'verify two' verify.trace)" 1
ok "slow: it ends" until_true 60 completed slow
is "slow: verified before the next start" "$(tr '\n' ',' <slow.trace)" "start ,ready,verified,start one,"
ok "suspect: it ends" until_true 90 completed suspect
is "suspect: after two failures the one before" "$(starts suspect)" "start ,start e2,start e2,start e1,"
ok "suspect: the log says so" in_log suspect 'two attempts that began from .*/ck/e2 failed within a minute'
ok "keep: it ends" until_true 90 completed keep
is "keep: the newest two, links and what they lead to" "$(ls runs/keep/ck | tr '\n' ' ')" "e0 e2 e5 e6 elink "
is "keep: nothing outside is touched" "$(ls away)" e0
ok "shared: it ends" until_true 60 completed shared
is "shared: what another has on record stays" "$(ls runs/shared/ck | tr '\n' ' ')" \
	"e1 e10_2 e1_3 "
ok "outputs in an array: it ends" until_true 60 completed array
is "outputs in an array: another's file makes none completed" "$(sort array.trace | tr '\n' ',')" \
	"start a* 0,start a* 1,start ab 0,"
finish
