#!/bin/bash
# layers.t - the tree's rule: includes point down only.
#
#   cli -> engine, view, run -> store, slurm -> model -> util
#
# A header of include/latsub belongs to the folder that implements it; a
# private header may be included from its own folder only.  Within a folder
# includes do not go in a circle.  Functions are short, and tests do not sleep.

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
declare -A layer=([util]=1 [model]=2 [store]=3 [slurm]=3 [engine]=4 [run]=4
	[view]=4 [cli]=5)
declare -A owner=([clock]=util [error]=util [text]=util [file]=util
	[rangeset]=util [variables]=model [edge]=model [reason]=model
	[program]=util [version]=util [fault]=util [process]=util [options]=model [sweep]=model
	[spec]=model [state]=model [event]=model [phase]=model [trail]=model [history]=model [inifile]=store [journal]=store [run]=store
	[run_layout]=store [recovery]=store [experiment]=store [slurm]=slurm [accounting]=slurm
	[audit]=model [plan]=engine [reconcile]=engine [audit_slurm]=engine
	[engine]=engine [runner]=run [run_status]=view [status_words]=view
	[view]=view)
# contracts of pure data and pure functions that a sibling may read
declare -A shared=([view:plan]=1)

bad=() ; unknown=()
for file in "$top"/src/*/*.[ch]; do
	room=$(basename "$(dirname "$file")")
	while read -r name; do
		to=${owner[$name]-}
		if [ -z "$to" ]; then
			unknown+=("$file: latsub/$name.h")
		elif [ "$to" != "$room" ] && [ -z "${shared[$room:$name]-}" ] &&
			[ "${layer[$to]}" -ge "${layer[$room]}" ]; then
			bad+=("$file includes latsub/$name.h of $to")
		fi
	done < <(sed -n 's|^#include "latsub/\(.*\)\.h"|\1|p' "$file")
	while read -r name; do
		[ "$name" = config.h ] || [ -e "$(dirname "$file")/$name" ] ||
			bad+=("$file includes $name of another room")
	done < <(sed -n 's|^#include "\([^/]*\.h\)"|\1|p' "$file")
	if [ "$room" != slurm ] && grep -q '#include <slurm/' "$file"; then
		bad+=("$file includes Slurm's own header")
	fi
done

# A unit is NAME.c with NAME.h, and all NAME_*.[ch] that are no such pair themselves.
unit_of() { # ROOM NAME; sets unit
	unit=$2
	until [ -e "$1/$unit.c" ] && [ -e "$1/$unit.h" ]; do
		case $unit in
		*_*) unit=${unit%_*} ;;
		*) unit=$2 && return ;;
		esac
	done
}
# What each unit includes of the others of its room, a pair a line.
edges_of() { # ROOM
	local file name from unit
	for file in "$1"/*.[ch]; do
		name=${file##*/}
		unit_of "$1" "${name%.?}" && from=$unit
		while read -r name; do
			unit_of "$1" "$name" && [ "$unit" != "$from" ] && echo "$from $unit"
		done < <(sed -n 's|^#include "\([^/]*\)\.h"|\1|p' "$file")
	done
}
circles=()
for room in "$top"/src/*/; do
	loop=$(edges_of "${room%/}" | tsort 2>&1 >/dev/null | sed 's/^tsort: //' | tr '\n' ' ')
	[ -z "$loop" ] || circles+=("$room $loop")
done

# Lines between the '{' and the '}' that begin a line.
longer_than() { # MOST FILE...
	awk -v most="$1" 'FNR == 1 { begin = 0 }
		/^\{/ { begin = FNR }
		/^}/ { lines = FNR - begin - 1
			if (begin && lines > most)
				print FILENAME ":" begin ": " lines " lines"
			begin = 0 }' "${@:2}"
}
mapfile -t long < <(longer_than 60 "$top"/src/*/*.c; longer_than 70 "$top"/tests/unit/*.c)

# Seconds in which a test itself sleeps.  What is in a here-document is a payload.
mapfile -t sleepers < <(awk 'FNR == 1 { ends = "" }
	ends != "" { if ($1 == ends) ends = ""; next }
	match($0, /<<-?.?[A-Z][A-Z0-9]*/) {
		ends = substr($0, RSTART, RLENGTH)
		gsub(/[^A-Z0-9]/, "", ends)
	}
	/(^|ok ".*"|&&)[ \t]*sleep [1-9]/ && before !~ /^[ \t]*#/ {
		print FILENAME ":" FNR ":" $0
	}
	{ before = $0 }' "$top"/tests/t/*.t "$top"/tests/t/*.sh)

report() { # number, name, complaints
	local number=$1 name=$2
	shift 2
	[ $# -eq 0 ] && { echo "ok $number - $name"; return; }
	echo "not ok $number - $name"
	printf '# %s\n' "$@"
}
mapfile -t mute < <(find "$top/tests/t" -name "*.t" ! -perm -u+x)
echo 1..6
report 1 "includes point down" "${bad[@]}"
report 2 "every shared header has an owner" "${unknown[@]}"
report 3 "every test script can be executed" "${mute[@]}"
report 4 "no units of a folder include each other in a circle" "${circles[@]}"
report 5 "no function is longer than 60 lines, in unit tests 70" "${long[@]}"
report 6 "no test sleeps without a comment that says why" "${sleepers[@]}"
