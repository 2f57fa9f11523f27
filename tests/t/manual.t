#!/bin/bash
# manual.t - the manual pages say what the program says: its commands and their
# options, the variables of a job.  The keys of an experiment and the options of sbatch
# are test_keys.c's.
#
# In:  LATSUB, the program; top_srcdir, the tree.
# Out: TAP.  That the pages format without warnings is checked with whatever
#      formatters there are; where there is none, the plan has no such test.

export LC_ALL=C.UTF-8 MANWIDTH=80
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
latsub=${LATSUB:-$top/latsub}
docs=$top/docs
pages=(latsub.1 latsub-experiment.5 latsub-state.5)

number=0
report() { # name, complaints
	local name=$1
	shift
	number=$((number + 1))
	[ $# -eq 0 ] && { echo "ok $number - $name"; return; }
	echo "not ok $number - $name"
	printf '# %s\n' "$@"
}

# ---- what the program and the sources have ----

commands() {
	"$latsub" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p'
}
long_options() { # command
	"$latsub" "$1" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u
}

# ---- what the pages have ----

section() { # page, command: the lines under ".Ss command"
	sed -n "/^\.Ss $2\$/,/^\.S[hs] /p" "$docs/$1" | sed '1d'
}
# Names that are in one list and not in the other.
differences() { # list, list, what the second is
	comm -23 <(echo "$1") <(echo "$2") | sed "/./s/\$/ is not in $3/"
	comm -13 <(echo "$1") <(echo "$2") | sed "/./s/\$/ is in $3 only/"
}

# shellcheck disable=SC2069 # warnings are wanted, pages are not
formatter_complaints() { # page
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$1" 2>&1
	fi
	if man --version 2>/dev/null | grep -q '^man 2'; then # man-db
		man --warnings -l "$1" 2>&1 >/dev/null
	elif command -v man >/dev/null; then
		man -l "$1" 2>&1 >/dev/null
	elif ! command -v mandoc >/dev/null; then
		groff -mandoc -ww -Tutf8 -z "$1" 2>&1
	fi
}
have_formatter() {
	command -v mandoc >/dev/null || command -v man >/dev/null ||
		command -v groff >/dev/null
}

if have_formatter; then
	echo "1..$((3 + ${#pages[@]}))"
else
	echo 1..3
fi

mapfile -t complaints < <(
	[ -n "$(commands)" ] || echo "'$latsub --help' lists no command"
	differences "$(commands | sort)" "$(sed -n \
		'/^\.Sh COMMANDS/,/^\.Sh [^C]/s/^\.Ss //p' "$docs/latsub.1" |
		sort)" latsub.1)
report "latsub.1 has every command of --help, and no other" "${complaints[@]}"

mapfile -t complaints < <(
	for command in $(commands); do
		text=$(section latsub.1 "$command")
		for option in $(long_options "$command"); do
			grep -qE "Fl $(printf %s "${option#-}")( |\$)" <<<"$text" ||
				echo "$command: $option is not in its section"
		done
	done)
report "latsub.1 has every option of every command's --help" "${complaints[@]}"

# The runner's own set_env() calls; what submission sets is checked by hand.
names=$(sed -n 's/.*set_env("\(LATSUB_[A-Z_]*\)".*/\1/p' \
	"$top/src/run/attempt_environment.c" | sort)
mapfile -t complaints < <(
	[ -n "$names" ] || echo "attempt_environment.c sets no variable"
	for name in $names; do
		grep -q "^\.It Ev $name\$" "$docs/latsub-experiment.5" ||
			echo "$name is not in latsub-experiment.5"
	done)
report "latsub-experiment.5 has every variable that the runner sets" \
	"${complaints[@]}"

have_formatter || exit 0
for page in "${pages[@]}"; do
	mapfile -t complaints < <(formatter_complaints "$docs/$page")
	report "$page formats without warnings" "${complaints[@]}"
done
