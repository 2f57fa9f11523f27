#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# journal.sh - is the cost of an event flat, and of a read only what is new?
# Builds journal.c against liblatsub.a and judges what it prints.
#
# Usage: journal.sh [EVENTS] [TASKS]      (1000000, 10000)
#        BUILD=DIR has liblatsub.a (default: where latsub is); needs no Slurm

# shellcheck source=bench/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

EVENTS=${1:-1000000}
TASKS=${2:-10000}
BUILD=${BUILD:-$(dirname -- "$LATSUB")}

[[ -r $BUILD/liblatsub.a ]] || die "no $BUILD/liblatsub.a: set BUILD to the build's directory"
make_work
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -I"$BENCH/../include" -o "$WORK/journal" \
    "$BENCH/journal.c" "$BUILD/liblatsub.a" -linih -ljansson -lz ||
    die "journal.c does not compile"
print_machine
printf '%d events of an array of %d tasks, one append each\n\n' "$EVENTS" "$TASKS"
"$WORK/journal" "$WORK/run" "$EVENTS" "$TASKS" >"$WORK/figures" || die "journal failed"
grep -v '^summary' "$WORK/figures"
printf '\n%d tasks, ended by 64 processes at once, each event synced\n\n' "$TASKS"
"$WORK/journal" "$WORK/writers" "$TASKS" >"$WORK/writers.out" || die "journal failed"
grep -v '^writers' "$WORK/writers.out"
read -r _ write_first write_last < <(grep '^writers' "$WORK/writers.out")
read -r _ append_first append_last fold_first fold_last idle whole \
    < <(grep '^summary' "$WORK/figures")
printf '\n'
target 'append, last block to first' "$(calc "$append_last / $append_first" %.2f)" '<' 1.5 ''
target 'fold, last block to first' "$(calc "$fold_last / $fold_first" %.2f)" '<' 1.5 ''
target 'nothing new, to one event from the start' "$(calc "$idle / $whole" %.2f)" '<' 100 ''
target '64 writers, last tenth to first' "$(calc "$write_last / $write_first" %.2f)" '<' 1.5 ''
finish
