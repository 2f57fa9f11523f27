#!/bin/bash
# reset.t - a job that waits when its phase is reset runs in the generation of the
# reset.  It was submitted in an older one, and its environment says that; what has it
# start again must not make it step back.
. "$(dirname "$0")/lib.sh"

start_sandbox
cd "$tmp" || exit 1
cat >reset.ini <<EOF
[experiment]
name = reset
[defaults]
time = 00:05:00
signal = USR1@10
[phase first]
command = until [ -e $tmp/go ]; do sleep 0.1; done
[phase alone]
after = first
command = echo alone >>$tmp/began; until [ -e $tmp/end ]; do sleep 0.1; done
[phase many]
after = first
array.N = 1 2
command = echo many \$N >>$tmp/began; until [ -e $tmp/end ]; do sleep 0.1; done
[phase last]
after = alone many
command = echo last >>$tmp/began
EOF
has_begun() { [ "$(executions began "$1")" -ge "$2" ]; }
started() { # PHASE: the job of each start of it
	grep -h '"e":"started"' "$run"/.latsub/journal/* | grep "\"$1\"" |
		sed 's/.*"job":\([0-9]*\).*/\1/'
}

"$latsub" experiment reset.ini >submit.log 2>&1 || { cat submit.log; echo "Bail out! not submitted"; exit 1; }
run=$(newest_run runs)
ok "the first phase runs" until_true 30 grep -q '"e":"started"' "$run"/.latsub/journal/*
"$latsub" reset alone "$run" >reset.log 2>&1
"$latsub" reset many "$run" >>reset.log 2>&1
touch go
ok "what was reset while it waited runs" until_true 30 has_begun alone 1
ok "its tasks, too" until_true 30 has_begun "many 1" 1
until_true 30 has_begun "many 2" 1
jobs=$(squeue -h -r -o %i | sort | tr '\n' ' ')
ok "a resume while they run lets them" timeout 60 "$latsub" --resume "$run"
is "no other job is submitted for them" "$(squeue -h -r -o %i | sort | tr '\n' ' ')" "$jobs"
for phase in alone many; do
	job=$(started $phase | head -1)
	[ $phase = alone ] || job=${job}_1
	ok "$phase is requeued ($job)" scontrol requeue "$job"
done
ok "the requeued one runs again" until_true 60 has_begun alone 2
ok "the requeued task runs again" until_true 60 has_begun "many 2" 2
ok "a resume lets them run" timeout 60 "$latsub" --resume "$run"
is "their jobs are in the queue, and no others" "$(squeue -h -r -o %i | sort | tr '\n' ' ')" "$jobs"
touch end
ok "the queue is empty" until_true 60 queue_is_empty
is "nobody stepped back" "$(cat "$run"/logs/*.log | grep -c 'steps back')" 0
is "what waited for them ran" "$(executions began last)" 1
is "the task that was left alone ran once" "$(executions began "many 1")" 1
ok "the run is completed" "$latsub" status "$run"
ok "and the audit finds nothing" "$latsub" audit "$run"
finish
