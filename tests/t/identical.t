#!/bin/bash
# identical.t - the example's training, preempted three times and cut by its
# time limit at least twice, ends in the same table, bit for bit.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 4

cp -r "$top_srcdir/examples/latentwire" "$tmp/e" && chmod -R u+w "$tmp/e" && cd "$tmp/e" || exit 1
rm -rf runs
ok "the example builds" make -s clean all

calm=$tmp/e/runs/calm rough=$tmp/e/runs/rough
timeout 60 "$latsub" experiment -o "$rough" --set training.partition=low \
	--set training.time=1 --set training.signal=USR1@20 \
	--set LATENTWIRE_SLOW_MS=7 >/dev/null 2>&1
ok "undisturbed, it ends" timeout 200 "$latsub" experiment -o "$calm" --wait

# A preemption may come just when the time limit does, and then is none.
count() { grep -c "$1" "$rough"/logs/training-*.log; }
runs() { [ "$(count 'latsub: training, job')" -gt "$1" ] && squeue -h -n training -t R | grep -q .; }
requeued_more() { [ "$(count 'requeued:')" -gt "$1" ]; }
preempt_once() {
	local before
	before=$(count requeued:)
	until_true 60 runs "$before" || return 1
	# by chance, so that the preemption finds the training anywhere in an epoch
	sleep 0.$((RANDOM % 90 + 10)) && sleep $((RANDOM % 3 + 1))
	sbatch -Q -p high -N2 --exclusive -t 1 -o /dev/null --wrap 'sleep 1'
	until_true 60 requeued_more "$before"
}
tries=0
while [ "$(count 'requeued: preempted')" -lt 3 ] && [ $tries -lt 8 ]; do
	tries=$((tries + 1))
	ok "disturbance $tries makes another attempt of it" preempt_once
done
ended() { "$latsub" status "$rough" >/dev/null; }
ok "disturbed, it ends as well" until_true 400 ended
ok "it was cut by its time limit at least twice" test \
	"$(grep -c 'requeued: time_limit' "$rough"/logs/training-*.log)" -ge 2
ok "the final checkpoints are the same" cmp "$calm/checkpoint/epoch23" "$rough/checkpoint/epoch23"
ok "the final tables are the same" cmp "$calm/results/table.txt" "$rough/results/table.txt"
is "everything but the training ran once" \
	"$(grep -v ^training "$rough/results/executions.log" | sort | uniq -c | awk '$1 != 1' | wc -l)" 0
is "three preemptions are on record" \
	"$(grep -c '^training.requeued.*\.preempted=' "$rough/.experiment_state") $(count 'requeued: preempted')" "3 3"
finish
