#!/bin/bash
# package.t - what a stranger gets: the files of the distribution, ./demo in
# them, and what make install puts where.
#
# In:  top_builddir, a configured build; its make packs the tree.
# Out: TAP.  Nothing is written to the tree; ./demo runs in an unpacked copy.

unset MAKEFLAGS MAKELEVEL MFLAGS # of the make that runs this
# shellcheck source=tests/t/lib.sh
. "$(dirname "$0")/lib.sh"
tree=$tmp/tree
export LATSUB_SANDBOX_DIR=$tmp/sb
sandbox_dirs+=("$LATSUB_SANDBOX_DIR")

files() { (cd "$1" && find . -type f | sort); }
# pack BUILD DIR
pack() { make -C "$1" -s distdir distdir="$2" >"$tmp/pack.log" 2>&1; }

ok "the tree can be packed" pack "$top_builddir" "$tree"
if git -C "$top_srcdir" rev-parse --git-dir >/dev/null 2>&1; then
	is "all that git knows is packed" "$(comm -13 <(files "$tree") \
		<(git -C "$top_srcdir" ls-files | sed 's|^|./|' | sort))" ""
fi

# No test installs packages: take those that ./demo asks for as installed.
mkdir "$tmp/bin"
printf '#!/bin/sh\necho install ok installed\n' >"$tmp/bin/dpkg-query"
chmod +x "$tmp/bin/dpkg-query"
files "$tree" >"$tmp/packed"
mkdir "$tree/build-demo"
configure() {
	(cd "$tree/build-demo" && ../configure -q --prefix="$tmp/installed" CFLAGS=-O0)
}
ok "it can be configured" configure
demo() { PATH=$tmp/bin:$PATH timeout 500 "$tree/demo" >"$tmp/demo.log" 2>&1; }
demo || tail -30 "$tmp/demo.log"
ok "./demo shows the table of its run" grep -q '^Measured' "$tmp/demo.log"

# The last lines of ./demo are commands, for a shell that is anywhere.
sed -n '/^== look around/,$s/^   //p' "$tmp/demo.log" >"$tmp/hints"
is "./demo ends with two commands" "$(wc -l <"$tmp/hints")" 2
cd / || exit 1
like "its first shows the run" "$(sh -c "$(sed -n 1p "$tmp/hints")" 2>&1)" \
	'^aggregation +completed'
ok "its second ends the Slurm" sh -c "$(sed -n 2p "$tmp/hints")"

# What ./demo left beside the example is not packed, names of any length are.
ok "./demo has left a run" test -d "$(newest_run "$tree/examples/latentwire/runs")"
rm -rf "$tmp/again"
ok "a tree in which ./demo was can be packed" pack "$tree/build-demo" "$tmp/again"
is "the same files are packed again" "$(files "$tmp/again" | diff "$tmp/packed" -)" ""
long=tests/fuzz/corpus/$(printf 'n%.0s' {1..120})
: >"$tree/$long"
archive() { make -C "$tree/build-demo" -s dist-xz >"$tmp/dist.log" 2>&1; }
ok "a file with a long name can be packed" archive
like "it is in the archive" "$(tar tf "$tree"/build-demo/latsub-*.tar.xz)" "/$long\$"

install() { make -C "$tree/build-demo" install >"$tmp/install.log" 2>&1; }
ok "make install" install
is "make install prints commands, and no advice" \
	"$(grep -Ev '^ *(/|make)' "$tmp/install.log")" ""
is "what is installed" "$(files "$tmp/installed" | grep -v '\.la$')" \
	"$(printf './%s\n' bin/latsub lib/latsub/slurm.so libexec/latsub/latsub-sandbox \
		share/doc/latsub/{HACKING.md,LICENSE,NEWS,README.md,docs/checkpointing.md,docs/design.md} \
		share/latsub/slurm_templates/default.sh share/man/man1/latsub.1 \
		share/man/man5/latsub-{experiment,state}.5 | sort)"
finish
