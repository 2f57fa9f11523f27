#!/bin/bash
# disk.t - the disk is full, or broken, at the first, second, ... operation of
# experiment, --resume, reset, skip, and of the runners of an array: what was
# there stays, the message says what to do, and a resume ends it, each task once.
# tests/unit/test_disk.c has all kinds of failure, for the store alone.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 16
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
shim inject && inject=$shim

export BROKEN=no # a run keeps its variables: who mends one says so
cat >e.ini <<'INI'
[experiment]
name = e
[env]
BROKEN = no
[phase first]
command = echo first >> "$LATSUB_RUN_DIR/ran"
[phase many]
after = first
array.I = 1 2
command = echo "many $I" >> "$LATSUB_RUN_DIR/ran"; [ "$BROKEN" != "many$I" ]
INI

partitions() {
	local name
	for name in $(sinfo -h -o %R | sort -u); do
		scontrol update partition="$name" state="$1"
	done
}
# failing HOW N COMMAND...: false when it had not as many operations.
failing() {
	rm -f "$tmp/log"
	timeout 60 env INJECT_HOW="$1" INJECT_AT="$2" INJECT_DIR="$tmp/e/runs" \
		INJECT_LOG="$tmp/log" LD_PRELOAD="$inject" "${@:3}" >"$tmp/out" 2>&1
	code=$?
	[ -e "$tmp/log" ]
}
complain() { bad+="$how $n ($(<"$tmp/log")): $1
"; }
# The exit code, the message.
check_words() {
	local words='Input/output error'
	[ "$how" = EIO ] || words='No space left on device'
	case $code in
	0) return ;;
	5) { grep -q "^latsub: .*runs.*: $words" "$tmp/out" &&
		grep -q 'mend that\|nothing is submitted\|the journal has it' "$tmp/out"; } || complain "it says: $(grep latsub: "$tmp/out")" ;;
	*) complain "exit code $code: $(tail -1 "$tmp/out")" ;;
	esac
}
# check_files RUN: nothing half done, nothing gone.
check_files() {
	local left
	[ -e "$1" ] || return
	left=$(find "$1" -name '*.new.*')
	[ -z "$left" ] || grep -q unlink "$tmp/log" || complain "$left is left"
	[ ! -e "$1/.experiment_state" ] || [ -s "$1/.experiment_state" ] ||
		complain "an empty state file"
	cat "$1"/.latsub/journal/*.jsonl >"$tmp/journal" 2>/dev/null
	[ ! -e "$tmp/before" ] ||
		head -c "$(stat -c %s "$tmp/before")" "$tmp/journal" | cmp -s - "$tmp/before" ||
		complain "lines of the journal are gone"
	mv "$tmp/journal" "$tmp/before"
	"$latsub" status "$1" >"$tmp/status" 2>&1
	case $? in 0 | 1 | 3) ;; *) complain "$(tail -1 "$tmp/status")" ;; esac
}
all_done() {
	local run
	for run in "$@"; do "$latsub" status "$run" >/dev/null || return 1; done
}
wrong() { # RUN...: those in which not everything ran once
	local run
	for run in "$@"; do
		[ "$(sort "$run/ran" | tr '\n' ' ')" = "first many 1 many 2 " ] ||
			echo "$run: $(sort "$run/ran" | tr '\n' ' ')"
	done
}

# ---- a run in which one task failed, for later; then nothing starts ----
BROKEN=many2 timeout 60 "$latsub" experiment e.ini -o runs/old --wait >/dev/null 2>&1
is "a run with a failed task" "$(word runs/old many)" failed
partitions down

# ---- a new run ----
bad='' points=0
for how in EIO FULL; do
	n=1
	while failing $how $n "$latsub" experiment e.ini -o "runs/$how$n"; do
		check_words
		rm -f "$tmp/before"
		check_files "runs/$how$n"
		[ $code -ne 0 ] || [ -e "runs/$how$n" ] || complain "and no run"
		! grep -q 'nothing is submitted' "$tmp/out" || [ ! -e "runs/$how$n" ] ||
			complain "the run is left: $(ls -A "runs/$how$n")"
		# one of four: the others are much the same
		[ $how = FULL ] || [ $((n % 4)) -eq 0 ] || rm -rf "runs/$how$n"
		n=$((n + 1))
	done
	points=$((points + n - 1))
done
ok "experiment: there are many operations that can fail ($points)" test $points -gt 100
is "experiment: each failure is told, and nothing is half done" "$bad" ""
scancel --user="$(id -un)"
ok "experiment: the queue is emptied" until_true 60 queue_is_empty
ok "experiment: some runs are left to go on with" test "$(ls runs | wc -l)" -gt 10
is "a failed look never makes a new run in the place of another" "$(
	for n in 1 2 3 4 5; do
		failing EIO $n "$latsub" experiment e.ini -o runs/old
		[ $code = 2 ] || [ $code = 5 ] || echo "$n: $code"
		[ "$(word runs/old many)" = failed ] || echo "$n: it is gone"
	done)" ""

# ---- reset and skip ----
cp -a runs/old runs/edited
rm -f "$tmp/before"
bad='' points=0
for command in reset skip; do
	for how in EIO FULL; do
		n=1
		while failing $how $n "$latsub" $command many runs/edited; do
			check_words
			check_files runs/edited
			case $(word runs/edited many) in failed | pending | completed) ;;
			*) complain "many=$(word runs/edited many)" ;; esac
			n=$((n + 1))
		done
		points=$((points + n - 1))
		[ $code = 0 ] || complain "at last: $(<"$tmp/out")"
	done
	is "$command: done in the end" "$(word runs/edited many)" \
		"$([ $command = reset ] && echo pending || echo completed)"
done
ok "reset, skip: there are operations that can fail ($points)" test $points -gt 50
is "reset, skip: each failure is told, and nothing is half done" "$bad" ""
rm -r runs/edited

# ---- a resume: of the same run, again and again ----
bad='' points=0
rm -f "$tmp/before"
for how in EIO FULL; do
	n=1
	while failing $how $n "$latsub" --resume runs/old; do
		check_words
		check_files runs/old
		n=$((n + 1))
		[ $code -ne 0 ] || timeout 60 "$latsub" cancel runs/old >/dev/null 2>&1
	done
	points=$((points + n - 1))
	timeout 60 "$latsub" cancel runs/old >/dev/null 2>&1
done
ok "resume: there are many operations that can fail ($points)" test $points -gt 100
is "resume: each failure is told, and nothing is half done" "$bad" ""

# ---- the disk is well again ----
partitions up
bad=
for run in runs/EIO* runs/FULL* runs/old; do
	[ -e "$run" ] || continue
	timeout 60 "$latsub" --resume "$run" >"$tmp/out" 2>&1 ||
		bad+="$run: $(tail -1 "$tmp/out")
"
done
is "all can be resumed" "$bad" ""
ok "all end" until_true 100 all_done runs/*
is "everything ran once" "$(wrong runs/EIO* runs/FULL*)" ""
is "what failed ran once more, the rest did not" \
	"$(sort runs/old/ran | uniq -c | awk '{print $1 $2 $3}' | tr '\n' ' ')" \
	"1first 1many1 2many2 "

# ---- the runners: task N of an array fails at its operation N ----
cat >under <<EOS
#!/bin/bash
export INJECT_HOW=\${LATSUB_PHASE%_*} INJECT_AT=\$SLURM_ARRAY_TASK_ID
export INJECT_DIR=$tmp/e/runs INJECT_LOG=$tmp/e/\$LATSUB_PHASE.\$SLURM_ARRAY_TASK_ID
export LD_PRELOAD=$inject LATSUB_PATIENCE=15 # a full disk stays full here
"\$@"
code=\$?
unset LD_PRELOAD
[ \$code -lt 128 ] || echo "\$LATSUB_PHASE \$SLURM_ARRAY_TASK_ID: \$code" >>$tmp/e/crashed
exit \$code
EOS
chmod +x under
cat >r.ini <<INI
[experiment]
name = r
[defaults]
max_requeues = 1
[phase EIO_tasks]
array.N = $(seq -s " " 0 180)
command = echo "EIO \$N" >> "\$LATSUB_RUN_DIR/ran"
[phase FULL_tasks]
array.N = $(seq -s ' ' 0 20)
command = echo "FULL \$N" >> "\$LATSUB_RUN_DIR/ran"
INI
LATSUB_RUN_UNDER=$tmp/e/under timeout 60 "$latsub" experiment r.ini -o runs/r >/dev/null 2>&1
ok "runners: the jobs end" until_true 100 queue_is_empty
is "runners: none of them crashed" "$(cat crashed 2>/dev/null)" ""
ok "runners: operations of theirs failed" test "$(ls EIO_tasks.* FULL_tasks.* | wc -l)" -gt 30
ok "runners: the last of them had not so many" test ! -e EIO_tasks.180 -a ! -e FULL_tasks.20
cp runs/r/.latsub/journal/*.jsonl .
# not injected any more: there is no LATSUB_RUN_UNDER
timeout 60 "$latsub" --resume runs/r >"$tmp/out" 2>&1 || cat "$tmp/out"
ok "runners: the resume ends" until_true 60 all_done runs/r
is "runners: every task ran" "$(sort -u runs/r/ran | wc -l)" $((181 + 21))
again=$(sort runs/r/ran | uniq -c | awk '$1 > 2')
is "runners: none ran more than once in each call" "$again" ""
# a task whose completion was acknowledged is never run again
is "runners: what the journal has as completed ran once" "$(
	for phase in EIO FULL; do
		grep -h "\"completed\".*\"${phase}_tasks\"" ./*.jsonl |
			sed 's/.*"tasks":"\([0-9]*\)".*/\1/' | sort -u | while read -r n; do
			[ "$(executions runs/r/ran "$phase $n")" = 1 ] || echo "$phase $n"
		done
	done)" ""
finish
