#!/bin/bash
# inside.t - a runner that submits the rest of its run, and a resume, that are slow
# before the run's lock: what another has changed meanwhile counts.
. "$(dirname "$0")/lib.sh"
shim gate && gate=$shim
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
start_sandbox --nodes 1 --cpus 8 --conf-extra MaxJobCount=4 --conf-extra MinJobAge=2
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

cat >e.ini <<'INI'
[experiment]
name = e
[phase first]
command = echo first >> "$LATSUB_RUN_DIR/ran"; until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
[phase last]
after = first
comment = as it was
command = echo last >> "$LATSUB_RUN_DIR/ran"; until [ -e "$LATSUB_RUN_DIR/end" ]; do sleep 0.1; done
INI
sed 's/as it was/as it is/' e.ini >new.ini
all_done() { "$latsub" status "$1" >/dev/null; }
has_one() { [ "$(squeue -h -t all | wc -l)" = 1 ]; }
comment_of() { squeue -h -n "$1" -o %k; }
is_submitted() { [ -n "$(comment_of "$1")" ]; }

for _ in 1 2; do sbatch -Q -H -J filler -o /dev/null --wrap true; done >/dev/null
GATE=$tmp/gate LATSUB_RUN_UNDER="env LD_PRELOAD=$gate" \
	"$latsub" experiment e.ini -o runs/a >"$tmp/out" 2>&1
like "the queue has room for the first phase" "$(cat "$tmp/out")" 'no room for 1 more'
ok "it runs" until_true 30 test -s runs/a/ran
touch runs/a/go
ok "its runner is to submit the rest, and is slow" until_true 30 test -e "$tmp/gate.closed"
timeout 60 "$latsub" --resume runs/a --config new.ini >"$tmp/out" 2>&1
is "meanwhile a person changes the experiment" $? 0
like "for which there is no room, either" "$(cat "$tmp/out")" 'no room for 1 more'
scancel -n filler
ok "then there is room" until_true 150 has_one
touch "$tmp/gate.open"
ok "the runner submits the rest" until_true 60 is_submitted last
like "as the experiment is now" "$(comment_of last)" '^as it is \[latsub '
touch runs/a/end
ok "the run ends" until_true 60 all_done runs/a
is "each task ran once" "$(tr '\n' ' ' <runs/a/ran)" "first last "

# ---- a resume that has read the experiment, and not the lock ----
"$latsub" reset last runs/a >/dev/null
timeout 60 env GATE="$tmp/gate2" LD_PRELOAD="$gate" "$latsub" --resume runs/a >"$tmp/out" 2>&1 &
slow=$!
ok "a resume is slow" until_true 30 test -e "$tmp/gate2.closed"
ok "another changes the experiment" timeout 60 "$latsub" --resume runs/a --set last.comment=anew
touch "$tmp/gate2.open"
wait "$slow"
is "the slow one leaves the run alone" $? 3
like "and says so" "$(cat "$tmp/out")" 'somebody has changed this run meanwhile; do this again'
like "the run keeps the change" "$(cat runs/a/.latsub/experiment.ini)" 'comment = anew'
ok "it ends" until_true 60 all_done runs/a
finish
