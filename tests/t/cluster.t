#!/bin/bash
# cluster.t - a run of one cluster where another answers: nothing of that is taken for
# the run's, cancelled or shown; a resume does not run a second time what may still run.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 1 --cpus 8
here=$SLURM_CONF
start_sandbox --nodes 1 --cpus 8 --conf-extra ClusterName=other
there=$SLURM_CONF
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

cat >e.ini <<'INI'
[experiment]
name = e
[phase only]
command = echo only >> "$LATSUB_RUN_DIR/ran"; until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
[phase last]
after = only
command = echo last >> "$LATSUB_RUN_DIR/ran"
INI
# What a login node has whose default slurm.conf is the one that is named here: the
# run remembers none.
forget_conf() { sed -i 's/^slurm_conf=.*/slurm_conf=/' "$1/.experiment_state"; }
metadata() { sed -n "s/^$2=//p" "$1/.experiment_state"; }
journal() { cat "$1"/.latsub/journal/*.jsonl | cksum; }
runs_at() { [ "$(SLURM_CONF=$1 squeue -h -n "$2" -o %T)" = RUNNING ]; }
job_at() { SLURM_CONF=$1 squeue -h -n "$2" -o %A; }
run_at() { SLURM_CONF=$1 "$latsub" "${@:2}" >"$tmp/out" 2>&1; }
ended() { run_at "$1" status "$2"; }

ok "a run is submitted to the one" run_at "$here" experiment e.ini -o runs/a
ok "it runs there" until_true 30 runs_at "$here" only
forget_conf runs/a
# no latsub's, and as it happens of that number and that name
printf '#!/bin/bash\nsleep 600\n' >plain.sh
SLURM_CONF=$there sbatch -J only -o "$tmp/plain.log" plain.sh >/dev/null
ok "a person's own job runs at the other" until_true 30 runs_at "$there" only
is "it has the number of the run's" "$(job_at "$there" only)" "$(job_at "$here" only)"

# ---- status, watch, audit ----
before=$(journal runs/a)
run_at "$there" status runs/a
is "status at the other: unfinished" $? 3
like "it is from the state alone, and why" "$(cat "$tmp/out")" \
	"from the state alone: .*submitted to cluster sandbox, and .*other"
run_at "$there" status --json runs/a
like "so says the JSON" "$(cat "$tmp/out")" '"slurm_answered": *false'
SLURM_CONF=$there timeout 5 "$latsub" status --watch runs/a >"$tmp/out" 2>&1
like "watch says it once" "$(grep -c 'submitted to cluster sandbox, and' "$tmp/out")" '^1$'
run_at "$there" audit runs/a
is "audit at the other: no difference, and nothing of Slurm" $? 4
like "which it says" "$(cat "$tmp/out")" 'Slurm is not asked: .*submitted to cluster sandbox, and .*other'

# ---- cancel ----
run_at "$there" cancel runs/a
is "cancel at the other is refused" $? 4
like "with both names, and what to set" "$(cat "$tmp/out")" \
	"submitted to cluster sandbox, and .*other.*SLURM_CONF.*slurm_conf=.*runs/a"
ok "the person's job runs on" runs_at "$there" only
is "nothing is recorded" "$(journal runs/a)" "$before"

# ---- resume ----
run_at "$there" --resume runs/a --dry-run
is "a dry run at the other" $? 4
like "foretells the refusal" "$(cat "$tmp/out")" 'a resume is refused: .*cluster sandbox'
run_at "$there" --resume runs/a
is "a resume at the other is refused: what runs would run twice" $? 4
like "with the way out" "$(cat "$tmp/out")" \
	"submitted to cluster sandbox, and .*other.*may still run.*SLURM_CONF.*--other-cluster"
is "nothing is recorded" "$(journal runs/a) $(metadata runs/a cluster)" "$before sandbox"
is "nothing is submitted" "$(SLURM_CONF=$there squeue -h | wc -l)" 1
forget_conf runs/a
ok "at its own cluster cancel cancels it" run_at "$here" cancel runs/a
no_job_at() { [ -z "$(SLURM_CONF=$1 squeue -h)" ]; }
ok "nothing of it is left" until_true 30 no_job_at "$here"

# ---- what has ended may go on elsewhere, and what a person says is lost ----
touch runs/a/go
ok "a run with nothing under way goes on at the other" run_at "$there" --resume runs/a
like "which is said" "$(cat "$tmp/out")" 'this is the cluster other, and .* submitted to sandbox'
is "it is the other's now" "$(metadata runs/a cluster)" other
ok "it ends there" until_true 60 ended "$there" runs/a
ok "the person's job runs on" runs_at "$there" only
is "what ran" "$(tr '\n' ' ' <runs/a/ran)" "only only last "

ok "another run is submitted to the one" run_at "$here" experiment e.ini -o runs/b
ok "it runs there" until_true 30 runs_at "$here" only
forget_conf runs/b
ok "--other-cluster goes on at the other" run_at "$there" --resume runs/b --other-cluster
two_ran() { [ "$(grep -c only "$1/ran")" = 2 ]; }
ok "it runs at the other" until_true 30 two_ran runs/b
# the journal has the number that the run's job had at the one
like "of whose jobs the old numbers do not count" "$(metadata runs/b others_jobs)" '^[0-9]+'
touch runs/b/go
ok "it ends" until_true 60 ended "$there" runs/b
ok "the person's job runs on" runs_at "$there" only
finish
