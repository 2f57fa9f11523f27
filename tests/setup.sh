# shellcheck shell=bash disable=SC2034
# setup.sh - shell functions that ./check and ./demo share: packages, build.

build_packages="gcc make autoconf automake libtool pkg-config libinih-dev
libjansson-dev zlib1g-dev slurm-wlm munge libslurm-dev"
test_packages="libcmocka-dev clang python3 groff valgrind"
lint_packages="shellcheck codespell mandoc clang-tidy"

say() { printf '== %s\n' "$*"; }

# setup_packages PACKAGE...: install what is missing.  CI machines and laptops
# may not be Debian: then say what is needed and go on if the tools are there
# all the same.
setup_packages() {
	local missing=() package sudo=
	if ! command -v dpkg-query >/dev/null; then
		say "this is no Debian: make sure to have what these packages bring:"
		echo "$*"
		return 0
	fi
	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q '^install ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	if [ "$(id -u)" -ne 0 ]; then
		if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
			sudo=sudo
		else
			say "packages are missing, and only root can install them:"
			echo "   apt-get install ${missing[*]}"
			return 1
		fi
	fi
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	$sudo apt-get update -qq </dev/null &&
		$sudo apt-get install -y -qq --no-install-recommends \
			"${missing[@]}" </dev/null >/dev/null && return 0
	say "apt-get could not install: ${missing[*]}"
	return 1
}

# clang's run-time libraries are a package of their own, named by its release.
setup_clang() {
	local release
	release=$(clang -dumpversion | cut -d. -f1)
	echo 'int main(void){return 0;}' |
		clang -fsanitize=address,undefined -x c - -o /dev/null 2>/dev/null ||
		setup_packages "libclang-rt-$release-dev"
}

# setup_configure BUILD [OPTION]...: configure there unless it is done.
setup_configure() {
	local build=$1 source=$PWD
	shift
	if [ ! -x configure ] || [ configure.ac -nt configure ] ||
		[ Makefile.am -nt Makefile.in ] || [ m4/latsub_slurm.m4 -nt configure ]; then
		autoreconf -i >"$PWD/autoreconf.log" 2>&1 ||
			{ cat "$PWD/autoreconf.log"; return 1; }
	fi
	mkdir -p "$build" || return 1
	[ -e "$build/config.status" ] && [ "$build/config.status" -nt configure ] && return 0
	(cd "$build" && "$source/configure" -q "$@") || return 1
}
