#!/bin/bash
# keep.t - what checkpoint_keep removes, and what it must not.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 8
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# submit NAME with the rest of its experiment from stdin
submit() {
	{ printf '[experiment]\nname = %s\n' "$1"; cat; } >"$1.ini"
	timeout 60 "$latsub" experiment "$1.ini" -o "runs/$1" >"$1.out" 2>&1 ||
		fail "$1 is submitted" "$(cat "$1.out")"
}
# Also the job is gone: what is old is removed last.
gone() { ! squeue -h -j "$(job_of "$1" "$2")" 2>/dev/null | grep -q .; }
completed() { "$latsub" status "runs/$1" >/dev/null 2>&1 && gone "$1" p; }
is_over() { is_word "$@" && gone "$1" "$2"; }
is_word() { [ "$(word "runs/$1" "$2")" = "$3" ]; }
kept() { ls -A "runs/$1/ck" | tr '\n' ' '; }
in_log() { grep -q -- "$2" "runs/$1"/logs/*.log; }
job_of() { sed -n "/^\[jobs\]/,/^\[/s/^$2=//p" "runs/$1/.experiment_state"; }

# ---- an output is no old checkpoint: by its name, inside of one, behind a link
submit outputs <<'INI'
[phase p]
checkpoint = ck/*
checkpoint_keep = 1
outputs = ck/best.pt ck/e1/model best
command = mkdir -p "$LATSUB_RUN_DIR/ck"; cd "$LATSUB_RUN_DIR/ck"
    echo x > best.pt; mkdir e1; echo x > e1/model; echo x > e2; ln -s ck/e2 ../best
    for i in 3 4 5; do sleep 0.05; echo x > e$i; done
INI
# ---- a link that names one, though it is no checkpoint itself
submit links <<'INI'
[phase p]
checkpoint = ck/e*
checkpoint_keep = 1
command = mkdir -p "$LATSUB_RUN_DIR/ck"; cd "$LATSUB_RUN_DIR/ck"
    for i in 1 2 3 4 5; do mkdir e$i; echo x > e$i/f; sleep 0.05; done
    ln -s e2 best; ln -s "$PWD/e3/f" latest; ln -s ck/e4 ../last
    mkdir .e0.pruned.tmp .mine.pruned.tmp; echo x > .e0.pruned.tmp/f
INI
# ---- another phase is running, and nothing of it is on record yet
submit phases <<'INI'
[phase q]
array.S = 1 2
checkpoint = ck/q${S}_*
command = mkdir -p "$LATSUB_RUN_DIR/ck"; cd "$LATSUB_RUN_DIR/ck"
    for i in 1 2; do echo x > q${S}_$i; sleep 0.05; done
    until [ -e ../go ]; do sleep 0.2; done
[phase p]
checkpoint = ck/*
checkpoint_keep = 1
command = cd "$LATSUB_RUN_DIR"
    until [ -e ck/q1_2 ] && [ -e ck/q2_2 ]; do sleep 0.2; done
    echo x > ck/table
    for i in 1 2 3; do sleep 0.05; echo x > ck/p$i; done
[phase r]
after = p
outputs = ck/table
checkpoint = ck/r*/model
command = true
INI
# ---- a phase that fails removes nothing
submit fails <<'INI'
[phase p]
checkpoint = ck/*
checkpoint_keep = 1
requeue_on =
command = mkdir -p "$LATSUB_RUN_DIR/ck"; cd "$LATSUB_RUN_DIR/ck"
    for i in 1 2 3; do echo x > e$i; sleep 0.05; done
    exit 3
INI
# ---- the experiment cannot be read
submit unread <<'INI'
[phase p]
checkpoint = ck/*
checkpoint_keep = 1
command = mkdir -p "$LATSUB_RUN_DIR/ck"; cd "$LATSUB_RUN_DIR/ck"
    for i in 1 2 3; do echo x > e$i; sleep 0.05; done
    printf '\n[phase x]\nno such key = 1\n' >> ../.latsub/experiment.ini
INI

ok "outputs: it completes" until_true 60 completed outputs
is "outputs: they stay" "$(kept outputs)" "best.pt e1 e2 e5 "
ok "links: it completes" until_true 60 completed links
is "links: what one names stays; what a KILL left of an old one goes" "$(kept links)" \
	".mine.pruned.tmp best e2 e3 e4 e5 latest "
ok "phases: one completes" until_true 60 is_over phases p completed
is "phases: what another writes stays" "$(kept phases)" \
	"p3 q1_1 q1_2 q2_1 q2_2 table "
touch runs/phases/go
ok "phases: all complete" until_true 60 completed phases
ok "fails: it fails" until_true 60 is_over fails p failed
is "fails: nothing is removed" "$(kept fails)" "e1 e2 e3 "
ok "unread: it completes" until_true 60 is_over unread p completed
is "unread: nothing is removed" "$(kept unread)" "e1 e2 e3 "
ok "unread: the log says why" in_log unread 'checkpoint_keep removes nothing: '
finish
