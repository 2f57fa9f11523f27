#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# runner.sh - what "latsub run" costs a job: the time before its command
# starts and after it ended, the memory, and the CPU time while it waits.
#
# Usage: runner.sh [STARTS] [SECONDS]      (60, 20)
#        CASES="small phases array" (default) or some of them
#
# small: 2 phases, an array of STARTS tasks; phases: 1000 phases; array: one of
# 10000 tasks.  Memory and CPU are those of real jobs that sleep.  Starts are
# measured outside of Slurm, whose own jitter is greater than all of it, with
# the environment of those jobs, in turns with the same script without latsub.

# shellcheck disable=SC2016 # what is in single quotes is for the jobs' shells

# shellcheck source=bench/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

STARTS=${1:-60}
SLEEP=${2:-20}
CASES=${CASES:-small phases array}
declare -A RUNNER=() PEAK=() WAIT_US=() # by case: pid, KiB, microseconds

tasks_of() { case $1 in array) echo 10000 ;; *) echo "$STARTS" ;; esac; }

write_experiment() # CASE
{
    local i
    cat <<END2
[experiment]
name = bench_$1
workdir = .
output_root = runs

[defaults]
time = 00:10:00
cpus-per-task = 1

[phase probe]
command = env -0 >env.new; echo \$PPID >pid; mv env.new env; exec sleep $((SLEEP + 6))

END2
    if [[ $1 == phases ]]; then
        for ((i = 0; i < 1000; i++)); do
            printf '[phase step%d]\nafter_any = probe\n' "$i"
            printf 'command = echo "$EPOCHREALTIME" >"$STAMPS/began"; echo "$EPOCHREALTIME" >"$STAMPS/ended"\n\n'
        done
    else
        printf '[phase step]\nafter_any = probe\narray.TASK = %s\n' \
            "$(seq -s ' ' "$(tasks_of "$1")")"
        printf 'command = echo "$EPOCHREALTIME" >"$STAMPS/began"; echo "$EPOCHREALTIME" >"$STAMPS/ended"\n'
    fi
}

submit_case() # CASE
{
    mkdir -p "$WORK/$1"
    cd "$WORK/$1" || exit
    write_experiment "$1" >experiment.ini
    elapsed_us "$LATSUB" experiment --output-dir run experiment.ini
}

wait_for_probes()
{
    local name try
    for name in $CASES; do
        for ((try = 0; try < 300; try++)); do
            [[ -s $WORK/$name/env ]] && break
            sleep 0.1
        done
        [[ -s $WORK/$name/env ]] || die "the job of $name does not start"
        RUNNER[$name]=$(<"$WORK/$name/pid")
    done
}

# Of what the scheduler counted; clock ticks where it does not count.
cpu_us() # PID
{
    local ns fields
    if read -r ns _ <"/proc/$1/schedstat" 2>/dev/null && ((ns > 0)); then
        REPLY=$((ns / 1000))
    else
        read -r fields <"/proc/$1/stat"
        # shellcheck disable=SC2086
        set -- ${fields##*)}
        REPLY=$(((${12} + ${13}) * 1000000 / $(getconf CLK_TCK)))
    fi
}

status_of() # PID KEY
{
    awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

measure_waiting()
{
    local name
    local -A before=() woken=()
    sleep 2
    for name in $CASES; do
        cpu_us "${RUNNER[$name]}"
        before[$name]=$REPLY
        woken[$name]=$(status_of "${RUNNER[$name]}" voluntary_ctxt_switches)
    done
    sleep "$SLEEP"
    printf 'waiting, %d s\n' "$SLEEP"
    printf '  %-10s %8s %8s %8s %10s %10s %8s\n' '' RssKiB PeakKiB AnonKiB \
        'before us' 'waiting us' 'wakes'
    for name in $CASES; do
        cpu_us "${RUNNER[$name]}"
        WAIT_US[$name]=$((REPLY - ${before[$name]}))
        PEAK[$name]=$(status_of "${RUNNER[$name]}" VmHWM)
        printf '  %-10s %8d %8d %8d %10d %10d %8d\n' "$name" \
            "$(status_of "${RUNNER[$name]}" VmRSS)" \
            "${PEAK[$name]}" "$(status_of "${RUNNER[$name]}" RssAnon)" \
            "${before[$name]}" "${WAIT_US[$name]}" \
            $(($(status_of "${RUNNER[$name]}" voluntary_ctxt_switches) - ${woken[$name]}))
    done
    print_plain_shell
    printf '\n'
    for name in $CASES; do
        target "$name: peak memory" \
            "$(calc "${PEAK[$name]} / 1024" %.2f)" '<=' 8 MiB
        target "$name: CPU time while it waits" \
            "$(calc "${WAIT_US[$name]} / 1000" %.2f)" '<' 1 ms
    done
    printf '\n'
}

# For comparison: the shell that a plain script leaves waiting.
print_plain_shell()
{
    local pid
    bash -c 'sleep 5; :' &
    pid=$!
    sleep 0.3
    printf '  %-10s %8d %8d %8d\n' '(bash)' "$(status_of $pid VmRSS)" \
        "$(status_of $pid VmHWM)" "$(status_of $pid RssAnon)"
    wait $pid
}

# one_start SCRIPT [NAME=VALUE...]: sets BEFORE and AFTER, microseconds.
one_start()
{
    local script=$1 end
    shift
    env -i "${JOB_ENV[@]}" "$@" STAMPS="$WORK/stamps" bash "$WORK/$script" \
        >"$WORK/out" 2>&1 || die "$script: $(cat "$WORK/out")"
    end=${EPOCHREALTIME/./}
    read -r began <"$WORK/stamps/began"
    read -r ended <"$WORK/stamps/ended"
    read -r start <"$WORK/stamps/start"
    BEFORE=$((${began/./} - ${start/./}))
    AFTER=$((end - ${ended/./}))
    rm -f -- "$WORK/stamps"/*
}

# job_of PHASE: the runner steps back in a job that is not the phase's.
job_of()
{
    sed -n "/^\[jobs\]/,/^\[/s/^$1=//p" run/.experiment_state
}

measure_starts() # CASE
{
    local i with='' without='' after='' plain='' more
    mapfile -d '' -t JOB_ENV <"$WORK/$1/env"
    cd "$WORK/$1" || exit
    for ((i = 0; i < STARTS; i++)); do
        if [[ $1 == phases ]]; then
            more=(LATSUB_PHASE="step$i" SLURM_JOB_ID="$(job_of "step$i")")
        else
            more=(LATSUB_PHASE=step SLURM_ARRAY_TASK_ID="$i"
                SLURM_ARRAY_JOB_ID="$(job_of step)")
        fi
        # Slurm knows nothing of these attempts: it is not to be asked
        one_start with.sh "${more[@]}" LATSUB_TASK_BASE=0 LATSUB_UNPREEMPTED=main SLURM_JOB_PARTITION=main
        with+=" $BEFORE" after+=" $AFTER"
        one_start without.sh
        without+=" $BEFORE" plain+=" $AFTER"
    done
    # shellcheck disable=SC2086 # lists
    print_starts "$1" "$(median $with)" "$(median $without)" \
        "$(median $after)" "$(median $plain)" \
        "$(printf '%s\n' $with | sort -g | awk '{ v[NR] = $1 } END { print v[int(NR * 0.95 + 0.5)] }')"
}

print_starts() # CASE WITH WITHOUT AFTER PLAIN WITH95
{
    printf '  %-10s %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f\n' "$1" \
        "$(calc "$2 / 1e3")" "$(calc "$6 / 1e3")" "$(calc "$3 / 1e3")" \
        "$(calc "($2 - $3) / 1e3")" "$(calc "$2 / $3")" "$(calc "($4 - $5) / 1e3")"
    ADDED[$1]=$(calc "($2 - $3) / 1e3" %.2f)
}

write_scripts()
{
    mkdir "$WORK/stamps"
    printf '#!/bin/bash\necho "$EPOCHREALTIME" >"$STAMPS/start"\n' |
        tee "$WORK/with.sh" >"$WORK/without.sh"
    printf 'exec "$LATSUB_BIN" run\n' >>"$WORK/with.sh"
    printf "exec /bin/bash -c '%s'\n" \
        'echo "$EPOCHREALTIME" >"$STAMPS/began"; echo "$EPOCHREALTIME" >"$STAMPS/ended"' \
        >>"$WORK/without.sh"
}

make_work
write_scripts
start_slurm --nodes 1 --cpus 8
print_machine
for name in $CASES; do
    submit_case "$name"
done
wait_for_probes
# What runs goes on; nothing else is to start.
scontrol update PartitionName=main State=DOWN || die "the partition stays up"
measure_waiting
scancel --quiet --user="$(id -un)"
sleep 3
declare -A ADDED=()
printf 'starting, milliseconds, median of %d\n' "$STARTS"
printf '  %-10s %9s %9s %9s %9s %9s %9s\n' '' with '95%' without added ratio 'at end'
for name in $CASES; do
    measure_starts "$name"
done
printf '\n'
for name in $CASES; do
    target "$name: before the command starts" "${ADDED[$name]}" '<=' 15 ms
done
finish
