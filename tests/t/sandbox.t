#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Holds latsub-sandbox to its promises: it starts a Slurm that runs jobs, beside
# other sandboxes and for any user; says truly whether it runs; and leaves no
# process behind. Takes about a minute.
#
# In:  LATSUB_SANDBOX_BIN, the script (default: the one of this source tree).
# Out: TAP.

set -u
export LC_ALL=C
HERE=$(cd "$(dirname "$0")" && pwd)
SANDBOX=$(realpath "${LATSUB_SANDBOX_BIN:-$HERE/../../libexec/latsub-sandbox}")
PATH=$PATH:/usr/sbin:/sbin
unset LATSUB_SANDBOX_DIR LATSUB_SANDBOX_CONF_EXTRA XDG_RUNTIME_DIR SLURM_CONF

COUNT=0 FAILED=0
# The names are short: a long DIR takes another way, with a test of its own.
WORK=$(mktemp -d /tmp/lsbt.XXXXXX) || exit 1
A=$WORK/a B=$WORK/b
LONG="$WORK/long, and with 100% odd #characters/$(printf 'x%.0s' {1..60})"
NOBODY=$WORK/n
G=$WORK/g H=$WORK/h # as sites are

# ---- TAP --------------------------------------------------------------------

# ok TEXT COMMAND...: COMMAND's status decides; its output is shown on failure.
ok()
{
    local text=$1 out
    shift
    COUNT=$((COUNT + 1))
    if out=$("$@" 2>&1); then
        printf 'ok %d - %s\n' $COUNT "$text"
    else
        printf 'not ok %d - %s\n' $COUNT "$text"
        printf '%s\n' "$out" | tail -n 30 | sed 's/^/# /'
        FAILED=$((FAILED + 1))
    fi
}

# exits CODE COMMAND...
exits()
{
    local want=$1 rc
    shift
    "$@"
    rc=$?
    ((rc == want)) || {
        echo "exit code $rc, not $want"
        return 1
    }
}

# says PATTERN COMMAND...: succeeds if the output has a line like PATTERN,
# whatever COMMAND's status is.
says()
{
    local pattern=$1 out
    shift
    out=$("$@" 2>&1)
    printf '%s\n' "$out"
    grep -qE -- "$pattern" <<<"$out"
}

# eventually SECONDS COMMAND...
eventually()
{
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || {
            echo "not within the time: $*"
            "$@"
            return 1
        }
        sleep 0.2
    done
}

# ---- tools ------------------------------------------------------------------

sb() { timeout -k 5 80 "$SANDBOX" "$@"; }

# in_slurm DIR COMMAND...
in_slurm()
{
    local dir=$1
    shift
    (cd "$WORK" && SLURM_CONF=$dir/slurm.conf timeout 30 "$@")
}

job_says()
{
    local dir=$1 id=$2 pattern=$3
    in_slurm "$dir" scontrol -o show job "$id" | grep -qE -- "$pattern"
}

# Processes that were started with a path below DIR in their environment or
# their arguments, found without any help of the script. grep reads the path
# from a file, or it would find itself.
processes_of()
{
    local file pid
    grep -laF -f <(printf '%s\n' "$1") /proc/[0-9]*/{environ,cmdline} 2>/dev/null |
        while IFS= read -r file; do
            pid=${file#/proc/}
            pid=${pid%/*}
            ((pid == $$)) || echo "$pid"
        done | sort -nu
}

none_left()
{
    local pids
    pids=$(processes_of "$1")
    [[ -z $pids ]] && return 0
    # shellcheck disable=SC2086 # one word for each
    ps -o pid,ppid,args -p "$(echo $pids | tr ' ' ,)"
    return 1
}

cleanup()
{
    local dir pid
    for dir in "$A" "$B" "$G" "$H" "$LONG" "$NOBODY/s"; do
        [[ -d $dir ]] && sb stop --dir "$dir" >/dev/null 2>&1
    done
    for pid in $(processes_of "$WORK/"); do
        kill -9 "$pid" 2>/dev/null
    done
    rm -rf -- "$WORK"
}

# ---- tests ------------------------------------------------------------------

test_words()
{
    ok "--help succeeds" says '^Usage: ' exits 0 sb --help
    ok "no command is a usage error" exits 2 sb
    ok "an unknown command is a usage error" exits 2 sb frobnicate
    ok "an unknown option is a usage error" exits 2 sb start --frob
    ok "a bad number is a usage error" exits 2 sb start --dir "$A" --nodes 0
    ok "an unknown kind of site is a usage error" exits 2 sb start --site moon
    ok "status of nothing is 3" exits 3 sb status --dir "$A"
    ok "env of nothing is 3" exits 3 sb env --dir "$A"
    ok "stop of nothing succeeds" exits 0 sb stop --dir "$A"
    ok "a directory that cannot be is a system error" exits 5 sb start --dir /proc/none
    ok "an error of Slurm is 4" exits 4 sb start --dir "$A" --conf-extra "Foo=1"
    ok "... told with the reason from the log" says 'unrecognized key: Foo' \
        sb start --dir "$A" --conf-extra "Foo=1"
    ok "... and nothing is left of it" none_left "$A/"
}

start_through_pipe()
{
    local out
    out=$(set -o pipefail; timeout 60 "$SANDBOX" start --dir "$A" 2>&1 | cat) || return
    printf '%s\n' "$out"
    grep -qx "export SLURM_CONF=$A/slurm.conf" <<<"$out"
}

# A descriptor of the caller's, the lock, or a terminal in a daemon.
no_foreign_descriptors()
{
    local pid bad=0
    for pid in $(processes_of "$A/"); do
        readlink "/proc/$pid/fd"/* | grep -E "^$A/lock|^$WORK/mine|^/dev/(pts|tty)" && bad=1
    done
    return $bad
}

test_start()
{
    exec 7>"$WORK/mine"
    ok "start ends with its pipe closed and prints the export" start_through_pipe
    exec 7>&-
    ok "the daemons hold nothing of the caller's, nor the lock" no_foreign_descriptors
    ok "status of a running one is 0" exits 0 sb status --dir "$A"
    ok "all four nodes are idle" says '4 nodes idle' sb status --dir "$A"
    ok "a second start is quick and succeeds" \
        says 'already running' exits 0 timeout 5 "$SANDBOX" start --dir "$A"
    ok "env is for eval" bash -c "eval \"\$('$SANDBOX' env --dir '$A')\" &&
        [[ \$SLURM_CONF == $A/slurm.conf ]] && env | grep -q ^SLURM_CONF="
    ok "so is the output of start" bash -c "eval \"\$('$SANDBOX' start --dir '$A')\" &&
        [[ \$SLURM_CONF == $A/slurm.conf ]]"
    ok "conf is the path alone" test "$(sb conf --dir "$A")" = "$A/slurm.conf"
    ok "LATSUB_SANDBOX_DIR is the default of --dir" \
        test "$(LATSUB_SANDBOX_DIR=$A sb conf)" = "$A/slurm.conf"
    ok "the munge key is ours alone" test "$(stat -c %a:%s "$A/munge/munge.key")" = 400:1024
}

both_run_jobs()
{
    local one
    in_slurm "$A" sbatch --wait -o "$WORK/a.out" --wrap 'printenv SLURM_CONF' &
    one=$!
    in_slurm "$B" sbatch --wait -o "$WORK/b.out" --wrap 'printenv SLURM_CONF' &&
        wait $one &&
        grep -qx "$A/slurm.conf" "$WORK/a.out" && grep -qx "$B/slurm.conf" "$WORK/b.out"
}

test_side_by_side()
{
    ok "a second sandbox starts beside the first" exits 0 env \
        LATSUB_SANDBOX_CONF_EXTRA=$'killwait=9\nMinJobAge=77' \
        timeout 60 "$SANDBOX" start --dir "$B" --nodes 2 --cpus 3 \
        --conf-extra MinJobAge=66 --conf-extra 'PartitionName=low Nodes=n2'
    ok "both run jobs of their own" both_run_jobs
    ok "--nodes and --cpus count" says '^2 0/6/0/6$' in_slurm "$B" sinfo -h -p main -o '%D %C'
    ok "extra lines replace ours, the option's win" says 'MinJobAge += 66 ' \
        in_slurm "$B" scontrol show config
    ok "... whatever their case" says 'KillWait += 9 ' in_slurm "$B" scontrol show config
    ok "... partition by partition" says 'low n2$' in_slurm "$B" sinfo -h -o '%R %N'
    ok "stop of one" exits 0 sb stop --dir "$B"
    ok "... leaves nothing of it" none_left "$B/"
    ok "... and the other one alone" exits 0 sb status --dir "$A"
}

high_preempts_low()
{
    local low
    low=$(in_slurm "$A" sbatch --parsable -p low -N4 -n32 -o /dev/null --wrap 'exec sleep 60') &&
        eventually 10 job_says "$A" "$low" JobState=RUNNING &&
        in_slurm "$A" sbatch -p high -N4 -n32 --wait -o /dev/null --wrap true &&
        job_says "$A" "$low" ' Restarts=1 '
    local rc=$?
    in_slurm "$A" scancel "$low"
    return $rc
}

gets_gpus()
{
    in_slurm "$A" sbatch --gpus=2 --mem=1G -o "$WORK/gpu.out" --wait \
        --wrap 'printenv CUDA_VISIBLE_DEVICES' && grep -qx 0,1 "$WORK/gpu.out"
}

test_jobs()
{
    ok "a job gets the GPUs and the memory it asks for" gets_gpus
    ok "high preempts low, which is requeued" high_preempts_low
    ok "srun reaches all nodes" test "$(in_slurm "$A" srun -N4 echo x | wc -l)" = 4
}

lose_node()
{
    local id
    id=$(in_slurm "$A" sbatch --parsable -w n2 -o /dev/null --wrap 'exec sleep 300') &&
        eventually 10 job_says "$A" "$id" JobState=RUNNING &&
        sb kill-node n2 --dir "$A" && exits 3 sb status --dir "$A" &&
        sb start-slurmd n2 --dir "$A" &&
        eventually 10 job_says "$A" "$id" ' Restarts=1 '
    local rc=$?
    in_slurm "$A" scancel "$id"
    return $rc
}

test_trouble()
{
    ok "kill-slurmd" exits 0 sb kill-slurmd n3 --dir "$A"
    ok "... status is 3 and says what is missing" \
        says 'slurmd of n3 is not running' exits 3 sb status --dir "$A"
    ok "start-slurmd" exits 0 sb start-slurmd n3 --dir "$A"
    ok "... status is 0 again" exits 0 sb status --dir "$A"
    ok "an unknown node is a usage error" exits 2 sb kill-slurmd n9 --dir "$A"
    ok "a job of a node that lost power is requeued" lose_node
    ok "pause-slurmctld" exits 0 sb pause-slurmctld --dir "$A"
    ok "... status is 3 at once" says 'slurmctld is paused' \
        exits 3 timeout 5 "$SANDBOX" status --dir "$A"
    ok "resume-slurmctld" exits 0 sb resume-slurmctld --dir "$A"
    ok "... status is 0 again" exits 0 sb status --dir "$A"
    ok "kill-slurmctld" exits 0 sb kill-slurmctld --dir "$A"
    ok "... status is 3" exits 3 sb status --dir "$A"
    ok "start-slurmctld" exits 0 sb start-slurmctld --dir "$A"
    ok "... status is 0 again" exits 0 sb status --dir "$A"
}

# A job that resists: it ignores TERM, and has a child in another session that
# ignores TERM as well and wiped the environment we could know it by.
submit_stubborn_job()
{
    cat >"$WORK/stubborn" <<END
#!/bin/bash
trap '' TERM
env -i setsid /bin/bash -c "trap '' TERM; while :; do sleep 1; done; : $A/" &
touch "$WORK/runs"
while :; do sleep 1; done
END
    rm -f "$WORK/runs"
    STUBBORN=$(in_slurm "$A" sbatch --parsable -o /dev/null "$WORK/stubborn")
    eventually 10 test -e "$WORK/runs"
}

kill_everything()
{
    local pid
    for pid in $(processes_of "$A/"); do
        kill -9 "$pid" 2>/dev/null
    done
    eventually 5 none_left "$A/"
}

test_end()
{
    submit_stubborn_job
    ok "a job that resists is running" job_says "$A" "$STUBBORN" JobState=RUNNING
    ok "stop ends it too" exits 0 sb stop --dir "$A"
    ok "... nothing is left" none_left "$A/"
    ok "stop of a stopped one succeeds" exits 0 sb stop --dir "$A"
    ok "status of a stopped one is 3" exits 3 sb status --dir "$A"
    ok "start after stop" exits 0 sb start --dir "$A"
    ok "... the job that ran is requeued" job_says "$A" "$STUBBORN" ' Restarts=1 '
    ok "kill -9 of everything" kill_everything
    ok "... status is 3" exits 3 sb status --dir "$A"
    ok "... start copes with it" exits 0 sb start --dir "$A"
    ok "... and it works" in_slurm "$A" srun -N4 true
    ok "a start of a partly running one" sh -c \
        "'$SANDBOX' kill-slurmd n1 --dir '$A' && '$SANDBOX' start --dir '$A'"
    ok "... makes it whole" exits 0 sb status --dir "$A"
    sb stop --dir "$A" >/dev/null
    ok "start --clean" exits 0 sb start --clean --dir "$A"
    ok "... has forgotten the jobs" test -z "$(in_slurm "$A" squeue -h -t all)"
}

# By TERM, once its first daemon is there.
interrupt_start()
{
    local pid
    "$SANDBOX" start --dir "$B" &
    pid=$!
    eventually 10 test -S "$B/munge/munged.sock" && kill "$pid"
    wait "$pid"
    none_left "$B/" || sb status --dir "$B"
}

test_long_dir()
{
    ok "a long and odd directory" exits 0 sb start --nodes 1 --dir "$LONG"
    ok "... runs jobs" in_slurm "$LONG" sbatch --wait -o /dev/null --wrap 'srun true'
    ok "... stop" exits 0 sb stop --dir "$LONG"
    ok "... nothing is left" none_left "$LONG/"
    ok "... nor its short name" test ! -e "$LONG/short-dir"
}

# as_nobody COMMAND...: as an ordinary user, whoever runs this test.
as_nobody()
{
    if ((EUID == 0)); then
        setpriv --reuid=65534 --regid=65534 --clear-groups \
            env HOME=/nonexistent timeout 60 "$@"
    else
        timeout 60 "$@"
    fi
}

nobody_runs_jobs()
{
    (cd "$NOBODY" && SLURM_CONF=$NOBODY/s/slurm.conf as_nobody \
        sbatch -N2 --wait -o out --wrap 'id -u; srun echo step') &&
        test "$(grep -c step "$NOBODY/out")" = 2
}

test_ordinary_user()
{
    mkdir "$NOBODY"
    cp "$SANDBOX" "$NOBODY/latsub-sandbox"
    if ((EUID == 0)); then
        chmod 711 "$WORK"
        chown 65534:65534 "$NOBODY"
    fi
    chmod 755 "$NOBODY/latsub-sandbox"
    ok "an ordinary user can start it" exits 0 as_nobody "$NOBODY/latsub-sandbox" \
        start --dir "$NOBODY/s"
    ok "... status is 0" exits 0 as_nobody "$NOBODY/latsub-sandbox" status --dir "$NOBODY/s"
    ok "... run jobs" nobody_runs_jobs
    ok "... stop it" exits 0 as_nobody "$NOBODY/latsub-sandbox" stop --dir "$NOBODY/s"
    ok "... nothing is left" none_left "$NOBODY/"
}

# groups_of DIR: the control groups of all jobs of that sandbox.
groups_of()
{
    local first
    first=$(sed -n 's/^FirstJobId=//p' "$1/slurm.conf")
    find /sys/fs/cgroup -type d -name "job_${first%000}[0-9]*"
}

no_groups_of() { ! groups_of "$1" | grep .; }

# submit_family DIR: a job of that sandbox on n1, which says who of it
# gets TERM. One of it no one can know by parent or environment.
submit_family()
{
    cat >"$WORK/family" <<'END'
#!/bin/bash
child() { trap 'touch child.term; exit' TERM; while :; do sleep 0.1; done; }
(env -i setsid /bin/bash -c "trap '' TERM; while :; do sleep 0.1; done; : $PWD/" &)
trap 'touch batch.term; sleep 1; exit' TERM
set -m # its own group
child &
touch runs
while :; do sleep 0.1; done
END
    rm -f "$1"/{runs,batch.term,child.term}
    in_slurm "$1" sbatch --parsable -D "$1" -w n1 -n1 -o /dev/null "$WORK/family" >"$1/family"
    eventually 10 test -e "$1/runs"
}

signal_reaches_batch_only()
{
    local id
    read -r id <"$1/family"
    in_slurm "$1" scancel "$id"
    eventually 10 test -e "$1/batch.term" &&
        eventually 10 none_runs "$1" && job_says "$1" "$id" JobState=CANCELLED && [[ ! -e $1/child.term ]]
}

none_runs() { [[ -z $(in_slurm "$1" squeue -h) ]]; }

runs_out_of_memory()
{
    local id
    id=$(in_slurm "$1" sbatch --parsable -n1 -o /dev/null \
        --wrap 'head -c 300M /dev/zero | tail >/dev/null')
    eventually 20 job_says "$1" "$id" JobState=OUT_OF_MEMORY
}

test_groups()
{
    ok "an ordinary user cannot have control groups" exits 5 as_nobody \
        "$NOBODY/latsub-sandbox" start --dir "$NOBODY/s" --site cgroup
    ok "... and is told so" says 'control groups need root' as_nobody \
        "$NOBODY/latsub-sandbox" start --dir "$NOBODY/s" --site cgroup
    sb start --dir "$G" --nodes 2 --site cgroup >"$WORK/g.out" 2>&1
    if (($? == 5)) && grep -q 'control groups' "$WORK/g.out"; then
        echo "# not run here: control groups need root, and groups that may be written"
        sed 's/^/# /' "$WORK/g.out"
        return
    fi
    ok "--site cgroup starts" exits 0 sb status --dir "$G"
    ok "... a second one beside it" exits 0 sb start --dir "$H" --nodes 1 --site cgroup
    ok "... both run jobs on a node n1" submit_family "$G"
    ok "... of other numbers" submit_family "$H"
    ok "... each in groups of its own" test \
        "$(<"$G/family")" != "$(<"$H/family")" -a \
        -n "$(groups_of "$G")" -a -n "$(groups_of "$H")"
    ok "... TERM reaches the batch process only" signal_reaches_batch_only "$H"
    ok "... and KILL all of the job" eventually 10 no_groups_of "$H"
    ok "... memory is limited to 200 MiB" runs_out_of_memory "$H"
    ok "stop of one" exits 0 sb stop --dir "$G"
    ok "... leaves no process of it, not even one without name and parent" none_left "$G/"
    ok "... and none of its groups" no_groups_of "$G"
    ok "... the other one still runs jobs" in_slurm "$H" srun true
    ok "... and then has no group left" exits 0 sb stop --dir "$H"
    ok "... of its own" no_groups_of "$H"
    ok "a restart counts its jobs on" counts_on "$H"
}

counts_on()
{
    local before
    before=$(<"$1/family")
    sb start --dir "$1" --nodes 1 --site cgroup && submit_family "$1" &&
        (($(<"$1/family") > before && $(<"$1/family") < before + 100)) &&
        sb stop --dir "$1"
}

main()
{
    if ! command -v slurmctld munged >/dev/null; then
        echo "1..0 # SKIP slurmctld or munged is not installed"
        exit 0
    fi
    trap cleanup EXIT
    trap 'exit 130' INT TERM HUP
    test_words
    test_start
    test_side_by_side
    test_jobs
    test_trouble
    test_end
    ok "a start that is ended leaves nothing half done" interrupt_start
    test_long_dir
    test_ordinary_user
    test_groups
    echo "1..$COUNT"
    ((FAILED == 0))
}

main "$@"
