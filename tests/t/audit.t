#!/bin/bash
# audit.t - latsub audit of real runs: none of what latsub did is a difference, and
# what somebody puts into a journal, or takes away, is.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 2 --cpus 4

mkdir "$tmp/e" && cd "$tmp/e" || exit 1

. "$top_srcdir/tests/t/counting.sh"

audit() { "$latsub" audit "$@" 2>&1; }
journal_of() { echo "$1"/.latsub/journal/*.jsonl; }
# Lines of JSON, as any process of this node could append them.
tamper() { # RUN
	"$top_builddir/tests/t/journal_line" >>"$(journal_of "$1")"
}
# A difference: of this run, with its kind, and exit code 1.
differs() { # what, RUN, regular expression, [OPTION]...
	local what=$1 run=$2 pattern=$3 text status
	shift 3
	text=$(audit "$@" "$run")
	status=$?
	is "$what: exit code 1" $status 1
	like "$what: it is told" "$text" "$pattern"
}
clean() { # what, RUN, [OPTION]...
	local what=$1 run=$2 text status
	shift 2
	text=$(audit "$@" "$run")
	status=$?
	is "$what: no difference${*:+ ($*)}" "$status $(grep -c ': .*; ' <<<"$text")" "0 0"
	[ $status -eq 0 ] || sed 's/^/# /' <<<"$text"
}
done_is() { "$latsub" status "$1" >/dev/null 2>&1; }

# ---- an array, after a phase, before another ----
cat >plain.ini <<'INI'
[experiment]
name = plain
[phase training]
command = sleep 1
[phase evaluation]
after = training
array.SEED = 42 123 456
command = test "$SEED" != 123 || test -e ok
[phase table]
after_any = evaluation
command = true
INI
timeout 60 "$latsub" experiment plain.ini -o runs/plain >/dev/null 2>&1
clean "while it runs" runs/plain
table_is_over() { [ "$(word runs/plain table)" = completed ]; }
ok "it ends" until_true 60 table_is_over
clean "one that failed" runs/plain
cp -a runs/plain runs/failed
touch ok
timeout 60 "$latsub" --resume runs/plain >/dev/null 2>&1
ok "resumed, it ends" until_true 60 done_is runs/plain
clean "resumed" runs/plain
clean "resumed" runs/plain --slack 0
text=$(audit -v runs/plain)
like "-v has each attempt" "$text" 'generation 1 attempt 1 .* job [0-9]+ on n[12]  failed: exit code 1'
like "and the one that went well" "$text" 'generation 2 attempt 1 .* job [0-9]+ on n[12]  completed'
like "the summary" "$text" '^3 phases, 5 tasks, 5 of them completed; [67] attempts, .* 0 differences'
like "JSON has it, too" "$(audit --json runs/plain | tr -d ' \n')" '"completed":5,.*"differences":\[\]'
everything() { find runs/plain -printf '%p %s %i %T@ %C@\n' | sort; }
before=$(everything)
audit runs/plain >/dev/null
is "the run was only read" "$(everything)" "$before"

# ---- preempted, reset ----
run_name="preempted" STEPS=6
experiment again low && {
	ok "it starts" until_true 20 started 0
	take_the_machine
	ok "it ends" until_true 60 completed
	clean "preempted" "$run"
	like "both attempts are there" "$(audit -v "$run")" 'attempt 1 .*requeued: preempted'
	"$latsub" reset --downstream training "$run" >/dev/null 2>&1
	clean "reset" "$run"
	timeout 60 "$latsub" --resume "$run" >/dev/null 2>&1
	ok "it ends again" until_true 60 completed
	clean "done again, as it was told to" "$run"
}

# ---- a journal of which somebody says more ----
forged() { rm -rf runs/forged; cp -a runs/plain runs/forged; }
now=$(date +%s)
job=$(sed -n '/^\[jobs\]/,/^\[/s/^training=//p' runs/plain/.experiment_state)
forged
tamper runs/forged <<EOL
{"v":1,"e":"started","t":$now,"phase":"training","gen":1,"att":1,"job":$job,"node":"n1","tasks":"0"}
{"v":1,"e":"completed","t":$now,"phase":"training","gen":1,"att":1,"job":$job,"node":"n1","tasks":"0"}
EOL
differs "completed twice" runs/forged '^training: completed-twice: .*attempts 1 and 2 of generation 1' --offline
forged
tamper runs/forged <<EOL
{"v":1,"e":"intended","t":$now,"phase":"evaluation","gen":9,"tasks":"0"}
{"v":1,"e":"started","t":$now,"phase":"evaluation","gen":9,"job":99,"node":"n1","tasks":"0"}
EOL
differs "done again" runs/forged '^evaluation\[SEED=42\]: done-again: generation 9 .*job 99 on n1' --offline
forged
tamper runs/forged <<EOL
{"v":1,"e":"intended","t":$now,"phase":"training","gen":9,"tasks":"0"}
{"v":1,"e":"intended","t":$now,"phase":"evaluation","gen":9,"tasks":"1","parents":["after:training"]}
{"v":1,"e":"edited","t":$((now - 1)),"phase":"training","gen":8,"word":"pending"}
{"v":1,"e":"started","t":$((now + 100)),"phase":"evaluation","gen":9,"job":99,"node":"n1","tasks":"1"}
EOL
differs "started before its parent" runs/forged '^evaluation\[SEED=123\]: order: .*parent training' --offline
forged
tamper runs/forged <<EOL
{"v":1,"e":"completed","t":$now,"phase":"training","gen":7,"job":99,"node":"n1","tasks":"0"}
EOL
differs "of no submission" runs/forged '^training: unknown: .*generation 7' --offline
forged
sed -i 's/,"crc":"[0-9a-f]*"}$/,"crc":"00000000"}/;t' "$(journal_of runs/forged)"
like "a damaged line is told" "$(audit --offline runs/forged)" '\.jsonl:1: a damaged line'

# ---- a journal of which something is gone ----
forged
sed -i '/"e":"completed"/{/"phase":"evaluation"/d}' "$(journal_of runs/forged)"
differs "the state file has more" runs/forged '^evaluation\[SEED=42\]: state-file: ' --offline

# ---- Slurm ----
cat >long.ini <<'INI'
[experiment]
name = long
[phase training]
command = sleep 300
INI
timeout 60 "$latsub" experiment long.ini -o runs/long >/dev/null 2>&1
runs_now() { grep -q '"e":"started"' runs/long/.latsub/journal/*; }
ok "it starts" until_true 30 runs_now
clean "a live one" runs/long
job=$(sed -n '/^\[jobs\]/,/^\[/s/^training=//p' runs/long/.experiment_state)
cp -a "$(journal_of runs/long)" kept
tamper runs/long <<EOL
{"v":1,"e":"cancelled","t":$((now - 1000)),"phase":"training","gen":1,"job":$job,"node":"n1","tasks":"0"}
EOL
differs "over here, and live there" runs/long "^training: left-in-slurm: .*job $job, RUNNING"
cp kept "$(journal_of runs/long)"
sed -i '/"e":"submitted"/d' "$(journal_of runs/long)"
rm runs/long/.experiment_state
differs "a job that is not on record" runs/long "^training: unknown-job: .*job $job, RUNNING"
cp kept "$(journal_of runs/long)"
for pid in /proc/[0-9]*; do
	tr '\0' '\n' <"$pid/environ" 2>/dev/null | grep -qx "LATSUB_STATE=$PWD/runs/long/.experiment_state" &&
		tr '\0' ' ' <"$pid/cmdline" | grep -q 'latsub run' && kill -9 "${pid#/proc/}"
done 2>/dev/null
scancel "$job"
ok "its runner is killed" until_true 30 queue_is_empty
differs "under way here, and gone there" runs/long "^training: gone-from-slurm: it is started .*job $job, "
timeout 60 "$latsub" --resume runs/long >/dev/null 2>&1
ok "resumed, it starts" until_true 30 eval '[ "$(grep -c "\"e\":\"started\"" runs/long/.latsub/journal/*)" = 2 ]'
clean "after that" runs/long
"$latsub" cancel runs/long >/dev/null 2>&1
until_true 30 queue_is_empty

# ---- accounting, of a site that has one ----
mkdir bin
job=$(sed -n '/^\[jobs\]/,/^\[/s/^training=//p' runs/plain/.experiment_state)
printf '#!/bin/sh\necho "%s|FAILED|3:0|%s|%s"\n' "$job" $now $((now + 10)) >bin/sacct
chmod +x bin/sacct
like "without one, that is said" "$(audit runs/plain)" 'note: sacct is not here, or it does not know'
text=$(PATH=$PWD/bin:$PATH audit runs/plain)
is "with one that knows better: exit code 1" $? 1
like "it is told" "$text" "^training: accounting: accounting has FAILED, the journal has it completed \(job $job on n[12]\)"

# ---- who does not answer, and who is asked wrongly ----
text=$(SLURM_CONF=/nowhere audit runs/plain --slack x); is "what is no number" $? 2
text=$(audit runs/plain runs/long); is "two runs" $? 2
text=$(audit runs/none); is "no run" $? 2
mv "$SLURM_CONF" "$SLURM_CONF.away"
text=$(audit runs/plain)
is "no Slurm is configured: exit code 4" $? 4
mv "$SLURM_CONF.away" "$SLURM_CONF"
like "that is noted" "$text" 'note: Slurm does not answer: .*slurm.conf'
"$sandbox" pause-slurmctld --dir "$sandbox_dir" >/dev/null
text=$(audit runs/plain)
is "Slurm does not answer: exit code 4" $? 4
"$sandbox" resume-slurmctld --dir "$sandbox_dir" >/dev/null
like "the journal is looked at all the same" "$text" '5 tasks, 5 of them completed.* 0 differences'
like "and that is said" "$text" 'note: Slurm does not answer'
finish
