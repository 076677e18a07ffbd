#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# tier: full
# clang-tidy is quiet on both halves; .clang-tidy says which checks, and why not others.  A file
# that was quiet is looked at again when what the compiler sees of it has changed.
. "$TOP/tests/lib/real.sh"
cd "$TOP" || exit 1
command -v clang-tidy >/dev/null || skip "no clang-tidy here"

export seen=$BUILD/tidy
export flags="-std=gnu11 -D_GNU_SOURCE -Iinclude -Wall -Wextra -Wundef -Wswitch-enum"
export rules
rules=$(clang-tidy --version; cat .clang-tidy)
mkdir -p "$seen"

# shellcheck disable=SC2317 # xargs calls it
# Prints what clang-tidy says of a file; remembers by an empty file's name that it said nothing.
tidy() {
	local key said
	# shellcheck disable=SC2086
	key=$({ echo "$rules$flags"; cat "$1"; gcc -E $flags "$1"; } | sha256sum | cut -c 1-32)
	[ -e "$seen/$key" ] && return
	# shellcheck disable=SC2086
	said=$(clang-tidy --quiet "$1" -- $flags 2>"$WORK/${1##*/}.err") ||
		said="$said$1: error: clang-tidy: status $?"
	if [ -z "$said" ]; then
		touch "$seen/$key"
	else
		echo "$said"
	fi
}
export -f tidy

printf '%s\n' shim/*.c analyzer/*.c | xargs -P 2 -I{} bash -c 'tidy {}' >"$WORK/said"
sed "s|^$TOP/||" "$WORK/said" | grep -E '(warning|error):' | sort -u | head -60
[ -s "$WORK/said" ] && fail "clang-tidy is not quiet: $WORK/said"
finish
