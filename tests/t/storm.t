#!/bin/bash
# storm.t - hundreds of tasks of an array meet their time limit together, and
# slurmctld is slow and most of the time too busy: all of them are requeued, by
# far fewer requests than tasks.
. "$(dirname "$0")/lib.sh"
tasks=${STORM_TASKS-300}
shim busy && busy=$shim
start_sandbox --nodes 4 --cpus 100 --conf-extra KillWait=30
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
mkdir started saved again
: >calls
chmod 666 calls

cat >storm.ini <<INI
[experiment]
name = storm
[env]
HERE = $tmp/e
[phase many]
array.I = $(seq -s ' ' "$tasks")
time = 10
signal = USR1@60
checkpoint = ck/\$I/*
command = mkdir -p "\$LATSUB_RUN_DIR/ck/\$I"
    [ -z "\$LATSUB_CHECKPOINT" ] || { echo "\$LATSUB_REASON" >>"\$HERE/again/\$I"; exit 0; }
    trap 'echo x >"\$LATSUB_RUN_DIR/ck/\$I/.x"; mv "\$LATSUB_RUN_DIR/ck/\$I/.x" "\$LATSUB_RUN_DIR/ck/\$I/x"; echo x >>"\$HERE/saved/\$I"; exit 1' USR1
    echo x >>"\$HERE/started/\$I"
    sleep 1000 & wait
[phase child]
after = many
command = touch "\$HERE/child"
INI
BUSY_PERCENT=70 BUSY_MS=300 BUSY_LOG=$tmp/e/calls LATSUB_RUN_UNDER="env LD_PRELOAD=$busy" \
	timeout 120 "$latsub" experiment storm.ini -o runs/storm >storm.out 2>&1 ||
	fail "it is submitted" "$(cat storm.out)"
run=$tmp/e/runs/storm
job=$(sed -n '/^\[jobs\]/,/^\[/s/^many=//p' "$run/.experiment_state")
files() { find "$1" -type f | wc -l; }
all() { [ "$(files "$1")" -eq "$tasks" ]; }

ok "$tasks tasks start" until_true 120 all started
: >calls
scancel --batch --signal=USR1 "$job"
ok "all of them save" until_true 60 all saved
ok "all of them run again" until_true 240 all again
ok "then the child runs" until_true 90 test -e child
is "each saved once" "$(cat saved/* | wc -l)" "$tasks"
is "each ran again once" "$(cat again/* | wc -l)" "$tasks"
# who gets no answer in time is requeued all the same, for a reason unknown
known=$(cat again/* | grep -cx time_limit)
echo "# $known of $tasks know the reason"
is "for the time limit, or for a reason unknown" \
	"$(cat again/* | grep -cvx 'time_limit\|unknown')" 0
ok "most know the reason" test "$known" -ge $((tasks * 2 / 3))
completed() { "$latsub" status "$run" >/dev/null; }
ok "all is completed" until_true 30 completed
requeues=$(grep -c '^r' calls)
echo "# $requeues requests for a requeue, $(grep -c '^r+' calls) got through; $(grep -c '^l' calls) questions"
ok "with fewer requests than tasks" test "$requeues" -lt $((tasks / 2))

# ---- a person cancels the array while its tasks wait for their requeue ----
cat >cancelled.ini <<INI
[experiment]
name = cancelled
[phase many]
array.I = $(seq -s ' ' 200)
command = echo x >>"$tmp/e/cancelled.\$I"; sleep 2; exit 75
INI
timeout 120 "$latsub" experiment cancelled.ini -o runs/cancelled >cancelled.out 2>&1 ||
	fail "cancelled: it is submitted" "$(cat cancelled.out)"
run=$tmp/e/runs/cancelled
job=$(sed -n '/^\[jobs\]/,/^\[/s/^many=//p' "$run/.experiment_state")
asked() { [ "$(cat "$run"/.latsub/journal/* | grep -c '"e":"requeued"')" -ge 20 ]; }
# their moments to ask are spread over seconds: most of them wait
ok "cancelled: many ask to be requeued" until_true 90 asked
scancel "$job"
none_runs() { ! squeue -h -t R,CG | grep -q .; }
ok "cancelled: all that ran has left" until_true 60 none_runs
# (one that was just being asked for may be in the queue again: until the next scancel)
scancel "$job"
ok "cancelled: nothing is left in the queue" until_true 30 queue_is_empty
again=$(cat cancelled.* | sort | uniq -c | awk '{ n += $1 } END { print n + 0 }')
ok "cancelled: those that waited have not come back" test "$again" -le $((200 + 40))
ok "cancelled: the state says so" eval \
	'[ "$(cat "$run"/.latsub/journal/* | grep -c "\"e\":\"cancelled\"")" -ge 100 ]'
finish
