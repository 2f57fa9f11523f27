# shellcheck shell=bash disable=SC2034
# lib.sh - what the tests against a real Slurm share.  Source it, then:
#
#   start_sandbox [OPTION]...   a private Slurm; stopped at exit; one more each time
#   can_have_groups             start_sandbox --site cgroup will work
#   ok "what" COMMAND...        a test; its output is shown when it fails
#   is "what" GOT EXPECTED      a test on text
#   says CODE REGEX COMMAND...  does it exit with that, and print that?
#   until_true SECONDS COMMAND  wait for a condition, with a bound
#   stays_true SECONDS COMMAND  does a condition hold for so long?
#   shim NAME                   sets $shim: the path of NAME.so, to preload
#   finish                      the plan, the end
#
# $tmp is a private directory; $latsub the binary; $top_builddir where it was built.

set -u
shopt -s lastpipe # a test at the end of a pipe counts, too
top_srcdir=${top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
latsub=${LATSUB:-$top_srcdir/latsub}
top_builddir=${top_builddir:-$(dirname "$latsub")}
sandbox=$top_srcdir/libexec/latsub-sandbox
unset SLURM_CONF LATSUB_SANDBOX_DIR
tmp=$(mktemp -d "${TMPDIR:-/tmp}/latsub-t-XXXXXX")
test_number=0
sandbox_dir= # the newest one's
sandbox_dirs=()

cleanup() {
	local dir
	for dir in "${sandbox_dirs[@]}"; do
		"$sandbox" stop --dir "$dir" >/dev/null 2>&1
	done
	[ -n "${KEEP_TMP-}" ] || rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

start_sandbox() {
	sandbox_dir=$tmp/sb
	[ ${#sandbox_dirs[@]} -eq 0 ] || sandbox_dir+=$((${#sandbox_dirs[@]} + 1))
	sandbox_dirs+=("$sandbox_dir")
	if ! "$sandbox" start --dir "$sandbox_dir" "$@" >"$tmp/sandbox.log" 2>&1; then
		sed 's/^/# /' "$tmp/sandbox.log"
		echo "Bail out! the sandbox does not start"
		exit 1
	fi
	# for --local, too
	export LATSUB_SANDBOX_DIR=$sandbox_dir
	SLURM_CONF=$("$sandbox" conf --dir "$sandbox_dir")
	export SLURM_CONF
}

# Does this machine let a sandbox have control groups?  If not, say so: a test then
# leaves that half out, and neither passes nor skips it.
can_have_groups() {
	local status
	"$sandbox" start --site cgroup --dir "$tmp/try" --nodes 1 >"$tmp/try.log" 2>&1
	status=$?
	"$sandbox" stop --dir "$tmp/try" >/dev/null 2>&1
	[ $status -eq 5 ] || return 0
	echo "# not run here: control groups need root, and groups that may be written"
	sed 's/^/# /' "$tmp/try.log"
	return 1
}

pass() { test_number=$((test_number + 1)); echo "ok $test_number - $1"; }
fail() {
	test_number=$((test_number + 1))
	echo "not ok $test_number - $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | head -60 | sed 's/^/# /'
}
ok() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then pass "$what"; else
		fail "$what" "$* -> $?
$output"
	fi
}
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else
		fail "$1" "got:      $2
expected: $3"
	fi
}
like() { # what, text, regular expression
	if grep -Eq -- "$3" <<<"$2"; then pass "$1"; else
		fail "$1" "nothing like '$3' in:
$2"
	fi
}
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
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}
# For what must not happen: it fails as soon as it does, and never before its time is
# over for good (SECONDS are whole ones).
stays_true() {
	local end=$((SECONDS + $1))
	shift
	until [ $SECONDS -gt $end ]; do
		"$@" >/dev/null 2>&1 || return 1
		sleep 0.2
	done
}
# A shim is built without the sanitizers that latsub may have, whose libraries then
# are not the first ones of the process.
shim() {
	for shim in "$top_builddir"/tests/{t/,}.libs/"$1.so"; do
		[ ! -e "$shim" ] || break
	done
	[ -e "$shim" ] || { echo "Bail out! no $shim: make check builds it"; exit 1; }
	export ASAN_OPTIONS="verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
}
finish() { echo "1..$test_number"; exit 0; }

# word RUN PHASE: the phase's word in [phases].
word() {
	sed -n "/^\[phases\]/,/^\[/s/^$2=//p" "$1/.experiment_state"
}
# set_word RUN PHASE WORD: as a person with an editor would.
set_word() {
	sed -i "/^\[phases\]/,/^\[/s/^$2=.*/$2=$3/" "$1/.experiment_state"
}
of() { # RUN KEY: the value of a key in its state file
	sed -n "s/^$2=//p" "$1/.experiment_state"
}
newest_run() { # OUTPUT_ROOT
	local run
	for run in "$1"/*/; do :; done
	echo "${run%/}"
}
queue_is_empty() { [ -z "$(squeue -h 2>/dev/null)" ]; }
# executions FILE WORDS: how often a payload ran with these words.
executions() { grep -cx -- "$2" "$1" 2>/dev/null; true; }
