#!/bin/bash
# once.t - killed between any two actions that last, while it submits, resumes
# or cancels; two submitters at once; then a resume: nothing lost, nothing twice.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 8
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

export BROKEN=no # a run keeps its variables: who mends one says so
cat >e.ini <<'INI'
[experiment]
name = e
[env]
BROKEN = no
[phase first]
command = echo first >> "$LATSUB_RUN_DIR/ran"; [ "$BROKEN" != first ]
[phase many]
after = first
array.I = 1 2 3
command = echo "many $I" >> "$LATSUB_RUN_DIR/ran"; [ "$BROKEN" != "many$I" ]
[phase other]
command = echo other >> "$LATSUB_RUN_DIR/ran"
[phase last]
after = other
after_any = many
command = echo last >> "$LATSUB_RUN_DIR/ran"
INI
all="first
last
many 1
many 2
many 3
other"

# killed_at KIND N COMMAND...: run it to be killed at fault point N; 1 when it
# got through.
killed_at() {
	local n=$1
	shift
	{
		LATSUB_FAULT_AT=$n timeout 60 "$@" >"$tmp/out" 2>&1
		[ $? -eq 137 ]
	} 2>/dev/null # the shell's own word on it
}
all_done() {
	local run
	for run in "$@"; do "$latsub" status "$run" >/dev/null || return 1; done
}
# wrong RUN EXPECTED: what is not as it should be.
wrong() {
	[ "$(sort "$1/ran" 2>/dev/null)" = "$2" ] || {
		echo "$1:"
		sort "$1/ran" | uniq -c
	}
}

# ---- killed while it submits ----
n=1
while killed_at $n "$latsub" experiment e.ini -o "runs/s$n"; do n=$((n + 1)); done
points=$((n - 1))
ok "there are many places to die at ($points)" test $points -ge 30
bad=
for i in $(seq $points); do
	if [ -e "runs/s$i/.latsub/journal" ] || [ -e "runs/s$i/.experiment_state" ]; then
		timeout 100 "$latsub" experiment e.ini --resume "runs/s$i" >"$tmp/out" 2>&1 ||
			bad+="resume of s$i: $(tail -1 "$tmp/out")
"
	else # it died before there was anything
		rm -rf "runs/s$i"
		timeout 60 "$latsub" experiment e.ini -o "runs/s$i" >"$tmp/out" 2>&1 ||
			bad+="s$i anew: $(tail -1 "$tmp/out")
"
	fi
done
is "each can be resumed" "$bad" ""
ok "all runs end" until_true 200 all_done runs/s*
is "every task ran once in each" "$(for i in $(seq $points); do wrong "runs/s$i" "$all"; done)" ""
ok "nothing is left in the queue" until_true 30 queue_is_empty

# ---- killed while it resumes ----
for i in $(seq 40); do
	BROKEN=many2 timeout 60 "$latsub" experiment e.ini -o "runs/r$i" >/dev/null 2>&1
done
none_live() { ! squeue -h | grep -q .; }
ok "forty runs with a failing task end" until_true 200 none_live
n=1
while [ $n -le 40 ] && killed_at $n "$latsub" --resume "runs/r$n"; do n=$((n + 1)); done
points=$n
ok "there are places to die at in a resume ($points)" test $points -ge 12
bad=
for i in $(seq $points); do
	timeout 100 "$latsub" --resume "runs/r$i" >"$tmp/out" 2>&1 ||
		bad+="resume of r$i: $(tail -1 "$tmp/out")
"
done
is "each can be resumed once more" "$bad" ""
resumed=$(seq -f 'runs/r%g' $points)
# shellcheck disable=SC2086
ok "all of them end" until_true 200 all_done $resumed
expected="first
last
last
many 1
many 2
many 2
many 3
other"
is "what failed and what was stale ran once more, the rest did not" \
	"$(for i in $(seq $points); do wrong "runs/r$i" "$expected"; done)" ""

# ---- killed while it cancels ----
sed 's/^command = /command = sleep 300; /' e.ini >long.ini
n=1
while timeout 60 "$latsub" experiment long.ini -o "runs/c$n" >/dev/null 2>&1 &&
	killed_at $n "$latsub" cancel "runs/c$n"; do n=$((n + 1)); done
bad=
for i in $(seq $n); do
	timeout 60 "$latsub" cancel "runs/c$i" >"$tmp/out" 2>&1 ||
		bad+="cancel of c$i: $(tail -1 "$tmp/out")
"
done
is "a cancel that was killed can be done again ($n times)" "$bad" ""
ok "nothing is left in the queue" until_true 40 queue_is_empty

# ---- a resume while a part of an array still runs ----
cat >part.ini <<'INI'
[experiment]
name = part
[env]
BROKEN = no
LIST = 1 2
[phase a]
array.I = $LIST
command = echo "a $I" >> "$LATSUB_RUN_DIR/ran"
    [ "$I" != 2 ] || sleep 15
    [ "$BROKEN" != "a$I" ]
[phase b]
after = a
command = echo b >> "$LATSUB_RUN_DIR/ran"
INI
BROKEN=a1 timeout 60 "$latsub" experiment part.ini -o runs/part >/dev/null 2>&1
one_failed() { grep -q '^a.failed=0' runs/part/.experiment_state; }
ok "one task has failed, one runs" until_true 20 one_failed
LIST="0 1 2" timeout 60 "$latsub" --resume runs/part >"$tmp/out" 2>&1
is "other values under a live array are refused" $? 2
like "with the way out" "$(cat "$tmp/out")" 'phase a: its array has other values now, and job [0-9]+ .*cancel'
ok "a resume submits the failed one" timeout 60 "$latsub" --resume runs/part
ok "the run ends" until_true 90 all_done runs/part
is "what ran on ran once, what waited ran once, after" "$(sort runs/part/ran | uniq -c | awk '{print $1 $2 $3}' | tr '\n' ' ') $(tail -1 runs/part/ran)" \
	"2a1 1a2 1b  b"

# ---- two at once ----
BROKEN=first timeout 60 "$latsub" experiment e.ini -o runs/two --wait >/dev/null 2>&1
timeout 60 "$latsub" --resume runs/two >"$tmp/a" 2>&1 & a=$!
timeout 60 "$latsub" --resume runs/two >"$tmp/b" 2>&1 & b=$!
wait $a; ra=$?
wait $b; rb=$?
case "$ra $rb" in
"0 0") pass "two resumes: one after the other" ;;
"0 3" | "3 0") like "two resumes: one works, the other says who does" \
	"$(cat "$tmp/a" "$tmp/b")" 'another latsub is submitting this run .process [0-9]+ on' ;;
*) fail "two resumes" "exit codes $ra and $rb: $(cat "$tmp/a" "$tmp/b")" ;;
esac
ok "the run ends" until_true 60 all_done runs/two
is "nothing ran twice but what failed and what was stale" "$(sort runs/two/ran | uniq -c | awk '{print $1 $2 $3}' | tr '\n' ' ')" \
	"2first 2last 1many1 1many2 1many3 1other "

# ---- two at once into one directory; and one that died before there was anything ----
mkdir -p runs/begun/.latsub/journal && touch runs/begun/.latsub/journal/n1-x.jsonl
is "a run that was cut off before anything was recorded cannot go on" \
	"$(timeout 60 "$latsub" --resume runs/begun >"$tmp/out" 2>&1; echo $?)" 2
like "it is said how to begin again" "$(cat "$tmp/out")" \
	"runs/begun: this run was cut off .*latsub experiment FILE --output-dir .*/runs/begun"
codes=
for i in 1 2 3 4; do
	timeout 60 "$latsub" experiment e.ini -o runs/begun >"$tmp/begun$i" 2>&1 & pids[i]=$!
done
for i in 1 2 3 4; do wait "${pids[i]}"; codes+="$? "; done
is "of four at once one makes it" "$(tr ' ' '\n' <<<"$codes" | grep -c '^0$')" 1
is "the others are told" \
	"$(cat "$tmp"/begun? | grep -c 'runs/begun holds a run already\|another latsub is submitting this run')" 3
ok "the run ends" until_true 60 all_done runs/begun
is "each task ran once" "$(sort runs/begun/ran | uniq -c | awk '$1 != 1' | wc -l) $(wc -l <runs/begun/ran)" "0 6"

# ---- several resume a copy at once: it becomes one run, not several ----
bad=
for round in 1 2 3; do
	cp -r runs/begun runs/copy$round
	"$latsub" reset --downstream first runs/copy$round >/dev/null
	for i in 1 2 3 4; do
		timeout 60 "$latsub" --resume runs/copy$round >"$tmp/copy$i" 2>&1 & pids[i]=$!
	done
	codes=
	for i in 1 2 3 4; do wait "${pids[i]}"; codes+="$?"; done
	[[ $codes =~ ^[03]*0[03]*$ ]] || bad+="$round: $codes: $(cat "$tmp"/copy?)
"
	[ "$(grep -ho '"run_id","[^"]*"' runs/copy$round/.latsub/journal/* | sort -u | wc -l)" = 2 ] ||
		bad+="$round: it has not one new id
"
done
is "resumed four times at once, a copy is one run" "$bad" ""
ok "the copies end" until_true 60 all_done runs/copy1 runs/copy2 runs/copy3
is "each task of a copy ran once more" \
	"$(for run in runs/copy?; do sort "$run/ran" | uniq -c | awk '{print $1 $2 $3}'; done | sort -u | tr '\n' ' ')" \
	"1other 2first 2last 2many1 2many2 2many3 "

# ---- one is slow between its look at the run and the lock ----
shim gate && gate=$shim
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
slow() { # NAME ARGUMENT...: latsub, which waits at the gate; sets $slow
	timeout 60 env GATE="$tmp/gate.$1" LD_PRELOAD="$gate" "$latsub" "${@:2}" >"$tmp/slow" 2>&1 &
	slow=$!
	until_true 30 test -e "$tmp/gate.$1.closed" || fail "$1 waits at the gate"
}
go_on() { touch "$tmp/gate.$1.open"; wait "$slow"; code=$?; } # NAME; sets $code
cp -r runs/begun runs/slow
"$latsub" reset --downstream first runs/slow >/dev/null
slow resume --resume runs/slow
ok "another resume takes a copy up meanwhile" timeout 60 "$latsub" --resume runs/slow
go_on resume
is "the slow one leaves it alone" "$code" 3
like "and says so" "$(cat "$tmp/slow")" 'somebody has changed this run meanwhile; do this again'
slow make experiment e.ini -o runs/new
ok "another makes a run where one is to be made" timeout 60 "$latsub" experiment e.ini -o runs/new
go_on make
is "the slow one makes none" "$code" 2
like "and says so" "$(cat "$tmp/slow")" 'runs/new holds a run already'
ok "both end" until_true 60 all_done runs/slow runs/new
is "each task ran once, of the copy once more" \
	"$(sort runs/new/ran | uniq -c | awk '{print $1}' | sort -u) $(wc -l <runs/new/ran) $(sort runs/slow/ran | uniq -c | awk '{print $1 $2 $3}' | tr '\n' ' ')" \
	"1 6 2first 2last 2many1 2many2 2many3 1other "
finish
