#!/bin/bash
# trust.t - whose run it is: what a run of another user, or one that others may
# write to, can have the caller read, load, execute and write; the modes of a run's
# files; which Slurm and which run a command means.
. "$(dirname "$0")/lib.sh"
start_sandbox --nodes 1 --cpus 4
own_conf=$SLURM_CONF
mkdir "$tmp/p" && cd "$tmp/p" || exit 1
cat >experiment.ini <<'INI'
[experiment]
name = e
[phase training]
command = echo training >> "$LATSUB_RUN_DIR/ran"
INI
run_e() { timeout 100 "$latsub" experiment "$@" --wait >out 2>&1; }

# ---- another's slurm.conf is code ----
# What libslurm loads by the word of a slurm.conf leaves a mark.
mkdir evil
cat >evil.c <<C
#include <fcntl.h>
#include <unistd.h>
const char plugin_name[] = "evil", plugin_type[] = "auth/evil";
const unsigned plugin_version = 0;
__attribute__((constructor)) static void
mark(void)
{
	close(open("$tmp/p/marked", O_CREAT | O_WRONLY, 0600));
}
C
${CC:-cc} -shared -fPIC -o evil/auth_evil.so evil.c || exit 1
sed -e "s|^AuthType=.*|AuthType=auth/evil|" "$own_conf" >evil/slurm.conf
echo "PluginDir=$tmp/p/evil" >>evil/slurm.conf
SLURM_CONF=$tmp/p/evil/slurm.conf timeout 60 "$latsub" experiment >/dev/null 2>&1
ok "a slurm.conf can have code loaded: the trap works" test -e marked
rm -rf marked runs
# trapped RUN: as one who may write to it would have it
trapped() {
	sed -i '/^slurm_conf=/d' "$1/.experiment_state"
	sed -i "/^\[metadata\]/a slurm_conf=$tmp/p/evil/slurm.conf" "$1/.experiment_state"
}
harmless() { # WHAT CODE REGEX COMMAND...
	local what=$1
	shift
	rm -f marked
	ok "$what" says "$@"
	is "$what: nothing of it is loaded" "$(ls marked 2>&1)" "ls: cannot access 'marked': No such file or directory"
}
run_e
run=$(newest_run runs)
if [ "$(id -u)" = 0 ]; then
	trapped "$run"
	chown -R 65534:65534 "$run" evil
	before=$(find "$run" -printf '%p %s %T@\n' | sort)
	no="belongs to user 65534"
	for arg in "$run" ''; do
		name=${arg:+a run of another user}
		name=${name:-the newest here, of another user}
		harmless "$name: status" 0 "SLURM_CONF.*is not used" "$latsub" status $arg
		harmless "$name: status --json" 0 '"slurm_answered": false' "$latsub" status --json $arg
		harmless "$name: status --watch" 0 "training +completed" "$latsub" status --watch $arg
		harmless "$name: logs" 0 "" "$latsub" logs -l training $arg
		harmless "$name: cancel" 2 "${arg:+$no}|no run" "$latsub" cancel $arg
		harmless "$name: reset" 2 "${arg:+$no}|no run" "$latsub" reset training $arg
		harmless "$name: skip" 2 "${arg:+$no}|no run" "$latsub" skip training $arg
		harmless "$name: a resume" 2 "${arg:+$no}|no run" "$latsub" experiment --resume $arg
	done
	harmless "a run of another user: a dry run" 2 "$no" "$latsub" --resume "$run" --dry-run
	harmless "a run of another user: list" 0 "completed" "$latsub" list
	is "nothing was written into it" "$(find "$run" -printf '%p %s %T@\n' | sort)" "$before"
	chown -R 0:0 "$run" && chown 65534:65534 "$run/.experiment_state"
	harmless "its state file alone: cancel" 2 ".experiment_state: $no" "$latsub" cancel "$run"
	harmless "its state file alone: status" 0 "SLURM_CONF.*is not used" "$latsub" status "$run"
	chown -R 0:0 "$run" evil
	for part in logs .latsub/journal/*.jsonl; do
		part=$(cd "$run" && echo $part)
		chown 65534 "$run/$part"
		harmless "$part alone: a resume" 2 "${part##*/}: $no" "$latsub" --resume "$run"
		chown 0 "$run/$part"
	done
fi

# ---- our own run, and a slurm.conf that others may write to ----
trapped "$run"
for bad in evil/slurm.conf evil; do
	chmod o+w $bad
	harmless "others may write to $bad: status" 0 "$bad: others may write" "$latsub" status "$run"
	harmless "others may write to $bad: cancel" 0 "$bad: others may write" "$latsub" cancel "$run"
	chmod o-w $bad
done
mkdir -m 777 open && cp evil/slurm.conf open/ && mkdir closed && ln -s ../open/slurm.conf closed/slurm.conf
sed -i "s|^slurm_conf=.*|slurm_conf=$tmp/p/closed/slurm.conf|" "$run/.experiment_state"
harmless "what a link leads to is looked at" 0 "p/open: others may write" "$latsub" status "$run"
chmod 1777 open
rm -f marked
timeout 60 "$latsub" status "$run" >out 2>&1
ok "in a sticky directory nobody can replace ours: it is used" test -e marked
rm -rf open closed marked
chmod 755 "$run" && chmod 1777 "$run/.latsub/journal"
ok "a sticky directory for all is not ours alone" says 2 "journal: others may write" "$latsub" cancel "$run"
chmod 700 "$run" "$run/.latsub/journal"

# ---- another's run is asked about as his ----
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$tmp" "$tmp/p" "$sandbox_dir" "$sandbox_dir/munge" "$sandbox_dir/spool" "$sandbox_dir"/spool/* && mkdir nobody && chown 65534:65534 nobody
	as_nobody() { (cd nobody && setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$PWD" "$@"); }
	cat >nobody/experiment.ini <<-'INI'
	[experiment]
	name = n
	[phase training]
	command = until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
	INI
	as_nobody timeout 60 "$latsub" experiment >out 2>&1
	foreign=$(newest_run nobody/runs)
	is_running() { "$latsub" status "$foreign" | grep -q '^training running'; }
	ok "of another's run status shows his jobs" until_true 30 is_running
	is "and cannot cancel them" "$(timeout 60 "$latsub" cancel "$foreign" >/dev/null 2>&1; echo $?)$(squeue -h -t R -o ' %u')" "2 nobody"
	as_nobody touch "${foreign#nobody/}/go"
	ok "and that they are over" until_true 30 "$latsub" status "$foreign"
fi

# ---- which Slurm ----
rm -rf runs && mkdir -p spool/conf-cache slurm && cp "$own_conf" spool/conf-cache/ && cp "$own_conf" slurm/
run_e
is "a SLURM_CONF that is not the machine's is remembered" "$(of "$(newest_run runs)" slurm_conf)" "$own_conf"
rm -rf runs
SLURM_CONF=$tmp/p/spool/conf-cache/slurm.conf run_e
is "what slurmd keeps for itself is not" "$(newest_run runs | grep -c runs/e) $(of "$(newest_run runs)" slurm_conf)" "1 "
rm -rf runs
SLURM_CONF=slurm/slurm.conf run_e
run=$(newest_run runs)
is "a relative one is remembered as absolute" "$(of "$run" slurm_conf)" "$tmp/p/slurm/slurm.conf"
ok "another is set: the remembered one counts" says 0 "^0 jobs" env SLURM_CONF=/nonexistent "$latsub" cancel "$run"
mv slurm slurm.away
ok "it is gone: one of the same cluster will do, and it is said" \
	says 0 "SLURM_CONF=$tmp/p/slurm/slurm.conf, which is not used .*No such file.*and is asked" "$latsub" cancel "$run"
start_sandbox --nodes 1 --conf-extra ClusterName=other
ok "another cluster will not" says 4 "to cluster .* with SLURM_CONF=$tmp/p/slurm/slurm.conf.*is other, another; set SLURM_CONF to that cluster's.*slurm_conf= in .metadata. of .*$run" \
	"$latsub" cancel "$run"
ok "nor does status take its word" says 0 "from the state alone: .*set SLURM_CONF to that cluster's" "$latsub" status "$run"
SLURM_CONF=$own_conf timeout 60 "$latsub" --resume "$run" >out 2>&1
is "a resume remembers what it has used" "$(of "$run" slurm_conf)" "$own_conf"
SLURM_CONF=$own_conf

rm -rf runs && run_e -o runs/edited && chmod 664 runs/edited/.experiment_state
ok "a state that an editor wrote by a umask of 002 is ours, where nobody else gets at it" \
	says 0 "^0 jobs" "$latsub" cancel runs/edited
chmod 755 runs/edited
ok "and not where they do" says 2 ".experiment_state: others may write" "$latsub" cancel runs/edited

# ---- modes ----
modes() { # RUN: of all that latsub made, and in that order
	(cd "$1" && stat -c '%a %n' . .latsub .latsub/journal .latsub/slurm_templates logs .experiment_state \
		.latsub/experiment.ini .latsub/environment .latsub/submit.lock .latsub/journal/*.jsonl |
		awk '{ print $1 }' | tr '\n' ' ')
}
rm -rf runs
sed -i "s/^command.*/command = umask >> \"\$LATSUB_RUN_DIR\/ran\"; echo 1 >> \"\$LATSUB_RUN_DIR\/ran\"/" experiment.ini
private="700 700 700 700 700 600 600 600 600 600 "
for mask in 022 077; do
	(umask $mask && run_e -o runs/m$mask)
	is "a run is its owner's alone, with umask $mask" "$(modes runs/m$mask)" "$private"
	is "the command has that umask" "$(head -1 runs/m$mask/ran)" 0$mask
done
rm runs/m022/.experiment_state && "$latsub" reset training runs/m022 >/dev/null
is "a state that is written anew, too" "$(modes runs/m022)" "$private"
chmod -R go+rX runs/m022 && rm -r runs/m022/.experiment_state runs/m022/.latsub/environment
mkdir away && mv runs/m022/.latsub/journal/*.jsonl away && mv away/*.jsonl runs/m022/.latsub/journal/other.jsonl
(umask 077 && timeout 60 "$latsub" --resume runs/m022 --wait >out 2>&1)
is "chmod shares it, and what comes later has that mode" "$(modes runs/m022 | cut -d' ' -f6,8) $(stat -c %a runs/m022/.latsub/journal/* | tr '\n' ' ')" \
	"644 644 644 644 "
sed '/^name/a umask = 027' experiment.ini >shared.ini
mkdir -m 2777 group && chgrp 65534 group 2>/dev/null
(umask 077 && run_e shared.ini -o group/m)
is "umask = 027 lets the group read, whatever the caller's umask" "$(modes group/m | sed 's/^2750 2750 2750 2750 2750/750 750 750 750 750/')" \
	"750 750 750 750 750 640 640 640 640 640 "
is "and the set-group-id bit of a group's directory stays" "$(stat -c %a group/m)" 2750
is "the command's umask is not that" "$(head -1 group/m/ran)" 0077
for mask in 002 07 u=rwx 0 0777 01777 722; do
	sed "/^name/a umask = $mask" experiment.ini >bad.ini
	ok "umask = $mask is refused" says 2 "bad.ini:3: umask = '?$mask" "$latsub" check bad.ini
done

# ---- which run ----
rm -rf runs group out
cat >odd.ini <<'INI'
[experiment]
name = e
[phase training]
command = until [ -e "$LATSUB_RUN_DIR/go" ]; do sleep 0.1; done
[phase odd]
after = training
gres = gpu:99
command = true
INI
sed -e '/^\[phase odd/,$d' odd.ini >experiment.ini
timeout 60 "$latsub" experiment >/dev/null
live=$(newest_run runs)
ok "one runs" until_true 30 grep -q training=in_progress "$live/.experiment_state"
ok "a submission that is refused in the middle" says 4 "odd: Slurm refused it: .*; nothing is submitted$" "$latsub" experiment odd.ini
is "is taken back" "$(newest_run runs) $(squeue -h -o %j)" "$live training"
mkdir -p runs/e_29990101_000000/.latsub/journal runs/f_29990101_000001
cp -r "$live"/.latsub "$live"/.experiment_state runs/f_29990101_000001
ok "what was never submitted is not the newest" says 3 "^$tmp/p/$live$" "$latsub" status
is "nor is another experiment's" "$(grep -c 'this is about' out)" 0
mv experiment.ini fine.ini
like "without an experiment it may be, and it is said" "$("$latsub" status 2>&1)" \
	"this is about $tmp/p/runs/f_29990101_000001, the newest of runs of more"
cp fine.ini experiment.ini && rm -r runs/f_29990101_000001
timeout 60 "$latsub" experiment odd.ini -p training -o runs/named >/dev/null
ok "nor one that was named by hand, and is another experiment's" says 3 "^$tmp/p/$live$" "$latsub" status
timeout 60 "$latsub" experiment -o runs/mine >/dev/null
ok "of the same one it is, as the newest" says 3 "^$tmp/p/runs/mine$" "$latsub" status
if [ "$(id -u)" = 0 ]; then
	chown -R 65534 runs/mine
	ok "of another user it is, to look at" says 3 "this is about $tmp/p/runs/mine, which is not yours alone" "$latsub" status
	ok "but not to cancel" says 0 "1 job cancelled; to go on: .* $tmp/p/$live/" "$latsub" cancel
	chown -R 0 runs/mine
fi
touch "$live/go" runs/mine/go runs/named/go
ok "all end" until_true 30 queue_is_empty
# a Slurm that does not hear of cancels
cat >deaf.c <<'C'
#include <errno.h>
#include <stdlib.h>
__attribute__((constructor)) static void stay_alone(void) { unsetenv("LD_PRELOAD"); }
int slurm_kill_job2(void) { errno = 1001; return -1; }
C
${CC:-cc} -shared -fPIC -o deaf.so deaf.c || exit 1
ok "what is still in Slurm keeps the run, and it is said" says 4 "runs/kept stays, since .*'.* cancel .*runs/kept'" \
	env LD_PRELOAD="$tmp/p/deaf.so" "$latsub" experiment odd.ini -o runs/kept
timeout 60 "$latsub" cancel runs/kept >out 2>&1
is "and can be cancelled" "$? $(squeue -h | wc -l)" "0 0"

# ---- what a run says to a terminal ----
rm -rf runs/kept
escaped=$'runs/e\e[2Jx'
cp -r "$live" "$escaped"
mv "$escaped/logs/"training-*.log "$escaped/logs/"$'training-1.\e[31m.log'
sed -i '/^\[checkpoints\]/,/^\[/s/^checkpoint_path=.*//; s/^\[checkpoints\]/&\ncheckpoint_path="\\u001b]0;pwned\\u0007\\u009b31mx"/; s/^run_id=.*/run_id="a\\u001b[31mb"/' "$escaped/.experiment_state"
sed -i $'s/^\\[phases\\]/&\\nodd\\u009b31m\\e[31m=nonsense/' "$escaped/.experiment_state"
for words in "status" "status --watch" audit "audit -v" "logs training" "logs -l training" "cancel" "reset no" list; do
	arg=$escaped
	[ "$words" = list ] && arg=runs
	"$latsub" $words "$arg" >out 2>&1
	is "no control character comes to the terminal from $words" \
		"$(grep -c . out | sed 's/^[1-9].*/some/') $(LC_ALL=C tr -d '\n\t\040-\176' <out | LC_ALL=C od -An -c | head -2)" "some "
done
if [ "$(id -u)" = 0 ]; then
	sed -i '/nonsense/d' "$escaped/.experiment_state"
	chown -R 65534 "$escaped"
	"$latsub" status --json "$escaped" >out 2>&1
	is "nor from another's run as JSON" "$(grep -ci u009b out) $(LC_ALL=C tr -d '\n\t\040-\176' <out | wc -c)" "1 0"
	rm "$escaped/logs"/* && echo mine >secret && ln -s "$tmp/p/secret" "$escaped/logs/training-2.log"
	mkfifo "$escaped/logs/training-3.log"
	timeout 20 "$latsub" logs training "$escaped" >out 2>&1
	is "a log of another's run that is a link, or none, is not opened" "$? $(grep -c mine out)" "5 0"
fi
finish
