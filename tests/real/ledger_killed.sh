#!/bin/bash
# SPDX-License-Identifier: MIT
# SIGKILL takes an annotated process before any snapshot: the counts alone name its retained cycles,
# where holders are named, and what hangs below; without a cycle, it stays unchecked.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.c" <<'END'
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ouro.h"
struct part {
	struct part *link[2];
	long pad[4];
};
struct part *root;
static __attribute__((noinline)) struct part *make(const char *type)
{
	struct part *p = calloc(1, sizeof(*p));
	ouro_object(p, sizeof(*p), type);
	__asm__ volatile("" : "+r"(p));
	return p;
}
static __attribute__((noinline)) void attach(struct part *by, int i, struct part *p)
{
	ouro_retain_by(p, by);
	by->link[i] = p;
}
/* A ring that holds a leaf, and that nothing holds any more. */
static __attribute__((noinline)) void ring(int n)
{
	struct part *first = make("Ring"), *last = first;
	ouro_retain_by(first, &root);
	root = first;
	attach(first, 1, make("Leaf"));
	while (--n > 0) {
		struct part *p = make("Ring");
		attach(last, 0, p);
		last = p;
	}
	attach(last, 0, first);
	root = NULL;
	ouro_release_by(first, &root);
}
/* A ring that the root holds, and one that somebody unnamed does. */
static __attribute__((noinline)) void held(void)
{
	struct part *a = make("Held"), *b = make("Held");
	attach(a, 0, b);
	attach(b, 0, a);
	ouro_retain_by(a, &root);
	root = a;
	a = make("Used");
	attach(a, 0, a);
	ouro_retain(a);
}
static __attribute__((noinline)) void destroy(struct part *p)
{
	free(p);
}
static __attribute__((noinline)) void misuse(void)
{
	struct part *p = make("Misused");
	attach(root, 1, p);
	destroy(p);
	p = make("Dropped");
	ouro_retain(p);
	ouro_release(p);
	ouro_release(p);
}
int main(int argc, char **argv)
{
	held();
	if (argc > 1 && !strcmp(argv[1], "cycles"))
		for (int n = 1; n <= 3; n++)
			ring(n);
	if (argc > 1 && !strcmp(argv[1], "misuse"))
		misuse();
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}
END
gcc -g -O1 -I "$TOP/include" "$WORK/prog.c" -o "$WORK/prog" || fail "does not compile"

# killed NAME STATUS: runs it; "$WORK/NAME.json" by ouro run, "$WORK/NAME-report.json" by ouro report.
killed() {
	local status=0
	"$OURO" run --format json -o "$WORK/$1.json" --save "$WORK/$1.ouro" -- "$WORK/prog" "$1" || status=$?
	[ "$status" = 137 ] || fail "ouro run: status $status instead of 137"
	expect "$1" '.process.exit.signal' 9
	status=0
	"$OURO" report --format json -o "$WORK/$1-report.json" "$WORK/$1.ouro" || status=$?
	[ "$status" = "$2" ] || fail "ouro report $1: status $status instead of $2"
}

killed cycles 23
for report in cycles cycles-report; do
	expect $report .verdict leaks
	expect $report '[.coverage.notes[] | select(test("judged by the counts alone"))] | length' 1
	expect $report '.totals.cycle | "\(.blocks) \(.bytes)"' "6 288"
	expect $report '.totals.indirect | "\(.blocks) \(.bytes)"' "3 144"
	expect $report '.totals.lost.blocks' 0
	expect $report '.totals["over-retained"].findings' 0
	expect $report '[.findings[] | select(.class == "cycle") | .type] | unique | join(" ")' Ring
	for n in 1 2 3; do
		expect $report "[.findings[] | select(.class == \"cycle\" and (.members | length) == $n) | .held_blocks] | join(\" \")" 1
	done
	expect $report '[.findings[] | select(.class == "cycle") | .edges[].kind] | unique | join(" ")' retain
	expect $report '[.findings[] | select(.class == "cycle") | .counts | test("every count is explained")] | all' true
	expect $report '[.findings[] | select(.class == "cycle") | .members[].refcount] | unique | join(" ")' 1
	expect $report '[.findings[] | select(.class == "cycle") | .members[].stack | map(.function) | contains(["make", "ring", "main"])] | all' true
	# what else was live is still told by stack, and no block is told of twice
	expect $report '.totals.reachable | "\(.blocks) \(.bytes)"' "3 144"
	expect $report '[.findings[] | select(.class == "reachable")] | length > 0' true
done
"$OURO" report "$WORK/cycles.ouro" >"$WORK/text" 2>&1
grep -q 'Ring' "$WORK/text" || fail "the text does not name the cycle"
grep -q 'judged by the counts alone' "$WORK/text" || fail "the text does not say how it was judged"

killed none 24
for report in none none-report; do
	expect $report .verdict unchecked
	expect $report .reason 'killed before a snapshot'
	expect $report '[.findings[] | select(.class != "reachable")] | length' 0
done

# Of these the counts are sure, whatever memory would say.
killed misuse 23
for report in misuse misuse-report; do
	expect $report .verdict leaks
	expect $report '.totals.cycle.blocks' 0
	expect $report '[.findings[] | select(.class == "over-retained") | .type] | join(" ")' Misused
	expect $report '[.findings[] | select(.class == "over-retained") | .events[].stack[].function] | contains(["destroy", "misuse"])' true
	expect $report '[.findings[] | select(.class == "over-released") | .type] | join(" ")' Dropped
done
finish
