#!/bin/bash
# bad_input.t - what is wrong is said, with its place and what to do about it;
# nothing is submitted and nothing half made stays.  And what is odd, but
# right, goes through byte for byte.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C

[ -r /etc/slurm/slurm.conf ] && slurm_here=1 || slurm_here=
# A partition for a few, limits that are enforced, and a short patience with a
# slurmctld that is down.
start_sandbox --conf-extra EnforcePartLimits=ALL --conf-extra MessageTimeout=5 \
	--conf-extra 'PartitionName=physics Nodes=ALL AllowAccounts=physics'

mkdir "$tmp/e" && cd "$tmp/e" || exit 1

# run ARGUMENT...: latsub; leaves $rc, $tmp/out and $tmp/err.
run() {
	timeout 60 "$latsub" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
}
no_run_stays() { ! compgen -G "$tmp/e/runs/*" >/dev/null; }

# complaints CODE REGEX...: what is wrong with the last run, or nothing.
complaints() {
	local code=$1 regex
	shift
	[ $rc -eq "$code" ] || echo "exit code $rc, not $code"
	for regex; do
		grep -Eq -- "$regex" "$tmp/err" || echo "nothing like '$regex'"
	done
	grep -v '^latsub: ' "$tmp/err" | sed 's/^/does not begin "latsub: ": /'
	queue_is_empty || echo "the queue is not empty: $(squeue -h)"
}
# verdict WHAT COMPLAINTS: a test that shows what latsub said if it fails.
verdict() {
	if [ -z "$2" ]; then pass "$1"; else
		fail "$1" "$2
--- stderr:
$(cat "$tmp/err")"
	fi
}
# refused WHAT CODE REGEX... -- ARGUMENT...: latsub refuses, in these words,
# and leaves no run.
refused() {
	local what=$1 code=$2 regexes=()
	shift 2
	while [ "$1" != -- ]; do
		regexes+=("$1")
		shift
	done
	shift
	run "$@"
	verdict "$what" "$(complaints "$code" "${regexes[@]}"
		no_run_stays || echo "a run stays: $(ls "$tmp/e/runs")")"
	rm -rf "$tmp/e/runs"
}
# ini WHAT REGEX...: the experiment on standard input is refused.
ini() {
	local what=$1
	shift
	cat >bad.ini
	refused "$what" 2 "$@" 'nothing is submitted' -- experiment bad.ini
}
# A test that this user may not even set up is left out of the plan.
skip() { echo "# left out: $1: $2"; }
# As somebody whom file modes bind: root without the right to pass over them.
bound=()
if [ "$(id -u)" = 0 ]; then
	bound=(setpriv '--bounding-set=-dac_override,-dac_read_search'
		'--inh-caps=-dac_override,-dac_read_search')
fi
: >secret && chmod 0 secret
"${bound[@]}" test -x / 2>/dev/null && ! "${bound[@]}" test -r secret &&
	modes_bind=1 || modes_bind=

cat >ok.ini <<'INI'
[experiment]
name = fine
[phase training]
command = true
INI

# ---- the command line ----
refused "an unknown command" 2 "expermient: no such command; did you mean 'experiment'" -- expermient
refused "an unknown option" 2 "experiment: there is no option '--nonesuch'" "see 'latsub experiment --help'" \
	-- experiment --nonesuch
refused "an unknown letter" 2 "experiment: there is no option '-z'" -- experiment -z
refused "an option without its value" 2 "experiment: option '--phase' needs a value" -- experiment --phase
refused "the same of another command" 2 "status: there is no option '--jsn'" -- status --jsn
refused "two experiments" 2 "one experiment at a time, and 'other.ini' is one too many" \
	-- experiment ok.ini other.ini
refused "a phase that is not there" 2 \
	"--phase trainign: ok.ini has no such phase; did you mean 'training'" \
	-- experiment ok.ini --phase trainign
refused "--set without sense" 2 '--set nonsense: write NAME=VALUE' -- experiment ok.ini --set nonsense
refused "--set without a name" 2 '--set =3: write NAME=VALUE' -- experiment ok.ini --set =3
refused "--set for no phase" 2 "--set trainin.time=3: .*no phase 'trainin'; did you mean 'training'" \
	-- experiment ok.ini --set trainin.time=3
refused "--set of no key" 2 "ok.ini, --set: .*no key 'tiem'; did you mean 'time'" \
	-- experiment ok.ini --set training.tiem=3
refused "--set of a wrong value" 2 "ok.ini, --set: time = 'soon' is not understood; write a time" \
	-- experiment ok.ini --set training.time=soon
refused "status where no run is" 2 "runs: no run is here; name a run" -- status
refused "status of nothing" 2 'nonesuch: there is no run of latsub here .*check the path' -- status nonesuch
refused "resume of nothing" 2 'nonesuch: there is no run of latsub here' -- --resume nonesuch
refused "resume of an experiment" 2 'ok.ini' -- --resume ok.ini

# ---- the experiment's file ----
refused "no experiment here" 2 "experiment.ini: No such file or directory; name the experiment.*'latsub init'" \
	-- experiment
refused "no such experiment" 2 'nonesuch.ini: No such file' -- experiment nonesuch.ini
refused "a directory" 2 '\.: not a regular file' -- experiment .
refused "a device" 2 '/dev/zero: not a regular file' -- experiment /dev/zero
if [ -n "$modes_bind" ]; then
	timeout 60 "${bound[@]}" "$latsub" experiment secret >"$tmp/out" 2>"$tmp/err"
	rc=$?
	verdict "an experiment that may not be read" \
		"$(complaints 2 'secret: Permission denied' 'nothing is submitted'; no_run_stays || echo "a run stays")"
else
	skip "an experiment that may not be read" "no way to be bound by file modes"
fi
ini "an empty file" "bad.ini:1: \[experiment\] needs 'name" 'bad.ini:1: there is no \[phase NAME\]' </dev/null
ini "unknown keys" "bad.ini:3: \[experiment\] has no key 'colour'; it has: name" \
	"bad.ini:5: \[defaults\] has no key 'tiem'; did you mean 'time'" \
	"bad.ini:8: \[phase a\] has no key 'max_paralel'; did you mean 'max_parallel'" <<'INI'
[experiment]
name = x
colour = red
[defaults]
tiem = 5
[phase a]
command = true
max_paralel = 3
INI
ini "an unknown section" 'bad.ini:3: no section is called \[evn\]; did you mean \[env\]' <<'INI'
[experiment]
name = x
[evn]
A = 1
[phase a]
command = true
INI
ini "phases that are not there" \
	"bad.ini:5: after names 'trainign', .*did you mean 'training'" \
	"bad.ini:5: after names 'zzzzzzzzz', and no phase has that name" <<'INI'
[experiment]
name = x
[phase eval]
command = true
after = trainign zzzzzzzzz
[phase training]
command = true
INI
ini "a cycle, with its members and no others" \
	'bad.ini:[0-9]+: these phases wait for each other in a circle: (a -> c -> b|b -> a -> c|c -> b -> a|a -> b -> c|b -> c -> a|c -> a -> b) -> [abc]; take one' <<'INI'
[experiment]
name = x
[phase a]
command = true
after = c
[phase b]
command = true
after_any = a
[phase c]
command = true
after = b outside
[phase outside]
command = true
[phase below]
command = true
after = c
INI
ini "a phase that waits for itself" "bad.ini:5: phase 'a' cannot wait for itself" <<'INI'
[experiment]
name = x
[phase a]
command = true
after = a
INI
ini "a phase twice" 'bad.ini:5: \[phase a\] a second time; the first is in line 3' <<'INI'
[experiment]
name = x
[phase a]
command = true
[phase a]
command = false
INI
SEEDS='' ini "an empty array" 'bad.ini:5: array.SEED is an empty array; write at least one value' <<'INI'
[experiment]
name = x
[phase a]
command = true
array.SEED = $SEEDS
INI
ini "an array from a variable that is not set" \
	'bad.ini:5: \$LATSUB_T_NONE is set neither in \[env\] nor in your environment' <<'INI'
[experiment]
name = x
[phase a]
command = true
array.SEED = $LATSUB_T_NONE
INI
ini "a name of 50 characters" \
	"bad.ini:3: '(abcdefghij){5}' \(50 bytes\) cannot name a phase: 1 to 40 letters" <<'INI'
[experiment]
name = x
[phase abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij]
command = true
INI
printf '[experiment]\nname = x\n[phase a]\ncommand = tr\0ue\n' |
	ini "a NUL byte" 'bad.ini:4: a NUL byte in this line; this is not a text file'
{ printf '[experiment]\nname = x\n[phase a]\ncommand = '; head -c 10000000 /dev/zero | tr '\0' a; } |
	ini "a line of 10 MB" 'bad.ini:4: a line of 10000010 bytes; at most 1048576 are read'
ok "is not repeated in full" test "$(stat -c %s "$tmp/err")" -lt 2000
head -c 20000000 /dev/zero | tr '\0' '\n' |
	ini "a file of 20 MB" 'bad.ini: longer than the 16777216 bytes'
{ printf '[experiment]\nname = x\n[phase a]\ncommand = : '; head -c 140000 /dev/zero | tr '\0' a; } |
	ini "a command longer than Linux takes" 'bad.ini:4: command = .*128 KiB.*put a longer one into a script'
{
	printf '[experiment]\nname = x\n[env]\nBIG = '
	head -c 140000 /dev/zero | tr '\0' a
	printf '\n[phase a]\ncommand = true\narray.X = $BIG\n'
} | ini "a variable longer than Linux takes" 'bad.ini:4: BIG: a value of 140000 bytes; .*into a file' \
	'bad.ini:5: X: a value of 140000 bytes'
head -c 3000 /dev/urandom | ini "garbage" 'bad.ini:[0-9]+: '
ok "whose control characters do not reach the terminal" \
	test -z "$(tr -d '\n\t\40-\176\200-\377' <"$tmp/err")"
printf '[experiment]\nname = x\n[\033]0;title\007]\n[phase a]\ncommand = true\n\033[31mred = 1\n' |
	ini "an escape sequence" 'bad.ini:3: no section is called' "bad.ini:6: .*has no key '\?\[31mred'"
ini "many mistakes at once" 'bad.ini:2: name = ' 'bad.ini:4: time = ' 'bad.ini:5: gpus = ' 'bad.ini:6: signal = ' \
	"phase 'a' has no command" <<'INI'
[experiment]
name = ../x
[phase a]
time = 1:2:3:4
gpus = many
signal = FOO@1
INI
refused "check says the same" 2 'bad.ini:2: name = ' 'bad.ini:6: signal = ' -- check bad.ini

# ---- templates ----
mkdir slurm_templates
refused "a template that is not there" 2 \
	'ok.ini:3: template = gpu: there is no slurm_templates/gpu.sh beside the experiment' \
	-- experiment ok.ini --set training.template=gpu
refused "a template's path that is not there" 2 'template = ./gpu.sh: there is no such file' \
	-- experiment ok.ini --set training.template=./gpu.sh
cat >slurm_templates/bad.sh <<'SH'
#!/bin/bash
#SBATCH --tiem=5
#SBATCH --job-name=mine
#SBATCH -J mine
#SBATCH --array=1-3
#SBATCH --mem=lots
#SBATCH --comment="open
SH
refused "a template's mistakes, all of them" 2 \
	'slurm_templates/bad.sh:2: --tiem is no option of sbatch; did you mean --time' \
	'bad.sh:3: --job-name is set by latsub itself; take it out' 'bad.sh:4: --job-name is set by latsub' \
	'bad.sh:5: --array is set by latsub' "bad.sh:6: mem = 'lots' is not understood; write a size" \
	'bad.sh:7: a quote is not closed' -- experiment ok.ini --set training.template=bad

# ---- no Slurm ----
if [ -z "$slurm_here" ]; then
	conf=$SLURM_CONF
	unset SLURM_CONF
	timeout 60 "$latsub" experiment ok.ini >"$tmp/out" 2>"$tmp/err"
	rc=$?
	export SLURM_CONF=$conf
	verdict "no Slurm is configured" \
		"$(complaints 4 'no Slurm is configured .*add --local'; no_run_stays || echo "a run stays")"
else
	skip "no Slurm is configured" "one is, in /etc/slurm"
fi
SLURM_CONF=/nonexistent/slurm.conf timeout 60 "$latsub" experiment ok.ini >"$tmp/out" 2>"$tmp/err"
rc=$?
verdict "SLURM_CONF names nothing" "$(complaints 4 \
	'SLURM_CONF=/nonexistent/slurm.conf: No such file or directory'; no_run_stays || echo "a run stays")"

LATSUB_SLURM_MODULE=/nonexistent refused "latsub's Slurm module is not there" 4 'module does not load.*/nonexistent' \
	-- experiment ok.ini

# ---- Slurm says no ----
cat >refused.ini <<'INI'
[experiment]
name = refused
[phase training]
command = true
# the line that is meant

INI
# slurm WHAT REGEX KEY=VALUE...: Slurm's own words, the phase, the line.
slurm() {
	local what=$1 regex=$2
	shift 2
	{ cat refused.ini; printf '%s\n' "$@"; } >now.ini
	run experiment now.ini
	verdict "$what" "$(complaints 4 "phase training: .*$regex" 'now.ini:7')"
	rm -rf runs
}
printf '[experiment]\nname = x\n[phase training]\npartition = mian\ncommand = true\n' >now.ini
refused "a partition that is not there" 4 \
	"now.ini:4: phase training: .*no partition 'mian'; did you mean 'main'" 'nothing is submitted' \
	-- experiment now.ini
printf '[experiment]\nname = x\n[phase training]\npartition = short\ntime = 1:00:00\ncommand = true\n' >now.ini
refused "more time than the partition gives" 4 \
	'now.ini:5: phase training: time = 1:00:00 is more than partition short allows' -- experiment now.ini
slurm "an account that may not" 'Invalid account or account/partition combination.*now.ini:8 \(account = chemistry\)' \
	'partition = physics' 'account = chemistry'
slurm "a constraint that no node has" 'Invalid feature specification.*\(constraint = nonesuch\)' 'constraint = nonesuch'
slurm "a generic resource of no name" 'Invalid generic resource.*\(gres = foo:1\)' 'gres = foo:1'
slurm "more nodes than there are" 'nodes = 999 is more than partition main allows' 'nodes = 999'
slurm "more CPUs than a node has" '\(cpus-per-task = 99\)' 'cpus-per-task = 99'

cat >three.ini <<'INI'
[experiment]
name = three
[env]
NODES = 999
[phase first]
command = echo first >> ran
[phase second]
after = first
array.X = 1 2 3
command = echo second >> ran
[phase third]
after = second
gres = gpu:99
command = echo third >> ran
[phase fourth]
after = third
command = echo fourth >> ran
INI
run experiment three.ini
verdict "a refusal in the middle: all is taken back" "$(complaints 4 \
	'phase third: Slurm refused it: .*three.ini:13 \(gres = gpu:99\); nothing is submitted'; no_run_stays || echo "a run stays")"
ok "nothing ran" test ! -e ran
sed -i 's/^gres = gpu:99/gres = gpu:1/' three.ini
timeout 60 "$latsub" experiment three.ini --phase first --wait >"$tmp/out" 2>"$tmp/err"
sed -i 's/^gres = gpu:1/gres = gpu:99/' three.ini
run --resume "$(newest_run runs)" --config three.ini
verdict "of a resume, too" "$(complaints 4 \
	'phase third: Slurm refused it: .*three.ini:13 \(gres = gpu:99\); nothing is left submitted; mend it')"
again=$(sed -n "s/.*mend it, then '\(.*\)'$/\1/p" "$tmp/err")
run=$(newest_run runs)
is "the state says so" "$(grep -c =pending "$run/.experiment_state") $(grep -c =failed "$run/.experiment_state")" "3 0"
sed -i 's/^gres = gpu:99/gres = gpu:1/' three.ini
timeout 60 bash -c "$again --wait" >"$tmp/out" 2>"$tmp/err"
is "mended, resumed with the command that the message names, it runs" "$? $(sort ran | tr '\n' ' ')" \
	"0 first fourth second second second third "
rm -rf runs ran

# ---- Slurm says nothing ----
run experiment ok.ini --output-dir kept
until_true 20 grep -q training=completed kept/.experiment_state
set_word kept training pending
before=$(cat kept/.experiment_state kept/.latsub/journal/*)
until_true 10 queue_is_empty
silence() { # HOW: what latsub says while slurmctld is silent
	local how=$1 n=0 what words
	for words in 'experiment ok.ini' '--resume kept' 'experiment --resume kept --dry-run' \
		'cancel kept' 'status kept'; do
		n=$((n + 1))
		# all at once, as each of them is patient with Slurm
		(timeout 60 "$latsub" $words >"$tmp/out.$n" 2>"$tmp/err.$n"; echo $? >"$tmp/rc.$n") &
	done
	wait
	n=0
	for what in "a new experiment" "a resume" "its dry run" "a cancel"; do
		n=$((n + 1))
		cp "$tmp/err.$n" "$tmp/err"
		rc=$(cat "$tmp/rc.$n")
		verdict "slurmctld is $how: $what says so" "$(queue_is_empty() { :; }
			complaints 4 'Slurm does not answer')"
	done
	is "status knows the state all the same" \
		"$(cat "$tmp/rc.5") $(grep -c '^training  *[rp]e' "$tmp/out.5") $(grep -c 'Slurm does not answer' "$tmp/out.5")" "3 1 1"
	like "a resume says that silence is no answer" "$(cat "$tmp/err.2" "$tmp/err.3")" 'nothing is changed'
}
"$sandbox" kill-slurmctld --dir "$sandbox_dir" >/dev/null 2>&1
silence down
"$sandbox" start-slurmctld --dir "$sandbox_dir" >/dev/null 2>&1
"$sandbox" pause-slurmctld --dir "$sandbox_dir" >/dev/null 2>&1
silence stuck
"$sandbox" resume-slurmctld --dir "$sandbox_dir" >/dev/null 2>&1
until_true 10 squeue
ok "the queue is empty" queue_is_empty
ok "no run is made" no_run_stays
is "nothing is changed" "$(cat kept/.experiment_state kept/.latsub/journal/*)" "$before"
run --resume kept --wait
is "when it is back, the resume works" "$rc" 0

# ---- directories and disks ----
if [ -n "$modes_bind" ]; then
	mkdir locked && cp ok.ini locked && chmod 555 locked
	(cd locked && timeout 60 "${bound[@]}" "$latsub" experiment ok.ini >"$tmp/out" 2>"$tmp/err")
	rc=$?
	verdict "a directory that may not be written" "$(complaints 5 'locked/runs: Permission denied'
		[ ! -e locked/runs ] || echo "a run stays")"
	chmod 755 locked
	mkdir -p half/runs && cp ok.ini half && chmod 555 half/runs
	(cd half && timeout 60 "${bound[@]}" "$latsub" experiment ok.ini >"$tmp/out" 2>"$tmp/err")
	rc=$?
	verdict "an output root that may not be written" "$(complaints 5 'half/runs/fine_[0-9_]+: Permission denied'
		[ -z "$(ls half/runs)" ] || echo "a run stays")"
	chmod 755 half/runs
else
	skip "a directory that may not be written" "no way to be bound by file modes"
	skip "an output root that may not be written" "no way to be bound by file modes"
fi
refused "an output root that is a file" 5 'ok.ini.*(Not a directory|File exists)' \
	-- experiment ok.ini --set experiment.output_root=ok.ini
refused "a runner outside of a job" 2 'this is what jobs run; to run an experiment' -- run
export LATSUB_STATE=$PWD/nowhere/.experiment_state LATSUB_PHASE=training SLURM_JOB_ID=1
refused "a runner without a run" 2 'nowhere/.experiment_state: there is no run of latsub here' -- run
unset LATSUB_STATE LATSUB_PHASE SLURM_JOB_ID
refused "an output directory that has a run" 2 "kept holds a run already; go on with 'latsub --resume .*/kept'" \
	-- experiment ok.ini --output-dir kept
mkdir mine && echo mine >mine/notes
refused "a refusal leaves the output directory as it was" 4 "no partition 'mian'" \
	-- experiment now.ini --set training.partition=mian --set training.time=5 --output-dir mine
is "with what was in it" "$(ls -A mine)" notes

# A file may grow to so many KiB, then to more: each step meets the limit in
# another place.  It stands for a full disk, and any user can have it.
{
	printf '[experiment]\nname = disk\n[phase p0]\ncommand = echo p0 >> ran\n'
	for i in {1..15}; do
		printf '[phase p%s]\nafter = p0\ncommand = echo p%s >> ran\n' $i $i
	done
} >disk.ini
problems='' met=0 stayed=()
for kib in {0..40}; do
	(
		trap '' XFSZ
		ulimit -f $kib
		timeout 60 "$latsub" experiment disk.ini --output-dir "disk$kib"
	) 2>&1 >/dev/null | cat >"$tmp/err"
	rc=${PIPESTATUS[0]}
	[ $rc -eq 0 ] && break
	met=$((met + 1))
	problems+=$(complaints 5 'disk[0-9]+/.*: File too large' 'nothing is (left )?submitted'
		[ ! -e "disk$kib" ] || grep -q -- "--resume .*/disk$kib'" "$tmp/err" ||
			echo "the run stays, and nothing says how to go on")
	[ ! -e "disk$kib" ] || stayed+=("disk$kib")
done
is "a disk that is full: said, nothing submitted, no half made run" "$problems" ""
ok "met before the first submission, and in the middle" \
	test $met -ge 3 -a ${#stayed[@]} -ge 1 -a ${#stayed[@]} -lt $met
"$latsub" cancel "disk$kib" >/dev/null
until_true 20 queue_is_empty
rm -f ran
[ ${#stayed[@]} -eq 0 ] || run --resume "${stayed[-1]}" --wait
is "with room again, a resume runs everything once" "$rc $(sort ran | uniq -c | awk '$1 == 1' | wc -l) $(wc -l <ran)" "0 16 16"

# A file system that is full: of so many pages, in a mount of its own.
full_disk() {
	local room rc met=0
	for room in {0..80..4}; do
		mount -t tmpfs -o size=$((room + 8))k,mode=755 tmpfs "$1" || return 9
		head -c 8192 /dev/zero >"$1/fill"
		timeout 60 "$latsub" experiment disk.ini --output-dir "$1/run" >"$tmp/out" 2>"$tmp/err"
		rc=$?
		[ $rc -eq 0 ] || complaints 5 'No space left on device' 'nothing is (left )?submitted'
		if [ $rc -ne 0 ] && [ -e "$1/run" ]; then
			# room again; slurmd is outside of this mount
			mount -o remount,size=10m "$1"
			run --resume "$1/run"
			[ $rc -eq 0 ] || { echo "a resume with room again: $rc"; cat "$tmp/err"; }
			"$latsub" cancel "$1/run" >/dev/null
			until_true 10 queue_is_empty
			rc=1
		fi
		if [ $rc -eq 0 ]; then # it may have just fitted
			mount -o remount,size=10m "$1"
			"$latsub" cancel "$1/run" >/dev/null
		fi
		umount "$1"
		[ $rc -ne 0 ] || break
		met=$((met + 1))
	done
	[ $met -ge 2 ] || echo "met $met times only"
}
mkdir full
if [ "$(id -u)" = 0 ] && unshare -m mount -t tmpfs tmpfs full 2>/dev/null; then
	export -f full_disk complaints run until_true queue_is_empty
	export latsub tmp
	is "so is a file system without room" "$(unshare -m bash -c 'full_disk full' 2>&1)" ""
	until_true 20 queue_is_empty
else
	skip "so is a file system without room" "mounting is not allowed here"
fi

# The name of the experiment is part of the run's directory.
for name in 'back\slash' $'not\xffutf8'; do
	printf '[experiment]\nname = %s\n[phase a]\ncommand = true\n' "$name" >now.ini
	refused "a directory that cannot be: $(tr -d '\377' <<<"$name")" 2 \
		"the run's directory has (a backslash|bytes that are not UTF-8).*; take another" -- experiment now.ini
done

# ---- the state file ----
run experiment ok.ini --output-dir state
until_true 20 grep -q '^training=completed' state/.experiment_state
cp state/.experiment_state whole
for command in 'cancel --phase trainign' 'logs trainign' 'reset trainign' 'skip trainign'; do
	run $command state
	verdict "${command% *}: a phase that the run does not have" "$(complaints 2 \
		"${command%% *}: this run has no phase 'trainign'; did you mean 'training'")"
done
# spoilt WHAT REGEX: what stands in the state file now is not acted upon.
spoilt() {
	local what=$1 regex=$2
	cp state/.experiment_state spoilt
	for words in '--resume state' '--resume state/.experiment_state --dry-run'; do
		run $words
		verdict "$what: ${words#* }" "$(complaints 2 "$regex" 'nothing is submitted'
			cmp spoilt state/.experiment_state 2>&1)"
	done
}
set_word state training compelted
line=$(grep -n '^training=compelted' state/.experiment_state | cut -d: -f1)
spoilt "a mistyped word" \
	"state/.experiment_state:$line: training=compelted: that is no state of a phase; did you mean 'completed'"
run status state
verdict "status says so, too" "$(complaints 2 "compelted: .*did you mean 'completed'")"
set_word state training xyzzy
spoilt "a word that is none" \
	"state/.experiment_state:$line: training=xyzzy: .*write pending, in_progress, completed or failed"
head -c 2000 whole >state/.experiment_state
printf '\0\1\2\377\n=\n[\n' >>state/.experiment_state
spoilt "half of it binary" 'state/.experiment_state:[0-9]+: '
head -c 4000 /dev/urandom >state/.experiment_state
spoilt "garbage" 'state/.experiment_state:[0-9]+: '
like "with the way out" "$(cat "$tmp/err")" 'take the file away: a resume writes it anew from the journal'
rm state/.experiment_state
run --resume state
is "taken away, it is made anew" "$rc $(grep -c '^training=completed' state/.experiment_state)" "0 1"
cp ok.ini experiment.ini
before=$(cat ok.ini)
refused "an experiment for a state" 2 'ok.ini: this is an experiment, not the state of a run' -- --resume ok.ini
is "is not written to" "$(cat ok.ini)" "$before"
rm experiment.ini

# ---- what is odd and right ----
# Every value reaches its task byte for byte, and so do commands, and the
# directory's name may be anything.
here="$tmp/o'dd  \"dir\" 100% %j %%A #1; \$HOME [ü漢] & co"
mkdir "$here" && cd "$here" || exit 1
long=$(head -c 4000 /dev/zero | tr '\0' "'")
values=(plain 'two  words' "it's" 'say "hi"' 'a;b|c&d>e<f' '$HOME ${HOME} $(touch pwned) `touch pwned`' \
	$'first\n  second\n\nthird' 'żółć 漢字 🎉' "$long" '%A_%a %% %j' '# no ; comment = [x]' 'C:\new\tab\\' \
	'*' '~ !! {a,b}' '' ' edge ' $'a\ttab' '"' '\' '-n' '--wait')
quoted() { # as sh would, on indented lines
	local value=${1//\'/\'\\\'\'}
	printf "    '%s'\n" "${value//$'\n'/$'\n'    }"
}
{
	cat <<'INI'
[experiment]
name = odd %j
[env]
FROM_FILE = it's "$HOME" `x` ; # = [x] \ % 漢
    second	line

    fourth
FROM_CALLER = overridden
[phase one]
command = printf '%s' "$FROM_FILE" > file; printf '%s' "$FROM_CALLER" > caller
    # a comment of the shell; 'with a quote
    cat > here <<'END'
    it's "$HOME" \ % ; 漢
      indented = [more]
    END
    printf '%s\n' "$LATSUB_RUN_DIR" "$PWD" > dirs
    echo "said: 漢 %j $(printf '%s' 'a  b')"; [ ! -e fail ]
[phase all]
after = one
array.VALUE =
INI
	for value in "${values[@]}"; do quoted "$value"; done
	cat <<'INI'
array.SECOND = 'x y' "z's"
command = printf '%s' "$VALUE" > "out.$LATSUB_TASK"; printf '%s' "$SECOND" >> second
INI
} >'ex per.ini'
touch fail
caller=$'caller\'s "own" \\ $HOME\n\n% \x80\xff 漢 '$long
FROM_CALLER=$caller run experiment 'ex per.ini' --wait
is "an odd run whose first phase fails" "$rc" 1
rm fail
run=$PWD/$(newest_run runs)
hint=$(sed -n 's/^  \(.*experiment --resume .*\)/\1/p' "$tmp/out" | head -1)
FROM_CALLER=$caller timeout 60 bash -c "$hint --wait" >"$tmp/out" 2>"$tmp/err"
is "the command in the recovery instructions resumes it" "$? $(head -c 300 "$tmp/err")" "0 "
printf '%s' $'it\'s "$HOME" `x` ; # = [x] \\ % 漢\nsecond\tline\n\nfourth' >want
ok "a variable of the file is whole" cmp want file
printf '%s' "$caller" >want
ok "a variable of the caller is, too" cmp want caller
printf '%s\n' 'it'\''s "$HOME" \ % ; 漢' '  indented = [more]' >want
ok "so is a command" cmp want here
is "directories" "$(cat dirs)" "$run
$here"
problems=''
for i in "${!values[@]}"; do
	for j in 0 1; do
		printf '%s' "${values[i]}" >want
		problems+=$(cmp want "out.$((2 * i + j))" 2>&1)
	done
done
is "so are ${#values[@]} odd values of an array" "$problems" ""
ok "and nothing was expanded or run" test ! -e pwned
is "logs finds the logs there" "$("$latsub" logs one "$run" | grep -c '^said: 漢 %j a  b$')" 2
is "status" "$("$latsub" status "$run" >/dev/null; echo $?)" 0
is "its JSON" "$("$latsub" status --json "$run" | tr -d ' \n' | grep -c '"outcome":"completed"')" 1
is "list" "$("$latsub" list runs | grep -c "^completed .*odd %j")" 1
set_word "$run" one pending
rm file
FROM_CALLER=$caller run --resume "$run/.experiment_state" --wait
is "reset by hand and resumed by its path" "$rc $(cat file | wc -l)" "0 3"
finish
