# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lib.sh - what the benchmarks share: the binary, a Slurm of their own in a
# directory that goes away again, clocks, medians, verdicts.
#
# In:  LATSUB (else ../latsub), LATSUB_SANDBOX_SCRIPT (else ../libexec/...).
# Out: LATSUB, WORK (scratch directory); MISSED (targets that were not met).

set -u -o pipefail
export LC_ALL=C

BENCH=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 5
LATSUB=${LATSUB:-$BENCH/../latsub}
SANDBOX_SCRIPT=${LATSUB_SANDBOX_SCRIPT:-$BENCH/../libexec/latsub-sandbox}
WORK=''
MISSED=0

die()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 5
}

# A job or another cluster that we are called from must not be measured.
for name in "${!SLURM_@}" "${!SBATCH_@}" "${!LATSUB_@}"; do
    [[ $name == LATSUB_SLURM_MODULE ]] || unset "$name"
done

[[ -x $LATSUB ]] || die "no $LATSUB: build it, or set LATSUB to the binary"
LATSUB=$(realpath -- "$LATSUB")
export LATSUB_SANDBOX_SCRIPT=$SANDBOX_SCRIPT

# Short on purpose: Slurm's sockets are in it, and their paths are limited.
make_work()
{
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/lsb.XXXXXX") || die "no scratch directory"
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
}

clean_up()
{
    [[ -n $WORK ]] || return
    if [[ -d $WORK/slurm ]]; then
        "$SANDBOX_SCRIPT" stop --dir "$WORK/slurm" >/dev/null
    fi
    if [[ -n ${KEEP:-} ]]; then
        printf 'kept: %s\n' "$WORK" >&2
    else
        rm -rf -- "$WORK"
    fi
}

# start_slurm [OPTION...]: of latsub-sandbox start. Its scheduler is to act as
# on other clusters, not as soon as the sandbox's own settings would have it,
# and jobs that ended are to be forgotten, not to slow down what comes next.
start_slurm()
{
    "$SANDBOX_SCRIPT" start --dir "$WORK/slurm" --conf-extra MinJobAge=2 "$@" \
        >"$WORK/slurm.log" || die "no Slurm: $(cat "$WORK/slurm.log")"
    eval "$("$SANDBOX_SCRIPT" env --dir "$WORK/slurm")"
}

# Only this sandbox is asked: SLURM_CONF is its own.
cancel_all()
{
    local try
    scancel --quiet --user="$(id -un)"
    for ((try = 0; try < 120; try++)); do
        [[ $(squeue -h -t all | wc -l) == 0 ]] && return
        sleep 1
    done
    die "jobs do not go away"
}

now_us() { printf '%s' "${EPOCHREALTIME/./}"; }

# elapsed_us COMMAND...: sets REPLY; the command's output goes to $WORK/out.
elapsed_us()
{
    local begin=${EPOCHREALTIME/./}
    "$@" >"$WORK/out" 2>&1 || die "failed: $* ($(tail -n 3 "$WORK/out"))"
    REPLY=$((${EPOCHREALTIME/./} - begin))
}

# median NUMBER...
median()
{
    printf '%s\n' "$@" | sort -g |
        awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2)
             print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

# calc EXPRESSION [FORMAT]
calc() { awk "BEGIN { printf \"${2:-%.3f}\", ($1) }"; }

# target WHAT VALUE OPERATOR LIMIT UNIT
target()
{
    local word=ok
    if [[ $(calc "$2 $3 $4" %d) != 1 ]]; then
        word=MISSED
        MISSED=$((MISSED + 1))
    fi
    printf '  %-44s %10s %-5s target %s %s  %s\n' "$1" "$2" "$5" "$3" "$4" "$word"
}

print_machine()
{
    local memory
    memory=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
    printf '# %s; %s cores, %s, Linux %s; %s; %s\n\n' "$(date +%F)" "$(nproc)" \
        "$memory" "$(uname -r)" "$(sbatch --version 2>/dev/null)" \
        "load $(cut -d' ' -f1 /proc/loadavg)"
}

finish()
{
    ((MISSED == 0)) || printf '\n%d target(s) missed\n' "$MISSED"
    exit $((MISSED > 0))
}
