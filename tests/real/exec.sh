#!/bin/bash
# SPDX-License-Identifier: MIT
# A program that leaks and then becomes another: both are observed, the leak before exec is told.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.c" <<'END'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static __attribute__((noinline)) void leak(void)
{
	void *volatile p = calloc(1, 48);
	p = NULL;
}
int main(int argc, char **argv)
{
	leak();
	if (argc > 1 && !strcmp(argv[1], "missing"))
		return execl("/nonexistent", "x", (char *)NULL) == -1 ? 4 : 5;
	execl("/bin/echo", "echo", "from exec", (char *)NULL);
	return 1;
}
END
gcc -g "$WORK/prog.c" -o "$WORK/prog" || fail "does not compile"

status=0
"$OURO" run --format json -o "$WORK/exec.json" -- "$WORK/prog" >"$WORK/out" 2>"$WORK/err" || status=$?
[ "$status" = 23 ] || fail "status $status instead of 23"
[ "$(cat "$WORK/out")" = "from exec" ] || fail "its output: $(cat "$WORK/out")"
[ ! -s "$WORK/err" ] || fail "stderr: $(cat "$WORK/err")"
expect exec .verdict leaks
expect exec '[.processes[] | .totals.lost.blocks] | add' 1
expect exec '[.processes[] | .totals.lost.bytes] | add' 48
expect exec '[.processes[] | .verdict] | sort | join(" ")' 'clean leaks'

# An exec that fails changes nothing: the program goes on and is observed to its end.
status=0
"$OURO" run --format json -o "$WORK/failed.json" -- "$WORK/prog" missing || status=$?
[ "$status" = 23 ] || fail "after a failed exec: status $status instead of 23"
expect failed '.totals.lost.blocks' 1
expect failed '.process.exit.status' 4

# A shell that replaces itself.
same shell /bin/sh -c 'exec /bin/echo replaced'
finish
