#!/bin/bash
# SPDX-License-Identifier: MIT
# What the gc module's debug flags do: a line for each collection, a report after one that found
# something, on the program's own standard error only; and which snapshots stay in the session.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.c" <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "ouro.h"
static __attribute__((noinline)) void leak_here(void)
{
	void **volatile a = calloc(6, sizeof(void *)), **volatile b = calloc(6, sizeof(void *));
	a[2] = b;
	b[3] = a;
	a = b = NULL;
}
int main(int argc, char **argv)
{
	ouro_set_debug((unsigned)atoi(argv[1]));
	if (argc > 2) /* its own affair from now on */
		dup2(open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
	ouro_collect(2);
	ouro_collect(0);
	leak_here();
	ouro_collect(1);
	if (write(STDERR_FILENO, "later\n", 6) != 6)
		return 1;
	printf("%ld\n", ouro_get_cycles());
	return 0;
}
END
gcc -g -I"$TOP/include" "$WORK/prog.c" -o "$WORK/prog" || fail "does not compile"
preload=${OURO%/*}/libouro.so

# run FLAGS [FILE]: the program under the library, no report at the end.
options=report=0:dir=$WORK/sessions
run() {
	LD_PRELOAD=$preload OURO_OPTIONS=$options "$WORK/prog" "$@" >"$WORK/out" 2>"$WORK/err" ||
		fail "flags $*: status $?"
}

run 0
[ "$(cat "$WORK/err")" = later ] || fail "no flags: $(head -c 300 "$WORK/err")"
[ "$(cat "$WORK/out")" = 1 ] || fail "cycles: $(cat "$WORK/out")"
options=$options:analyzer=/nowhere/ouro run 0
[ "$(cat "$WORK/out")" = -1 ] || fail "cycles without an analyzer: $(cat "$WORK/out")"

line='blocks unreachable, [0-9]+ bytes, [0-9]+ us$'
run 1
[ "$(wc -l <"$WORK/err")" = 4 ] || fail "stats: $(cat "$WORK/err")"
grep -qE "^ouro: gc: generation 2: 0 of [0-9]+ $line" "$WORK/err" || fail "stats of the first"
grep -qE "^ouro: gc: generation 0: 0 of [0-9]+ $line" "$WORK/err" || fail "stats of the second"
grep -qE "^ouro: gc: generation 1: 2 of [0-9]+ blocks unreachable, 96 bytes, " "$WORK/err" ||
	fail "stats of the third"

# One report, of the collection that found something, and before what the program says next.
for flags in 2 4 38; do
	run $flags
	[ "$(grep -c 'ROOT CYCLE' "$WORK/err")" = 1 ] || fail "flags $flags: $(cat "$WORK/err")"
	grep -q 'leak_here' "$WORK/err" || fail "flags $flags: no stack"
	[ "$(tail -n 1 "$WORK/err")" = later ] || fail "flags $flags: a report at the end"
done

# A standard error that the program opened for itself is not written to.
run 3 "$WORK/own"
[ "$(cat "$WORK/own")" = later ] || fail "own standard error: $(head -c 300 "$WORK/own")"
[ ! -s "$WORK/err" ] || fail "the first standard error: $(head -c 300 "$WORK/err")"

# A collection gives back what the one before left in the session, unless all is to be saved.
marks() {
	python3 - "$TOP/tests/lib" "$1" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import session
data = open(sys.argv[2], "rb").read()
kinds = [kind for kind, *_ in session.segments(data, session.unpack(data, "Q", 24)[0])]
print(kinds.count(session.KIND_SNAPSHOT), kinds.count(11))
END
}
for flags in 0 32; do
	"$OURO" run --error-exitcode 0 --save "$WORK/kept$flags.ouro" --format json -o "$WORK/json$flags" \
		-- "$WORK/prog" $flags >/dev/null 2>"$WORK/err" || fail "ouro run: status $?"
	jq -e '.totals.cycle.blocks == 2 and .verdict == "leaks"' "$WORK/json$flags" >/dev/null ||
		fail "the session with flags $flags reads otherwise"
done
[ "$(marks "$WORK/kept0.ouro")" = "4 2" ] || fail "snapshots kept: $(marks "$WORK/kept0.ouro")"
[ "$(marks "$WORK/kept32.ouro")" = "4 4" ] || fail "snapshots saved: $(marks "$WORK/kept32.ouro")"
finish
