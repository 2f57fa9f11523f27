#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# submit.sh - what it costs to check, plan and submit an experiment of N
# phases, against a loop of sbatch and against a bare loop of libslurm.
#
# Usage: submit.sh [N] [REPETITIONS]      (1000, 5)
#        SHAPES="chain fan" (default) or one of them; KEEP=1 keeps the files
#
# All submit N equal jobs with the same dependencies to the same private Slurm,
# whose partition is down: nothing starts, so nothing but submission is timed.
# chain: each phase waits for the one before; fan: all wait for the first.
# Status is measured, too: there, and of a mesh, 30 layers of two phases that
# wait for both of the layer before, with more paths than anybody can walk.

# shellcheck disable=SC2016 # what is in single quotes is for the jobs' shells
# shellcheck disable=SC2317 # functions are called by measure()

# shellcheck source=bench/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

N=${1:-1000}
REPETITIONS=${2:-5}
SHAPES=${SHAPES:-chain fan}

write_experiment() # SHAPE
{
    local i parent
    cat <<END2
# Generated: $N phases, $1.
[experiment]
name = bench_$1
workdir = .
output_root = runs

[env]
PROGRAM = ./program
SEED = 42

[defaults]
time = 00:10:00
cpus-per-task = 1

END2
    for ((i = 0; i < N; i++)); do
        printf '[phase p%05d]\n' "$i"
        [[ $1 == chain ]] && parent=$((i - 1)) || parent=0
        ((i == 0)) || printf 'after = p%05d\n' "$parent"
        printf 'command = "$PROGRAM" step %d --seed "$SEED" --out "$LATSUB_RUN_DIR"\n\n' "$i"
    done
}

sbatch_loop() # SHAPE
{
    local i parent='' id name
    for ((i = 0; i < N; i++)); do
        printf -v name 'p%05d' "$i"
        id=$(sbatch --parsable --job-name="$name" --time=10 --cpus-per-task=1 \
            --comment="latsub=bench:$name:1" --open-mode=append --requeue \
            --output="$WORK/$1/logs/$name-%j.log" --kill-on-invalid-dep=yes \
            ${parent:+--dependency=afterok:$parent} "$WORK/script.sh") || return
        [[ $1 == fan && -n $parent ]] || parent=$id
    done
}

# expect_jobs: everything is in Slurm, and nothing has started.
expect_jobs()
{
    local count
    count=$(squeue -h -t PD -o %i | wc -l)
    [[ $count == "$N" ]] || die "$count jobs are pending, not $N"
}

mesh_experiment()
{
    local layer side
    printf '[experiment]\nname = bench_mesh\n\n'
    for ((layer = 0; layer < 30; layer++)); do
        for side in a b; do
            printf '[phase %s%d]\n' $side $layer
            ((layer == 0)) || printf 'after = a%d b%d\n' $((layer - 1)) $((layer - 1))
            printf 'command = true\n\n'
        done
    done
}

run_mesh()
{
    local begin word=''
    mkdir -p "$WORK/mesh"
    cd "$WORK/mesh" || exit
    mesh_experiment >experiment.ini
    elapsed_us "$LATSUB" experiment --output-dir run experiment.ini
    begin=$(now_us)
    timeout 10 "$LATSUB" status run >"$WORK/out" 2>&1
    (($? != 124)) || word=' (was cut off)'
    target "mesh: status$word" "$(calc "($(now_us) - $begin) / 1e6")" '<' 0.3 s
    cancel_all
}

# measure NAME COMMAND...: adds a figure, in microseconds, to US[NAME].
measure()
{
    local name=$1
    shift
    elapsed_us "$@"
    US[$name]+=" $REPLY"
}

measure_submission() # NAME COMMAND...
{
    measure "$@"
    expect_jobs
    [[ $1 != latsub ]] || measure status run_status
    cancel_all
}

# It exits with the outcome: 3, as nothing is finished.
run_status() { "$LATSUB" status "runs/$RUN" || (($? == 3)); }

print_row() # NAME TEXT
{
    local mid
    # shellcheck disable=SC2086 # a list
    mid=$(median ${US[$1]})
    MID[$1]=$mid
    # shellcheck disable=SC2086
    printf '  %-28s %9.3f %9.3f %9.3f %9.3f %9.4f %9.4f\n' "$2" \
        "$(calc "$mid / 1e6")" \
        "$(calc "$(printf '%s\n' ${US[$1]} | sort -g | head -n 1) / 1e6")" \
        "$(calc "$(printf '%s\n' ${US[$1]} | sort -g | tail -n 1) / 1e6")" \
        "$(calc "$mid / 1e3 / $N")" \
        "$(calc "$mid / $MID_SBATCH")" "$(calc "$mid / $MID_BARE")"
}

run_shape() # SHAPE
{
    local i
    declare -gA US=([check]='' [dry]='' [status]='' [latsub]='' [sbatch]='' [bare]='') MID=()
    mkdir -p "$WORK/$1/logs"
    cd "$WORK/$1" || exit
    write_experiment "$1" >experiment.ini
    for ((i = 0; i < REPETITIONS; i++)); do
        measure check "$LATSUB" check experiment.ini
        measure dry "$LATSUB" experiment --dry-run experiment.ini
        RUN=$i
        measure_submission latsub "$LATSUB" experiment --output-dir "runs/$i" experiment.ini
        measure_submission bare "$WORK/bare_submit" "$N" "$1" "$WORK/script.sh" "$WORK/$1/logs/"
        measure_submission sbatch sbatch_loop "$1"
    done
    # shellcheck disable=SC2086
    MID_SBATCH=$(median ${US[sbatch]}) MID_BARE=$(median ${US[bare]})
    printf '%s, %d phases, median of %d\n' "$1" "$N" "$REPETITIONS"
    printf '  %-28s %9s %9s %9s %9s %9s %9s\n' '' seconds least most ms/job \
        /sbatch /bare
    print_row check 'latsub check'
    print_row dry 'latsub experiment --dry-run'
    print_row status 'latsub status'
    print_row latsub 'latsub experiment'
    print_row sbatch 'loop of sbatch'
    print_row bare 'bare loop of libslurm'
    printf '\n'
    if ((N >= 1000)); then # of fewer, fixed costs are too great a part
        target 'check' "$(calc "${MID[check]} / 1e6")" '<' 0.3 s
        target 'dry-run' "$(calc "${MID[dry]} / 1e6")" '<' 0.3 s
        target 'status' "$(calc "${MID[status]} / 1e6")" '<' 0.3 s
        target 'submission, times as fast as sbatch' \
            "$(calc "$MID_SBATCH / ${MID[latsub]}" %.2f)" '>=' 3 ''
        printf '\n'
    fi
}

make_work
${CC:-cc} -O2 -o "$WORK/bare_submit" "$BENCH/bare_submit.c" -lslurm ||
    die "bare_submit.c does not compile: libslurm's headers are needed"
# The script of every job of latsub, word for word.
printf '#!/bin/bash\nexec "$LATSUB_BIN" run\n' >"$WORK/script.sh"
start_slurm --nodes 1 --conf-extra SchedulerParameters=batch_sched_delay=3
scontrol update PartitionName=main State=DOWN || die "the partition stays up"
print_machine
for shape in $SHAPES; do
    run_shape "$shape"
done
run_mesh
finish
