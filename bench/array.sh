#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# array.sh - an array of N tasks that end as fast as they can: with latsub,
# which keeps the state of each, and the same array by bare sbatch.
#
# Usage: array.sh [N] [CPUS]      (10000, 16: CPUs of each of four nodes)
#        about N / 15 seconds in all; KEEP=1 keeps the files
#
# Both are timed from before the submission until the queue is empty. Slurm's
# own pace is most of it. Of latsub's state it is checked that all tasks are
# completed, that each ran once, and that the state file is small.

# shellcheck source=bench/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

N=${1:-10000}
CPUS=${2:-16}

write_experiment()
{
    local side=1
    # values as short as the array allows: a square of numbers
    while ((side * side < N)); do side=$((side + 1)); done
    ((side * side == N)) || die "$N is no square: 100, 400, 2500, 10000"
    cat <<END2
[experiment]
name = array
[phase sweep]
command = echo x >> "\$LATSUB_RUN_DIR/ran"
array.I = $(seq -s ' ' "$side")
array.J = $(seq -s ' ' "$side")
END2
}

await_empty_queue()
{
    until [[ $(squeue -h | wc -l) == 0 ]]; do sleep 1; done
}

run_bare()
{
    mkdir bare
    sbatch --quiet --array="0-$((N - 1))" --cpus-per-task=1 --time=10 \
        --output="$PWD/bare/%A_%a.log" \
        --wrap "echo x >> '$PWD/bare/ran'"
    await_empty_queue
}

run_latsub()
{
    "$LATSUB" experiment array.ini -o run || return
    await_empty_queue
}

make_work
start_slurm --nodes 4 --cpus "$CPUS" --conf-extra "MaxArraySize=$((N + 1))"
print_machine
cd "$WORK" || exit 5
write_experiment >array.ini
printf 'an array of %d tasks, %d CPUs in all\n\n' "$N" $((4 * CPUS))
elapsed_us run_bare
bare=$REPLY
elapsed_us run_latsub
latsub=$REPLY
size=$(stat -c %s run/.experiment_state)
printf '  %-44s %10s s\n' 'bare sbatch' "$(calc "$bare / 1e6" %.1f)" \
    'latsub' "$(calc "$latsub / 1e6" %.1f)"
printf '\n'
target 'latsub to bare sbatch' "$(calc "$latsub / $bare" %.2f)" '<' 1.5 ''
target 'tasks that ran in bare sbatch' "$(wc -l <bare/ran)" '==' "$N" ''
target 'tasks that ran' "$(wc -l <run/ran)" '==' "$N" ''
target 'phases completed' \
    "$(grep -c '^sweep=completed' run/.experiment_state)" '==' 1 ''
target 'state file' "$(calc "$size / 1024" %.1f)" '<' 64 kB
finish
