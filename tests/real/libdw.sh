#!/bin/bash
# SPDX-License-Identifier: MIT
# libdw is loaded only where something is to be named; where it is missing, reports come without
# names, and say why.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/program.c" <<'END'
#include <stdlib.h>
int main(int argc, char **argv)
{
	char *volatile p = malloc(48);
	(void)argv;
	if (argc == 1)
		free(p);
	p = NULL;
	return 0;
}
END
gcc -g -O0 "$WORK/program.c" -o "$WORK/program"
mkdir "$WORK/broken"
echo "no library" >"$WORK/broken/libdw.so.1"

# report NAME STATUS ARGUMENT...: the program's report with that libdw
report() {
	local name=$1 wanted=$2 status=0
	shift 2
	LD_LIBRARY_PATH=$WORK/broken "$OURO" run --no-cache --format json -o "$WORK/$name.json" -- \
		"$WORK/program" "$@" 2>"$WORK/$name.err" || status=$?
	[ "$status" = "$wanted" ] || fail "$name: status $status instead of $wanted: $(cat "$WORK/$name.err")"
}

report clean 0
expect clean .verdict clean
expect clean '[.coverage.notes[] | select(test("libdw"))] | length' 0
report leak 23 leak
expect leak .verdict leaks
expect leak .totals.lost.bytes 48
expect leak '.findings[0].stack[0].function' null
expect leak '[.coverage.notes[] | select(test("/program: the file cannot be read without libdw"))] | length' 1

# The same with the real one.
status=0
"$OURO" run --no-cache --format json -o "$WORK/named.json" -- "$WORK/program" leak || status=$?
[ "$status" = 23 ] || fail "named: status $status instead of 23"
expect named '.findings[0].stack[0].function' main
finish
