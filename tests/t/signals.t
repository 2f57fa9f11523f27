#!/bin/bash
# signals.t - whatever way Slurm ends a job, and whatever stands around the program,
# its work is saved, each piece is done once, and nobody is left behind.
#
# A table: what happens (rows) to what kind of command (columns), on the kinds of
# cluster that there are.  A row is an experiment, with a phase for each column; all
# rows of all clusters run side by side, since the time limits take two minutes.
# The program is saver.c.  SIGNALS_SITES names the clusters (plain cgroup pgid).
#
# How Slurm 22.05 signals (see libexec/latsub-sandbox --help for the clusters):
# - The final CONT, TERM: on plain every process of the job has it at once; on cgroup
#   the direct children of slurmstepd, so the runner and srun's tasks; on pgid the
#   process groups of these.
# - Preemption with grace: USR1 to the runner at its start on plain and pgid.  On
#   cgroup (no preempt_send_user_signal, Slurm's default) srun's tasks have a TERM
#   then, and the runner nothing before the final TERM.
# - srun's tasks have the final TERM twice, on all of them, at the time limit and at a
#   preemption without grace; once by scancel and scontrol requeue.
. "$(dirname "$0")/lib.sh"

saver=$top_builddir/tests/t/saver
columns=(exec only lines timeout tee launcher srun steps)
# those that take longest come first
rows=(limit warned scancel cancel requeue preempted cancelled grace)
read -ra sites <<<"${SIGNALS_SITES:-plain cgroup pgid}"
grace_sec=22 # more than the launcher's program needs, and 2 s for latsub's records
declare -A conf=() run=() what=(
	[exec]="a plain program" [only]="a program that handles only what it is told by"
	[lines]="a script of two lines" [timeout]="timeout" [tee]="a pipe to tee"
	[launcher]="a launcher that dies at once, and a program that saves for 10 s"
	[srun]="srun, and 0 when it is saved" [steps]="a script of two lines with srun"
	[scancel]="scancel" [cancel]="latsub cancel" [requeue]="scontrol requeue"
	[preempted]="preempted by REQUEUE" [cancelled]="preempted by CANCEL"
	[grace]="preempted with grace" [limit]="the time limit"
	[warned]="a warning before the time limit")

# ---- clusters ----

# A node for each way of preemption, so that one job preempts a whole row.
start_site() {
	local site=$1 p='MaxTime=INFINITE DefaultTime=30 PriorityTier=1'
	start_sandbox --site "$site" --nodes 5 --cpus 24 --conf-extra KillWait=18 \
		--conf-extra "PartitionName=main Nodes=n[1-2] Default=YES $p PreemptMode=OFF" \
		--conf-extra "PartitionName=preempted Nodes=n3 $p PreemptMode=REQUEUE" \
		--conf-extra "PartitionName=cancelled Nodes=n4 $p PreemptMode=CANCEL" \
		--conf-extra "PartitionName=grace Nodes=n5 $p PreemptMode=REQUEUE GraceTime=$grace_sec"
	conf[$site]=$SLURM_CONF
}

# ---- experiments ----

# The signal by which the program is told: the one that Slurm sends, or where that
# does not reach it, what the keys say.
told_by() { # SITE ROW
	case $2 in warned | grace) echo USR1 ;; *) echo TERM ;; esac
}
row_keys() { # ROW
	case $1 in
	preempted | cancelled) echo "partition = $1" ;;
	grace) printf '%s\n' "partition = grace" "signal = USR1@$grace_sec" ;;
	limit) echo "time = 1" ;;
	warned) printf '%s\n' "time = 1" "signal = USR1@20" ;;
	esac
}
column_command() { # COLUMN SIGNAL
	case $1 in
	exec) echo 'exec "$SAVER"' ;;
	only) echo "SAVER_SIGNALS=$2 exec \"\$SAVER\"" ;;
	lines) printf '%s\n' 'echo begins' '"$SAVER"' 'status=$?' \
		'echo leaves' 'exit $status' ;;
	timeout) echo 'timeout 600 "$SAVER"' ;;
	tee) echo '"$SAVER" | tee -a "$LATSUB_RUN_DIR/tee.out"' ;;
	launcher) printf '%s\n' 'SAVER_SEC=10 "$SAVER" &' 'wait $!' ;;
	srun) echo 'SAVER_EXIT=0 srun -n1 "$SAVER"' ;;
	steps) printf '%s\n' 'echo begins' 'srun -n1 "$SAVER"' 'status=$?' \
		'echo leaves' 'exit $status' ;;
	esac
}
write_experiment() { # SITE ROW
	local column
	printf '%s\n' '[experiment]' "name = $2" '[env]' "SAVER = $saver" \
		'[defaults]' 'cpus-per-task = 1'
	row_keys "$2"
	for column in "${columns[@]}"; do
		printf '%s\n' "[phase $column]" "checkpoint = saved-$column/step*" \
			"command ="
		column_command "$column" "$(told_by "$1" "$2")" | sed 's/^/    /'
	done
}
submit() { # SITE ROW
	local file=$1-$2.ini
	run[$1-$2]=$tmp/e/$1-$2
	write_experiment "$1" "$2" >"$file"
	timeout 60 "$latsub" experiment "$file" -o "${run[$1-$2]}" >"$file.out" 2>&1 ||
		fail "$1: ${what[$2]}: it is submitted" "$(cat "$file.out")"
}

# ---- conditions, without a process for each look ----

trace_has() { # RUN COLUMN LINE
	local text=
	{ IFS= read -rd '' text <"$1/$2.trace"; } 2>/dev/null
	[[ $'\n'$text == *$'\n'$3$'\n'* ]]
}
all_have() { # RUN LINE
	local column
	for column in "${columns[@]}"; do trace_has "$1" "$column" "$2" || return; done
}
all_are() { # RUN WORD
	local column text=
	{ IFS= read -rd '' text <"$1/.experiment_state"; } 2>/dev/null
	for column in "${columns[@]}"; do
		[[ $text == *$'\n'"$column=$2"$'\n'* ]] || return
	done
}
# Processes with the run in their environment.
alive() { # RUN
	grep -lzFx -- "LATSUB_STATE=$1/.experiment_state" /proc/[0-9]*/environ 2>/dev/null
}
none_alive() { [ -z "$(alive "$1")" ]; }
until_second() { # SECOND COMMAND...: as until_true, by the clock of this script
	local left=$(($1 - SECONDS))
	shift
	until_true $((left > 0 ? left : 0)) "$@"
}

# ---- what happens to them ----

jobs_of() { sed -n '/^\[jobs\]/,/^\[/s/^[a-z]*=//p' "$1/.experiment_state"; }
take_node() { sbatch -Q -p high -w "$1" --exclusive -t 1 -o /dev/null --wrap 'sleep 1'; }
happen() { # ROW RUN
	case $1 in
	scancel) jobs_of "$2" | xargs scancel ;;
	cancel) timeout 60 "$latsub" cancel "$2" ;;
	requeue) jobs_of "$2" | xargs -n1 scontrol requeue ;;
	preempted) take_node n3 ;;
	cancelled) take_node n4 ;;
	grace) take_node n5 ;;
	esac >"$2/event.out" 2>&1
}
reason() { # ROW
	case $1 in
	requeue) echo operator ;;
	preempted | cancelled | grace) echo preempted ;;
	limit | warned) echo time_limit ;;
	esac
}
is_cancelled() { [ "$1" = scancel ] || [ "$1" = cancel ]; }
is_left() { # RUN: nothing of it is in the queue
	[ -z "$(squeue -h -j "$(jobs_of "$1" | paste -sd,)" 2>/dev/null)" ]
}

# ---- what is wrong with a cell ----

complain() { printf '%s\n' "$*"; }
steps_faults() { # TRACE
	local twice steps
	steps=$(sed -n 's/^step //p' "$1")
	twice=$(sort -n <<<"$steps" | uniq -d | paste -sd' ')
	[ -z "$twice" ] || complain "done twice: step $twice"
	[ "$(sort -nu <<<"$steps")" = "$(seq "$(sort -n <<<"$steps" | tail -1)")" ] ||
		complain "steps are missing"
}
record_faults() { # ROW COLUMN STATE
	local expected
	if is_cancelled "$1"; then
		expected="^$2\.cancelled\.1\.0=0\$"
	else
		expected="^$2\.requeued\.1\.0\.$(reason "$1")=0\$"
	fi
	grep -q "$expected" "$3" ||
		complain "not on record: $expected, but: $(grep "^$2\.[a-z]*\.[0-9]" "$3" | paste -sd' ')"
	[ "$(grep -c "^$2\.\(requeued\|failed\|lost\)\." "$3")" -le 1 ] ||
		complain "more than one end on record"
}
# What many programs abort on.  timeout passes a TERM on to its child and to its group,
# so that of one to the group three arrive; Slurm itself sends two to srun's tasks.
second_faults() { # ROW COLUMN TRACE
	local allowed=0
	case $2-$1 in
	timeout-*) allowed=2 ;;
	s*-limit | s*-preempted | s*-cancelled) allowed=1 ;;
	esac
	[ "$(grep -c '^again' "$3")" -le $allowed ] ||
		complain "told too often: $(grep -v '^step' "$3" | paste -sd,)"
}
cell_faults() { # SITE ROW COLUMN
	local dir=${run[$1-$2]} trace
	trace=$dir/$3.trace
	[ -s "$trace" ] || { complain "never started"; return; }
	[ "$(grep -c '^saved' "$trace")" = 2 ] || # the second time at its end
		complain "not saved once: $(grep -v '^step' "$trace" | paste -sd,)"
	[ "$(grep -c '^start' "$trace")" = 2 ] || complain "not two starts"
	grep -q '^start 0' <(grep '^start' "$trace" | tail -1) &&
		complain "the second start is from nothing"
	[ "$(grep -c '^done' "$trace")" = 1 ] || complain "not done once"
	grep -q '^alive' "$trace" && complain "beside it: $(grep '^alive' "$trace")"
	steps_faults "$trace"
	second_faults "$2" "$3" "$trace"
	record_faults "$2" "$3" "$dir/.experiment_state"
}
cell() { # SITE ROW COLUMN
	local faults
	faults=$(cell_faults "$@")
	if [ -z "$faults" ]; then
		pass "$1: ${what[$2]}: ${what[$3]}"
	else
		fail "$1: ${what[$2]}: ${what[$3]}" "$faults
$(tail -n 12 "${run[$1-$2]}/logs/$3"* 2>&1)"
	fi
}

# ---- the table ----

usable=()
for site in "${sites[@]}"; do
	[ "$site" = cgroup ] && ! can_have_groups || usable+=("$site")
done
mkdir "$tmp/e" && cd "$tmp/e" || exit 1
for site in "${usable[@]}"; do
	start_site "$site"
	for row in "${rows[@]}"; do submit "$site" "$row"; done
done
each() { # COMMAND: with SITE ROW, and that site's Slurm
	local site row
	for site in "${usable[@]}"; do
		export SLURM_CONF=${conf[$site]}
		for row in "${rows[@]}"; do "$1" "$site" "$row"; done
	done
}

begin() {
	case $2 in limit | warned) return ;; esac
	until_second 60 all_have "${run[$1-$2]}" 'step 2' ||
		fail "$1: ${what[$2]}: all start" "$(squeue)"
	happen "$2" "${run[$1-$2]}"
}
each begin

resume() {
	local dir=${run[$1-$2]}
	is_cancelled "$2" || return
	until_second $((begun + 40)) all_are "$dir" pending
	ok "$1: ${what[$2]}: the state says pending" all_are "$dir" pending
	ok "$1: ${what[$2]}: nothing is left in the queue" until_true 20 is_left "$dir"
	ok "$1: ${what[$2]}: nobody is alive" until_true 5 none_alive "$dir"
	ok "$1: ${what[$2]}: a resume goes on" timeout 60 "$latsub" --resume "$dir"
}
begun=$SECONDS
each resume

end() {
	local dir=${run[$1-$2]} column bound=$((begun + 90))
	case $2 in limit | warned) bound=$((begun + 150)) ;; esac
	until_second $bound all_are "$dir" completed
	for column in "${columns[@]}"; do cell "$1" "$2" "$column"; done
	ok "$1: ${what[$2]}: all is completed" all_are "$dir" completed
	ok "$1: ${what[$2]}: nobody is alive at the end" until_true 10 none_alive "$dir"
}
each end
finish
