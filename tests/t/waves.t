#!/bin/bash
# waves.t - a queue that is too small for the experiment: what fits goes in, and
# what runs submits the rest as it ends.
. "$(dirname "$0")/lib.sh"
# slurmctld counts ended jobs for MinJobAge, too
start_sandbox --nodes 4 --cpus 8 --conf-extra MaxJobCount=8 --conf-extra MinJobAge=2
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# experiment NAME, the phases from stdin; they write to $T.
experiment() {
	{
		printf '%s\n' '[experiment]' "name = $1" '[env]' "T = $tmp/e/$1.trace" 'FAIL =' 'SLEEP = 0'
		cat
	} >"$1.ini"
	run=$tmp/e/runs/$1
	timeout 100 "$latsub" experiment "$1.ini" -o "$run" >"$1.out" 2>&1
}
completed() { "$latsub" status "$run" >/dev/null; }
unfinished() { "$latsub" status "$run" >/dev/null; [ $? -eq 3 ]; }
none_live() { [ -z "$(squeue -h 2>/dev/null)" ]; }
phases() {
	cat <<'INI'
[phase many]
array.I = 1 2 3 4 5 6 7 8 9
command = echo "many $I" >> "$T"; sleep "$SLEEP"; [ "$FAIL" != "$I" ]
[phase each]
after_each = many
array.I = 1 2 3 4 5 6 7 8 9
command = echo "each $I" >> "$T"
[phase other]
command = echo other >> "$T"
[phase last]
after = many each
after_any = other
command = echo last >> "$T"
INI
}
all=$({ seq -f 'many %g' 9; seq -f 'each %g' 9; echo other; echo last; } | sort)

# ---- twenty tasks through a queue of eight ----
phases | experiment small
is "small queue: it is submitted" $? 0
like "small queue: with a word on what is left" "$(cat small.out)" 'no room for [0-9]+ more tasks'
like "small queue: status knows what waits for room" "$("$latsub" status "$run")" '^last .*deferred'
ok "small queue: it ends by itself" until_true 200 completed
is "small queue: each task ran once" "$(sort small.trace)" "$all"
is "small queue: the last one last" "$(tail -1 small.trace)" last
in_order() { # each after its own
	awk '$1 == "many" { seen[$2] = 1 } $1 == "each" && !seen[$2] { bad = 1 } END { exit bad }' small.trace
}
ok "small queue: each after its own" in_order
ok "small queue: nothing is left in it" until_true 20 none_live

# ---- a task fails on the way ----
phases | FAIL=5 experiment failing
ended() { "$latsub" status "$run" >/dev/null; [ $? -eq 1 ]; }
ok "a failure on the way: the run ends" until_true 200 ended
is "a failure on the way: what does not need it ran, once" \
	"$(sort failing.trace)" "$(grep -v -e '^last' -e '^each 5$' <<<"$all")"
ok "a failure on the way: nothing is left in the queue" until_true 20 none_live
is "a failure on the way: the resume runs the rest" \
	"$(FAIL='' timeout 300 "$latsub" --resume "$run" --wait >"$tmp/out" 2>&1; echo $?)" 0
is "a failure on the way: and no more than that" "$(sort failing.trace)" "$({ echo "$all"; echo 'many 5'; } | sort)"

# ---- cancelled: nothing comes after ----
phases | SLEEP=30 experiment stopped
ok "cancelled: it runs" until_true 30 grep -q many stopped.trace
is "cancelled: it is" "$(timeout 60 "$latsub" cancel "$run" >"$tmp/out" 2>&1; echo $?)" 0
ok "cancelled: the queue is empty" until_true 40 none_live
before=$(sort stopped.trace)
is "cancelled: nothing is left that something could submit" \
	"$(grep -c 'intended=' "$run/.experiment_state")" 0
is "cancelled: the resume runs the rest" \
	"$(SLEEP=0 timeout 300 "$latsub" --resume "$run" --wait >"$tmp/out" 2>&1; echo $?)" 0
is "cancelled: what was cut off once more, the rest once" "$(sort stopped.trace)" "$({ echo "$all"; echo "$before"; } | sort)"

# ---- the queue is full of other jobs: patience, as sbatch has ----
for _ in 1 2 3 4 5 6 7 8; do
	timeout 3 sbatch -Q -H -J other -o /dev/null --wrap true
done >/dev/null 2>&1
# What is cancelled counts for MinJobAge, so there is no room yet when it first asks.
intends() { grep -q '"e":"intended"' "$tmp/e/runs/full/.latsub/journal/"*; }
(until_true 30 intends && scancel --name=other) &
printf '%s\n' '[phase one]' 'command = echo one >> "$T"' >one.phases
experiment full <one.phases
is "a full queue: it waits for room" $? 0
wait
ok "a full queue: the run ends" until_true 40 completed

# ---- nodes may not submit: the log says so, a person goes on ----
scontrol update PartitionName=short AllocNodes=ALL
phases | sed 's/^command/partition = short\ncommand/; s/sleep "$SLEEP"/until [ -e go ]; do sleep 0.2; done/' >barred.phases
experiment barred <barred.phases
is "nodes may not submit: it is submitted" $? 0
ok "nodes may not submit: it runs" until_true 30 grep -q many barred.trace
scontrol update PartitionName=short AllocNodes=nowhere
touch go
ok "nodes may not submit: what is in the queue ends" until_true 60 none_live
ok "nodes may not submit: the log says so" grep -q "the rest of the run is not submitted from here; 'latsub --resume' does it" "$run"/logs/*.log
ok "nodes may not submit: the run is unfinished" unfinished
scontrol update PartitionName=short AllocNodes=ALL
is "nodes may not submit: the resume runs the rest" \
	"$(timeout 300 "$latsub" --resume "$run" --wait >"$tmp/out" 2>&1; echo $?)" 0
is "nodes may not submit: each task ran once" "$(sort barred.trace)" "$all"
finish
