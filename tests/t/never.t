#!/bin/bash
# never.t - jobs that can never run, logs that cannot be opened, jobs that are
# held, a job that is cancelled while it is suspended: what latsub says of them, how
# it ends, and that a resume goes on.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 4 --cpus 8 --conf-extra SelectTypeParameters=CR_CPU_Memory \
	--conf-extra RequeueExitHold=77 --conf-extra FirstJobId=10000001
mkdir "$tmp/e" && cd "$tmp/e" || exit 1

make() { # NAME: an experiment from standard input, one phase or more
	{
		echo "[experiment]"
		echo "name = $1"
		cat
	} >"$1.ini"
}
submit() { # NAME [OPTION]...
	timeout 60 "$latsub" experiment "$1.ini" -o "runs/$1" "${@:2}" >out 2>err
}
status() { # RUN: the table and the notes
	timeout 20 "$latsub" status "runs/$1"
}
outcome() { timeout 20 "$latsub" status "runs/$1" >/dev/null 2>&1; echo $?; }
detail() { # RUN PHASE: the word that status has for it
	status "$1" | awk -v phase="$2" '$1 == phase { print $2; exit }'
}
detail_is() { [ "$(detail "$1" "$2")" = "$3" ]; }
job_of() { sed -n "/^\[jobs\]/,/^\[/s/^$2=//p" "runs/$1/.experiment_state"; }
state_of() { scontrol -o show job "$1" | sed -n 's/.*JobState=\([^ ]*\).*/\1/p'; }
state_is() { [ "$(state_of "$1")" = "$2" ]; }
reason_of() { squeue -h -o %r -j "$1"; }
reason_is() { [ "$(reason_of "$1")" = "$2" ]; }
started() { [ -s "runs/$1/started" ]; }
start='echo x >> "$LATSUB_RUN_DIR/started"'

# ---- roots that can never run: sbatch refuses them, Slurm takes them held ----
never() { # NAME LINE WORDS [OPTION-LINE]...: what is asked, what is said of it
	local name=$1 asked=$2 words=$3 line
	shift 3
	{
		echo "[phase fine]"
		echo "command = echo fine >> ran"
		echo "cpus-per-task = 1"
		echo "[phase big]"
		printf '%s\n' "$asked" "$@"
		echo "command = echo big >> ran"
		echo "[phase child]"
		echo "after = big"
		echo "command = echo child >> ran"
	} | make "$name"
	line=$(grep -n -F -x "$asked" "$name.ini" | cut -d: -f1)
	submit "$name"
	is "$name: exit 4" $? 4
	like "$name: why, and the line" "$(grep "$name.ini:$line" err | grep "phase big")" "$words"
	is "$name: nothing of it stays" "$(squeue -h | wc -l) $(ls -d "runs/$name" 2>/dev/null)" "0 "
}
refuses="Slurm refuses it: .*Requested (node|partition) configuration .*see .*"
never mem "mem = 70G" "$refuses\(mem = 70G\)"
never cpus "cpus-per-task = 9" "$refuses\(cpus-per-task = 9\)"
never nodes "nodes = 5" "nodes = 5 is more than partition main allows \(4\)"
never gres "gres = gpu:5" "$refuses\(gres = gpu:5\)"
never array "mem = 80G" "$refuses\(mem = 80G\)" "array.I = 1 2 3"
never list "mem = 90G" "$refuses\(mem = 90G\)" "partition = short,main"
never listnodes "nodes = 6" "nodes = 6 is more than partition low allows" "partition = low,main"
is "none of it ran" "$(cat ran 2>/dev/null)" ""
# on a drained machine, too: it is not a matter of time
submissions() { grep -c '_slurm_rpc_submit_batch_job: JobId=' "$sandbox_dir/log/slurmctld.log"; }
scontrol update NodeName=n[1-4] State=drain Reason=test
before=$(submissions)
never gone "mem = 99G" "$refuses\(mem = 99G\)"
never gonecpus "cpus-per-task = 9" "$refuses\(cpus-per-task = 9\)"
never gonetasks "ntasks = 33" "$refuses\(ntasks = 33\)"
never gonetogether "ntasks = 9" "$refuses\(ntasks = 9\)" "cpus-per-task = 4"
never gonenodes "nodes = 2" "$refuses\(nodes = 2\)" "mem = 1G" "ntasks = 17"
never gonegpus "gpus = 17" "$refuses\(gpus = 17\)"
never gonegres "gres = gpu:5" "$refuses\(gres = gpu:5\)"
never goneconstraint "constraint = haswell&avx" "refuse[sd] it: .*\(constraint = haswell&avx\)"
is "it was found out without a job" "$(submissions)" "$before"
scontrol update NodeName=n[1-4] State=resume
sed -i 's/^mem = 99G/mem = 1G/' gone.ini
submit gone --wait
is "mended, it runs" $? 0

# Slurm checks what is not held by itself
make child <<INI
[phase root]
command = sleep 60
[phase big]
after = root
mem = 70G
command = true
INI
submit child
is "a child that can never run: exit 4" $? 4
like "a child: Slurm's word and the line" "$(cat err)" 'phase big: .*child.ini:7 \(mem = 70G\)'

# of a list one partition is enough, whatever the others say
scontrol update PartitionName=main MaxNodes=1
make onelist <<INI
[phase two]
partition = main,low
nodes = 2
command = echo two
[phase long]
partition = short,low
time = 20
command = echo long
INI
submit onelist --wait
is "one partition of a list that can run it is enough" $? 0
scontrol update PartitionName=main MaxNodes=UNLIMITED
make toolong <<INI
[phase long]
partition = short,brief
time = 30
command = true
INI
scontrol create PartitionName=brief Nodes=n1 MaxTime=5 >/dev/null
submit toolong
is "longer than all partitions of a list allow: exit 4" $? 4
like "longer than all of a list: the line" "$(cat err)" 'toolong.ini:5: phase long: time = 30 '

# ---- nodes that are merely away are no refusal ----
scontrol update NodeName=n[1-4] State=drain Reason=test
make drained <<INI
[phase some]
mem = 1G
command = echo x
[phase all]
nodes = 4
command = echo x
[phase most]
ntasks = 8
cpus-per-task = 4
command = echo x
[phase gpus]
gpus = 16
command = echo x
[phase gres]
gres = gpu:4
command = echo x
INI
before=$(submissions)
submit drained
is "drained nodes: it is submitted, and waits" "$? $(squeue -h -o %j | sort | tr '\n' ' ')" "0 all gpus gres most some "
is "and nothing else was" "$(submissions)" $((before + 5))
is "drained nodes: status says that it waits" "$(detail drained some) $(detail drained all) $(detail drained gpus)" \
	"queued queued queued"
scontrol update NodeName=n[1-4] State=resume
all_done() { [ "$(outcome "$1")" = 0 ]; }
ok "it runs when they are back" until_true 60 all_done drained
scontrol update PartitionName=main State=DOWN
sed 's/^name = drained/name = down/' drained.ini >down.ini
submit down
is "nor is a partition that is down" "$? $(squeue -h -o %j | sort | tr '\n' ' ')" "0 all gpus gres most some "
timeout 20 "$latsub" cancel runs/down >/dev/null
scontrol update PartitionName=main State=UP

# ---- what became impossible while it waited ----
make later <<INI
[phase blocker]
partition = main
nodes = 4
cpus-per-task = 8
command = $start
    until [ -e $tmp/e/go ]; do sleep 0.2; done
[phase late]
partition = low
nodes = 2
command = echo late >> late.ran
[phase child]
after = late
command = echo child >> late.ran
INI
submit later
ok "later: one runs" until_true 20 started later
late=$(job_of later late)
scontrol update PartitionName=low MaxNodes=1
ok "later: Slurm sees it" until_true 60 reason_is "$late" PartitionNodeLimit
is "status has a word of its own for it" "$(detail later late)" cannot-run
like "status says why and what to do" "$(status later)" \
	"late: job $late can never run \\(PartitionNodeLimit\\)"
like "status says what to do" "$(status later)" '--resume .*/runs/later --config .*/later.ini'
is "JSON has the word" "$(timeout 20 "$latsub" status --json runs/later |
	sed -n '/"late"/,/"detail"/s/.*"detail": "\(.*\)",/\1/p')" cannot-run
is "what waits for it is queued" "$(detail later child)" queued
timeout 60 "$latsub" status --watch runs/later >watch.out 2>watch.err &
watch=$!
ok "--watch says it on standard error" until_true 20 grep -q "late: job $late can never run" watch.err
ok "and goes on while something runs" kill -0 $watch
touch go
wait $watch
is "with nothing but such jobs left it ends: exit 3" $? 3
is "it said it once, and once at the end what to do" \
	"$(grep -c "late: job $late can never run" watch.err) $(grep -c -e "--resume" watch.err)" "1 1"
timeout 60 "$latsub" --resume runs/later >out 2>err
is "a resume that changes nothing is refused" $? 4
like "with the line" "$(cat err)" 'experiment.ini:11: phase late: nodes = 2 is more than partition low allows \(1\)'
is "and changes nothing" "$(squeue -h -o %j | sort | tr '\n' ' ')" "child late "
scontrol update PartitionName=low MaxNodes=UNLIMITED
timeout 60 "$latsub" --resume runs/later --wait >out 2>err
is "once the partition allows it, a resume runs it" "$? $(tr '\n' ' ' <late.ran)" "0 late child "

# a resume replaces what can never run by what the experiment says now
rm -f late.ran go
sed 's/^name = later/name = mended/' later.ini >mended.ini
submit mended
ok "mended: one runs" until_true 20 started mended
late=$(job_of mended late)
scontrol update PartitionName=low MaxNodes=1
ok "mended: Slurm sees it" until_true 60 reason_is "$late" PartitionNodeLimit
sed -i 's/^nodes = 2/nodes = 1/' mended.ini
touch go
timeout 60 "$latsub" --resume runs/mended --config mended.ini --wait >out 2>err
is "mended in the experiment, a resume replaces the job" "$? $(tr '\n' ' ' <late.ran)" "0 late child "
like "and says so" "$(cat out)" "late .*can never run: PartitionNodeLimit: job $late is replaced"
scontrol update PartitionName=low MaxNodes=UNLIMITED

# ---- a log's directory ----
make logdir <<INI
[phase a]
output = deep/er/%x-%j.log
command = echo from a
[phase b]
output = $tmp/e/absolute/b.log
after = a
command = echo from b
INI
submit logdir --wait
is "the directories of logs are made" "$? $(cat runs/logdir/deep/er/a-*.log | grep -c 'from a') $(grep -c 'from b' absolute/b.log)" "0 1 1"

make logknown <<INI
[phase a]
output = $tmp/e/%u/of-%x/100%%/%x-%j.log
command = echo from a
INI
submit logknown --wait
is "a user and a job name in a log's directory are known" "$? $(grep -c 'from a' "$(id -un)"/of-a/100%/a-*.log)" "0 1"
mkdir have
make loghave <<INI
[phase a]
array.I = 1 2
output = $tmp/e/have/%u-%x-%A_%a.log
command = echo from a
INI
submit loghave --wait
is "patterns in the name of the file are Slurm's" "$? $(ls have/"$(id -un)"-a-*_*.log | wc -l)" "0 2"

make logpattern <<INI
[phase a]
array.I = 1 2
output = logs/%A/%a.log
command = true
INI
submit logpattern
is "a pattern in a log's directory: exit 4" $? 4
like "the line and advice" "$(cat err)" 'logpattern.ini:5: phase a: output = logs/%A/%a.log: .*name of the file'
ok "and nothing stays of it" test ! -e runs/logpattern
touch plainfile
make logcannot <<INI
[phase a]
output = $tmp/e/plainfile/x.log
command = true
INI
submit logcannot
is "a log's directory that cannot be made: exit 4" $? 4
like "says so with the line" "$(cat err)" 'logcannot.ini:4: phase a: output = .*plainfile: Not a directory'

# ---- Slurm cannot launch it ----
make launch <<INI
[phase first]
command = $start
    until [ -e $tmp/e/golaunch ]; do sleep 0.2; done
[phase gone]
after_any = first
output = gone/x.log
command = true
[phase child]
after = gone
command = true
INI
submit launch
ok "launch: the first runs" until_true 20 started launch
rmdir runs/launch/gone && touch runs/launch/gone
touch golaunch
ok "Slurm cannot launch it" until_true 30 state_is "$(job_of launch gone)" FAILED
ok "status says failed" until_true 10 detail_is launch gone failed
outcome_is() { [ "$(outcome "$1")" = "$2" ]; }
ok "the outcome is failed" until_true 20 outcome_is launch 1
like "with Slurm's word" "$(status launch)" 'gone failed: .*JobLaunchFailure'
# as wide as needed; a terminal of 80 columns cuts the node and the name first
like "the table has the whole word" "$(status launch)" '^gone .* [0-9]{8} JobLaunchFailure '
ends_of() { # WORD: where it ends in the lines that have it
	awk -v word="$1" 'match($0, word) { print RSTART + RLENGTH - 1 }' | sort -u
}
is "a long job number stands below its heading" \
	"$(status launch | grep -A3 ^PHASE | ends_of ' (JOB|[0-9]+) ' | wc -l)" 1
if command -v script >/dev/null; then
	make wide <<INI
[phase a_long_name_that_takes_thirty_2]
array.I = 1 2 3
output = wide/x.log
command = true
INI
	screen() { # COLUMNS: the table on such a terminal
		script -qec "stty cols $1; NO_COLOR=1 '$latsub' status runs/wide" /dev/null </dev/null |
			tr -d '\r' | grep -A1 ^PHASE
	}
	scontrol update NodeName=n[1-4] State=drain Reason=test
	submit wide
	job=$(job_of wide a_long_name_that_takes_thirty_2)
	ok "wide: a long reason" until_true 20 eval 'reason_of "$job" | grep -q "Nodes required for"'
	is "in 80 columns" "$(screen 80 | awk '{ print (length <= 80) }' | tr '\n' ' ')" "1 1 "
	like "the name is cut, and not the number" "$(screen 80)" "^a_long_name_ .* $job Nodes required "
	like "in 200 all of it is there" "$(screen 200)" \
		"^a_long_name_that_takes_thirty_2 .* $job Nodes required .*reserved for jobs"
	timeout 20 "$latsub" cancel runs/wide >/dev/null
	scontrol update NodeName=n[1-4] State=resume
fi
timeout 30 "$latsub" status --watch runs/launch >out 2>err
is "--watch ends, failed" $? 1
rm -f runs/launch/gone
timeout 60 "$latsub" --resume runs/launch --wait >out 2>err
is "a resume makes the directory, and runs it" $? 0
like "and says why it is run" "$(cat out)" 'gone .*failed: Slurm could not launch it: JobLaunchFailure'

# ---- held ----
make held <<INI
[phase one]
command = $start
    [ -e $tmp/e/gohold ] || sleep 60
[phase many]
after_any = one
array.I = 1 2 3
command = [ "\$I" != 2 ] || [ -e $tmp/e/go77 ] || exit 77
INI
submit held
ok "held: it runs" until_true 20 started held
one=$(job_of held one)
many=$(job_of held many)
scontrol requeuehold "$one"
ok "requeued and held: status says held" until_true 20 detail_is held one held
like "requeued and held: how to release it" "$(status held)" "one: job $one is held .*'scontrol release $one'"
is "the outcome is unfinished" "$(outcome held)" 3
is "what waits for it is queued" "$(detail held many)" queued
scontrol uhold "${many}_2"
ok "an element that is held: status says how to release it" until_true 10 eval \
	'status held | grep -q "many: job ${many}_2 is held .*scontrol release ${many}_2"'
if [ "$(id -u)" = 0 ]; then # a hold of root's is an administrator's
	scontrol hold "${many}_1"
	scontrol release "${many}_2"
	ok "held by an administrator: status says whom to ask" until_true 10 eval \
		'status held | grep -q "many: job ${many}_1 is held by an administrator (JobHeldAdmin), who can .scontrol release ${many}_1"'
	like "a dry run, too" "$(timeout 20 "$latsub" --resume runs/held --dry-run 2>&1 | tr -s ' \n' ' ')" \
		"is held by an administrator: JobHeldAdmin, who can 'scontrol release"
	scontrol release "${many}_1"
fi
timeout 60 "$latsub" status --watch runs/held >watch.out 2>watch.err &
watch=$!
ok "--watch says it on standard error" until_true 20 grep -q "one: job $one is held" watch.err
ok "and waits on" kill -0 $watch
kill -INT $watch
wait $watch
touch gohold
scontrol release "$one"
scontrol release "${many}_2"
# the job leaves with another code than the command, at which Slurm would hold it
ok "RequeueExitHold: the task has failed" until_true 60 detail_is held many failed
is "and the run with it" "$(outcome held)" 1

# ---- suspended, and cancelled ----
suspended() { # NAME: one that runs and is suspended
	make "$1" <<INI
[phase one]
command = $start
    until [ -e $tmp/e/go$1 ]; do sleep 0.2; done
[phase next]
after = one
command = true
INI
	submit "$1"
	until_true 20 started "$1"
	scontrol suspend "$(job_of "$1" one)"
	until_true 10 state_is "$(job_of "$1" one)" SUSPENDED
}
suspended canceled
timeout 20 "$latsub" cancel runs/canceled >/dev/null
is "latsub cancel of a suspended job: cancelled, not lost" \
	"$(until_true 20 queue_is_empty; detail canceled one)" cancelled
is "the journal has it" "$(cat runs/canceled/.latsub/journal/* | grep '"cancelled"' | grep -c '"one"')" 1
touch gocanceled
timeout 60 "$latsub" --resume runs/canceled --wait >out 2>err
is "a resume runs it" $? 0
like "as cancelled" "$(cat out)" 'one .*cancelled'
suspended plain
scancel "$(job_of plain one)"
ok "scancel of a suspended job: cancelled, not lost" until_true 20 detail_is plain one cancelled
is "and unfinished" "$(outcome plain)" 3
touch goplain
timeout 60 "$latsub" --resume runs/plain --wait >out 2>err
is "a resume runs it" $? 0
finish
