#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests latentwire by itself, without Slurm.  TAP on stdout, about 30 seconds.
#
# Sources are copied to a private directory and built there, with the caller's
# CC and CFLAGS if set.  Only processes started here are signalled.  The one
# thing that is waited for by time is how long a training run may go before it
# is interrupted: the result must be the same at whatever moment that is.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 99
work=$(mktemp -d "${TMPDIR:-/tmp}/latentwire.XXXXXX") || exit 99
child=
trap '[ -z "$child" ] || kill -KILL "$child" 2>/dev/null; rm -rf "$work"' EXIT
for name in $(compgen -e | grep -E '^(LATSUB|LATENTWIRE)_') \
    SEEDS DATASETS METHODS; do
    unset "$name"
done

count=0
failed=0
# ok WHAT: reports the exit status of the command before it
ok() {
    local status=$?
    count=$((count + 1))
    if [ $status -eq 0 ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        failed=$((failed + 1))
    fi
}

# wait_until COMMAND...: at most 20 seconds
wait_until() {
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || return 1
        sleep 0.02
    done
}

# train_start DIR [OPTION...]: in the background, ready for signals on return
train_start() {
    local dir=$1
    shift
    : >log # the line that is waited for is this one's, not the last one's
    ./latentwire train --epochs 2 --run-dir "$dir" "$@" >>log 2>&1 &
    child=$!
    wait_until grep -qE 'starting afresh|resuming from' log
}

# train_end: waits for it and sets $code
train_end() {
    wait "$child" 2>/dev/null
    code=$?
    child=
}

# measure DIR: all the phases after training
measure() {
    local seed dataset method
    for seed in 42 123 456; do
        for dataset in harbour kitchen weather; do
            ./latentwire eval --run-dir "$1" --seed $seed --dataset $dataset ||
                return
        done
    done
    ./latentwire probe --run-dir "$1" || return
    for method in unigram bigram truncate; do
        ./latentwire baseline --run-dir "$1" --method $method || return
    done
    ./latentwire efficiency --run-dir "$1" &&
        ./latentwire aggregate --run-dir "$1"
}

cp -R "$here"/*.c "$here"/*.h "$here"/Makefile "$here"/data "$work" &&
    chmod -R u+w "$work" && cd "$work" || exit 99
make ${CC:+"CC=$CC"} ${CFLAGS:+"CFLAGS=$CFLAGS"} >make.log 2>&1
ok "it builds"
[ -x latentwire ] || { sed 's/^/# /' make.log; echo "1..$count"; exit 1; }

./latentwire train --epochs 0 >out 2>&1
[ $? -eq 2 ] && grep -q 'epochs' out
ok "a wrong option is named, exit code 2"

./latentwire eval --run-dir none --dataset harbour >out 2>&1
[ $? -eq 1 ] && grep -q 'none/checkpoint: no checkpoint there; train first' out
ok "without a checkpoint eval fails and says so"

./latentwire eval --run-dir none --dataset harbour --ckpt none/epoch3 >out 2>&1
[ $? -eq 1 ] && grep -q 'none/epoch3: cannot open: No such file' out
ok "a given checkpoint that is absent is named"

./latentwire aggregate --run-dir empty >out 2>&1 &&
    grep -q 'wire  *-  *-' out && grep -q '^missing: phase2_linear_probe' out
ok "aggregate makes a table without any results and says what is missing"

./latentwire train --epochs 2 --run-dir straight >log 2>&1 &&
    [ -f straight/checkpoint/epoch0 ] && [ -f straight/checkpoint/epoch1 ]
ok "training ends with exit code 0 and a checkpoint for each epoch"

./latentwire train --epochs 2 --run-dir straight >log 2>&1 &&
    grep -q 'resuming from straight/checkpoint/epoch1: epoch 2' log &&
    grep -q '^done' log && ! grep -q saved log
ok "started again it has nothing to do"

# Interrupted over and over, at moments all through both epochs.
export LATENTWIRE_SLOW_MS=3
interrupted=0
for moment in "USR1 0" "TERM 0.1" "USR1 0.4" "TERM 0.05" "KILL 0.3" "USR1 0.6" \
    "TERM 0.2"; do
    train_start pieces && sleep "${moment#* }"
    kill -"${moment% *}" "$child"
    train_end
    case $moment,$code in
    KILL*,137) ;;
    *,75) grep -q '^saved pieces/checkpoint/epoch[01]' log ||
            grep -q 'step 0$' log || echo "# $moment: nothing saved"
        interrupted=$((interrupted + 1)) ;;
    *) echo "# $moment: exit code $code" ;;
    esac
done
unset LATENTWIRE_SLOW_MS
[ $interrupted -eq 6 ] && ls pieces/checkpoint/epoch0.step* >/dev/null
ok "USR1 and TERM leave a checkpoint inside the epoch and exit code 75"

# shellcheck disable=SC2010 # latentwire gave these names
! ls -A pieces/checkpoint | grep -vE '^(epoch[01](\.step[0-9]+)?|\..*\.tmp)$'
ok "unfinished files do not have a checkpoint's name"

train_start pieces
train_end
[ $code -eq 0 ] && grep -q 'resuming from pieces/checkpoint/epoch' log &&
    cmp straight/checkpoint/epoch1 pieces/checkpoint/epoch1
ok "interrupted or not, the last checkpoint is the same bit for bit"

LATENTWIRE_SLOW_MS=600000 train_start slow
kill -USR1 "$child"
train_end
[ $code -eq 75 ] && [ -f slow/checkpoint/epoch0.step0 ]
ok "a signal ends a long wait at once"

# Two checkpoints, the newer one cut short.
mkdir -p cut/checkpoint
cp straight/checkpoint/epoch0 cut/checkpoint
head -c 100000 straight/checkpoint/epoch1 >cut/checkpoint/epoch1
train_start cut
train_end
[ $code -eq 0 ] && grep -q 'epoch1: cut short.*not used' log &&
    grep -q 'resuming from cut/checkpoint/epoch0: epoch 1, step 0' log &&
    cmp straight/checkpoint/epoch1 cut/checkpoint/epoch1
ok "a checkpoint that is cut short is rejected and the one before it used"

cp straight/checkpoint/epoch1 cut/checkpoint/epoch1
printf x | dd of=cut/checkpoint/epoch1 bs=1 seek=300000 conv=notrunc 2>/dev/null
train_start cut
train_end
[ $code -eq 0 ] && grep -q 'epoch1: wrong checksum; not used' log &&
    cmp straight/checkpoint/epoch1 cut/checkpoint/epoch1
ok "so is a checkpoint with one wrong byte"

LATSUB_CHECKPOINT=straight/checkpoint/epoch0 train_start other
train_end
[ $code -eq 0 ] && grep -q 'resuming from straight/checkpoint/epoch0' log &&
    cmp straight/checkpoint/epoch1 other/checkpoint/epoch1
ok "training goes on from \$LATSUB_CHECKPOINT"

LATSUB_CHECKPOINT=gone/epoch9 train_start other --batch 4
train_end
[ $code -eq 0 ] && grep -q 'gone/epoch9.*not used' log &&
    grep -q 'resuming from other/checkpoint/epoch1' log
ok "where that is absent it finds its own, whatever the batch size"

measure straight >measure.log 2>&1 && measure pieces >>measure.log 2>&1
ok "all the measuring phases run"

cmp straight/results/table.txt pieces/results/table.txt &&
    ! grep -q missing straight/results/table.txt
ok "interrupted or not, the table is the same bit for bit"

awk 'length > 80 { exit 1 }' straight/results/report.txt &&
    grep -q 'us a window  *[0-9]' straight/results/report.txt
ok "the report has the timings and fits 80 columns"

# Columns from the right: widths 0 1 2 4 8.  First the wire's row, then the rest.
awk '$2 == "wire" && NF == 7 { wide = $7; none = $3; seen++
        if (wide >= none) exit 1 }
    $1 == "unigram" && wide >= $2 { exit 1 }
    $1 == "bigram" && wide >= $2 { exit 1 }
    END { if (seen != 3) exit 1 }' straight/results/table.txt
ok "the model beats unigram and bigram, and the wire helps: it learned"

rm straight/results/phase1/kitchen_123.txt straight/results/phase3/bigram.txt
LATSUB_FAILED_PHASES=phase3_baselines \
    ./latentwire aggregate --run-dir straight >out 2>&1 &&
    grep -q '^missing: phase1_statistical kitchen 123' out &&
    grep -q 'failed phases: phase3_baselines' straight/results/report.txt
ok "a missing result is named, and so are failed phases"

export LATSUB_RUN_DIR=counted LATSUB_PHASE=phase3_baselines LATSUB_TASK=2 \
    LATSUB_ATTEMPT=1
./latentwire baseline --method unigram >out 2>&1 &&
    LATENTWIRE_FAIL_PHASE=training ./latentwire baseline --method bigram >out &&
    [ "$(cat counted/results/executions.log)" = \
        $'phase3_baselines 2 1\nphase3_baselines 2 1' ]
ok "each execution appends its phase, task and attempt"

LATENTWIRE_FAIL_PHASE=phase3_baselines \
    ./latentwire baseline --method truncate >out 2>&1
[ $? -eq 3 ] && [ ! -e counted/results/phase3/truncate.txt ] &&
    [ "$(wc -l <counted/results/executions.log)" -eq 3 ]
ok "LATENTWIRE_FAIL_PHASE makes that phase fail with 3, counted all the same"

echo "1..$count"
[ $failed -eq 0 ]
