#!/bin/bash
# SPDX-License-Identifier: MIT
# SIGKILL takes the process before any snapshot: the session still opens, the verdict is unchecked with
# that reason, and what was live is told by stack.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.c" <<'END'
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
void *held[100];
static __attribute__((noinline)) void *make(size_t n)
{
	void *volatile p = malloc(n);
	return p;
}
int main(void)
{
	for (int i = 0; i < 100; i++)
		held[i] = make(64);
	for (int i = 0; i < 50; i++)
		free(held[i]);
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}
END
gcc -g -O1 "$WORK/prog.c" -o "$WORK/prog" || fail "does not compile"

status=0
"$OURO" run --format json -o "$WORK/run.json" --save "$WORK/kept.ouro" -- "$WORK/prog" || status=$?
[ "$status" = 137 ] || fail "ouro run: status $status instead of 137"
expect run .verdict unchecked
expect run .reason 'killed before a snapshot'
expect run '.process.exit.signal' 9

status=0
"$OURO" report --format json -o "$WORK/report.json" "$WORK/kept.ouro" || status=$?
[ "$status" = 24 ] || fail "ouro report: status $status instead of 24"
for report in run report; do
	expect $report .verdict unchecked
	expect $report '[.findings[] | select(.stack | map(.function) | contains(["make", "main"])) | .blocks] | add' 50
	expect $report '[.findings[] | select(.stack | map(.function) | contains(["make", "main"])) | .bytes] | add' 3200
done
"$OURO" report "$WORK/kept.ouro" >"$WORK/text" 2>&1
grep -q 'unchecked: killed before a snapshot' "$WORK/text" || fail "the text does not say why"
grep -q 'make' "$WORK/text" || fail "the text does not name what was live"
finish
