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
of() { sed -n "s/^$2=//p" "$1/.experiment_state"; }
run_e() { timeout 100 "$latsub" experiment "$@" --wait >out 2>&1; }
# says CODE REGEX COMMAND...: it ends with that, and says that
says() {
	local want=$1 words=$2 code
	shift 2
	timeout 60 "$@" >out 2>&1
	code=$?
	[ $code = "$want" ] && grep -Eq -- "$words" out && return
	echo "exit code $code"
	cat out
	return 1
}

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
		harmless "$name: status --json" 0 '"slurm_answered": true' "$latsub" status --json $arg
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
chmod 1777 "$run/.latsub/journal"
ok "a sticky directory for all is not ours alone" says 2 "journal: others may write" "$latsub" cancel "$run"
chmod 755 "$run/.latsub/journal"
finish
