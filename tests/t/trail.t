#!/bin/bash
# trail.t - a task that starts again finds what it reported, and does not read what
# all the others wrote for that.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 8
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# Task 1 reports, goes back into the queue twice, and says how many bytes its runner
# has read when the command begins.  It writes what others report meanwhile, in a
# file of another node.
cat >experiment.ini <<INI
[experiment]
name = trail
[env]
TOOL = $top_builddir/tests/t/journal_line
LATSUB = $latsub
TRACE = $tmp/e/trace
[phase p]
array.I = 0 1 2
command = set -e
    read_so_far=\$(sed -n 's/^rchar: //p' /proc/\$PPID/io)
    echo "\$I \$read_so_far \${LATSUB_CHECKPOINT##*/}" >> "\$TRACE"
    n=\$(grep -c "^\$I " "\$TRACE")
    [ "\$I" != 1 ] || [ \$n -gt 4 ] || {
        echo \$n > "\$LATSUB_RUN_DIR/ck-\$I-\$n"
        "\$LATSUB" checkpoint "\$LATSUB_RUN_DIR/ck-\$I-\$n"
        if [ \$n = 1 ]; then
            for ((i = 1; i <= 20000; i++)); do
                echo '{"v":1,"e":"checkpoint","t":1,"phase":"p","gen":1,"seq":'\$i',"path":"elsewhere/ck-2-'\$i'","tasks":"2"}'
            done | "\$TOOL" >> "\$LATSUB_RUN_DIR/.latsub/journal/other-node.jsonl"
        fi
        exit 75
    }
INI
timeout 60 "$latsub" experiment experiment.ini -o runs/r >out 2>&1 ||
	fail "it is submitted" "$(cat out)"
completed() { "$latsub" status runs/r >/dev/null 2>&1; }
until_true 120 completed
ok "a task that went back into the queue four times completes" completed
is "each attempt begins from what the one before reported" \
	"$(sed -n 's/^1 [0-9]* *//p' trace | tr '\n' ',')" \
	",ck-1-1,ck-1-2,ck-1-3,ck-1-4,"
size=$(stat -c %s runs/r/.latsub/journal/other-node.jsonl)
ok "what others reported is more than 2 MB ($size)" [ "$size" -gt 2000000 ]
first=$(sed -n 's/^1 \([0-9]*\) .*/\1/p' trace | sed -n 1p)
last=$(sed -n 's/^1 \([0-9]*\) .*/\1/p' trace | sed -n 5p)
echo "# bytes read by the first runner: $first, by the last one: $last"
# the snapshot of the task 2 has 20,000 places: a few hundred kB
ok "the last runner reads less than 1 MB more than the first did" \
	[ "$((last - first))" -lt 1000000 ]

# ---- a report, and then a newer match that the runner puts on record: that is the one
cat >newer.ini <<INI
[experiment]
name = newer
[env]
TRACE = $tmp/e/newer.trace
LATSUB = $latsub
[phase p]
array.I = 0 1
checkpoint = ck/\$I/m*
command = set -e
    cd "\$LATSUB_RUN_DIR"
    mkdir -p ck/\$I
    echo "\$I \${LATSUB_CHECKPOINT##*/}" >> "\$TRACE"
    n=\$(grep -c "^\$I " "\$TRACE")
    [ \$n -ge 4 ] || {
        echo x > ck/\$I/m\$n-1
        "\$LATSUB" checkpoint ck/\$I/m\$n-1
        sleep 1.1
        echo x > ck/\$I/m\$n-2
        exit 75
    }
INI
timeout 60 "$latsub" experiment newer.ini -o runs/newer >newer.out 2>&1 ||
	fail "newer is submitted" "$(cat newer.out)"
newer_completed() { "$latsub" status runs/newer >/dev/null 2>&1; }
until_true 120 newer_completed
for i in 0 1; do
	is "task $i begins from what its runner put on record last" \
		"$(sed -n "s/^$i //p" newer.trace | tr '\n' ',')" ",m1-2,m2-2,m3-2,"
done
# ---- the newest of the phase is the last one, whoever has reported more of them
cat >last.ini <<INI
[experiment]
name = last
checkpoint_phase = t
[env]
LATSUB = $latsub
TRACE = $tmp/e/last.trace
[phase t]
array.X = 0 1
command = set -e
    cd "\$LATSUB_RUN_DIR"
    if [ \$X = 0 ]; then
        for i in 1 2 3; do echo > a\$i; "\$LATSUB" checkpoint a\$i --epoch \$i; done
        echo done >> "\$TRACE"
    else
        until grep -q done "\$TRACE"; do sleep 0.2; done
        echo > b9; "\$LATSUB" checkpoint b9 --epoch 9
    fi
[phase u]
after = t
command = echo "from \${LATSUB_CHECKPOINT##*/}" >> "\$TRACE"
INI
: >last.trace
timeout 60 "$latsub" experiment last.ini -o runs/last >last.out 2>&1 ||
	fail "last is submitted" "$(cat last.out)"
last_completed() { "$latsub" status runs/last >/dev/null 2>&1; }
ok "an array whose tasks report completes" until_true 60 last_completed
is "the last report is on record" \
	"$(sed -n 's/^final_epoch=//p' runs/last/.experiment_state)" 9
is "and the next phase gets it" "$(tail -n1 last.trace)" "from b9"

finish
