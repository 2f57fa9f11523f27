#!/bin/bash
# as_sbatch.t - an option makes of latsub's job what it makes of sbatch's: Slurm shows
# both alike.  Each option of latsub-experiment(5) is tried, alone.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 8
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# A value for each, and what sbatch is told beside it.
declare -A value=([time]=1:30:00 [time-min]=20 [partition]=short [account]=physics
	[qos]=normal [nodes]=2 [ntasks]=3 [cpus-per-task]=4 [mem]=1G [gpus]=1
	[gres]=gpu:1 [constraint]=fast [signal]=R:USR1@120 [requeue]=no [output]=mine-%j
	[open-mode]=truncate [mail-type]='END,TIME_LIMIT_90' [mail-user]=somebody
	[nice]=100 [comment]=mine)
declare -A beside=([time-min]="time = 60")
mapfile -t options < <(sed -n '/^\.Sh OPTIONS OF SBATCH/,/^\.Sh TEMPLATES/s/^\.It Ic //p' \
	"$top_srcdir/docs/latsub-experiment.5")
is "each option that is documented has a value here" \
	"$(printf '%s\n' "${options[@]}" | sort)" "$(printf '%s\n' "${!value[@]}" | sort)"

scontrol update NodeName=n1 AvailableFeatures=fast ActiveFeatures=fast
# Nothing starts, so both jobs wait.
for partition in $(sinfo -h -o %R); do
	scontrol update PartitionName="$partition" State=DOWN
done
{
	printf '[experiment]\nname = e\n[phase none]\ncommand = true\n'
	for option in "${options[@]}"; do
		printf '[phase %s]\ncommand = true\n%s = %s\n%s\n' "$option" "$option" \
			"${value[$option]}" "${beside[$option]-}"
	done
} >e.ini

# What sbatch is told, one a line: latsub's own defaults, then the option.
sbatch_words() { # option
	local own=(--requeue --open-mode=append --kill-on-invalid-dep=yes)
	case $1 in
	none) ;;
	requeue) own[0]=--no-requeue ;;
	open-mode) own[1]=--open-mode=${value[$1]} ;;
	signal) own+=(--signal="B${value[$1]}") ;; # the runner passes it on
	*) own+=("--$1=${value[$1]}") ;;
	esac
	[ -z "${beside[$1]-}" ] || own+=("--${beside[$1]// = /=}")
	printf '%s\n' "${own[@]}"
}
# A job as Slurm shows it, without what is of one job alone.
shown() { # job
	scontrol show job -o "$1" | tr ' ' '\n' | grep '=' | grep -vE \
		'^(JobId|Command|WorkDir|Std(Out|Err|In)|[A-Za-z]*Time|LastSchedEval|Priority|AllocNode:Sid|Reason|Comment)='
	scontrol show job -o "$1" | grep -oE '(TimeLimit|TimeMin)=[^ ]*'
}
latsubs() { # phase: its job
	scontrol show job -o "$(squeue -h -n "$1" -o %A | sort -n | head -n 1)"
}
sbatch_one() { # option
	local words
	mapfile -t words < <(sbatch_words "$1")
	printf '#!/bin/bash\ntrue\n' | sbatch -J "$1" "${words[@]}"
}

ok "each option is taken by latsub" "$latsub" experiment e.ini -o runs/e
for option in none "${options[@]}"; do
	ok "$option: sbatch takes it, too" sbatch_one "$option"
	mapfile -t jobs < <(squeue -h -n "$option" -o %A | sort -n)
	is "$option: there are two jobs" ${#jobs[@]} 2
	is "$option: Slurm shows both alike, but for" \
		"$(diff <(shown "${jobs[0]}") <(shown "${jobs[-1]}"))" ""
done
# latsub's own, which sbatch has from its command line
like "output: it is the job's" "$(latsubs output)" 'StdOut=[^ ]*/runs/e/mine-[0-9]+ '
like "comment: it stands before latsub's" "$(latsubs comment)" 'Comment=mine \[latsub run-'
finish
