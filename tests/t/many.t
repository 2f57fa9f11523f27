#!/bin/bash
# many.t - checkpoints of many files: no look at them may cost the requeue, or keep
# the runner from its signals.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 8
shim slow && slow=$shim
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

submit() { # NAME; the phase from stdin
	{ printf '[experiment]\nname = %s\n[env]\nTRACE = %s\n[phase p]\n' "$1" \
		"$tmp/e/$1.trace"; cat; } >"$1.ini"
	timeout 60 "$latsub" experiment "$1.ini" -o "runs/$1" >"$1.out" 2>&1 ||
		fail "$1 is submitted" "$(cat "$1.out")"
}
completed() { "$latsub" status "runs/$1" >/dev/null 2>&1; }
job_of() { sed -n '/^\[jobs\]/,/^\[/s/^p=//p' "runs/$1/.experiment_state"; }
seen() { grep -q -- "$2" "$1.trace"; }
in_log() { grep -q -- "$2" "runs/$1"/logs/*.log; }
events() { cat "runs/$1"/.latsub/journal/*.jsonl | grep -c "\"e\":\"$2\""; }
requeued() { [ "$(events "$1" requeued)" -ge 1 ]; }

# ---- killed while it fills a directory; to open all of it takes longer than Slurm
# ---- leaves the runner (KillWait is 5 seconds)
LATSUB_RUN_UNDER="env LD_PRELOAD=$slow LATSUB_SLOW_MSEC=20" \
submit killed <<'INI'
checkpoint = ck/d*
command = mkdir -p "$LATSUB_RUN_DIR/ck"; cd "$LATSUB_RUN_DIR/ck"
    echo "start ${LATSUB_CHECKPOINT##*/}" >> "$TRACE"
    [ -z "$LATSUB_CHECKPOINT" ] || exit 0
    mkdir d1; echo x > d1/f; sleep 1.5
    mkdir d2; for i in $(seq 300); do echo x > d2/f$i; done
    trap "" TERM
    echo ready >> "$TRACE"
    while :; do echo x > d2/last; sleep 0.1; done
INI
# ---- the event loop of a runner that waits for a newer one
submit loop <<'INI'
checkpoint = ck/d*
checkpoint_mode = continue
signal = USR1@120
command = mkdir -p "$LATSUB_RUN_DIR/ck/d1"; cd "$LATSUB_RUN_DIR/ck"
    (cd d1 && seq 40000 | xargs touch); echo x > d1/f
    trap "echo told >> '$TRACE'" USR1
    echo "runner $PPID" >> "$TRACE"
    until [ -e ../go ]; do sleep 0.1; done
    echo x > d1/new
    while :; do sleep 0.1; done
INI
cpu_of() { awk '{ print $14 + $15 }' "/proc/$1/stat"; } # hundredths of a second

ok "killed: it starts" until_true 60 seen killed ready
ok "loop: it starts" until_true 60 seen loop runner
scontrol requeue "$(job_of killed)"
runner=$(sed -n 's/^runner //p' loop.trace)
before=$(cpu_of "$runner")
scancel --batch --signal=USR1 "$(job_of loop)"
ok "loop: the command is told" until_true 30 seen loop told
# how much it uses can be said only of a time; it may look for a twentieth of it
sleep 6
used=$(($(cpu_of "$runner") - before))
ok "loop: the runner does not look all the time ($used of 600)" [ "$used" -lt 90 ]
touch runs/loop/go
ok "loop: it sees the new one" until_true 60 in_log loop 'a new checkpoint is there'
ok "killed: the end is on record" until_true 30 requeued killed
ok "killed: the runner says so, and did not die" in_log killed 'goes back into the queue'
ok "killed: the log says what was not done" in_log killed 'there was no time to look'
ok "killed: it completes" until_true 180 completed killed
is "killed: the next attempt looks, and takes the one that is whole" \
	"$(grep ^start killed.trace | tr '\n' ',')" "start ,start d1,"
timeout 60 "$latsub" cancel runs/loop >/dev/null 2>&1
finish
