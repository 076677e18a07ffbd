#!/bin/bash
# SPDX-License-Identifier: MIT
# A ring of objects that retain one another, and four times as large a one: the analyzer's work grows
# four times, counted in instructions, and the text stays as short.
# timeout: 300
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.c" <<'END'
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "ouro.h"
struct part {
	struct part *next;
	long pad[5];
};
static __attribute__((noinline)) struct part *make(void)
{
	struct part *p = calloc(1, sizeof(*p));
	ouro_object(p, sizeof(*p), "Link");
	__asm__ volatile("" : "+r"(p));
	return p;
}
static __attribute__((noinline)) void build(long count)
{
	struct part *first = make(), *last = first;
	while (--count > 0) {
		struct part *p = make();
		ouro_retain_by(p, last);
		last->next = p;
		last = p;
	}
	ouro_retain_by(first, last);
	last->next = first;
}
int main(int argc, char **argv)
{
	build(atol(argv[1]));
	if (argc > 2 && argv[2][0] == 'k')
		kill(getpid(), SIGKILL);
	return 0;
}
END
gcc -g -O1 -I "$TOP/include" "$WORK/prog.c" -o "$WORK/prog" || fail "does not compile"

# work_of NAME COUNT HOW: instructions that the analyzer spends on a ring of COUNT, in $spent; what it
# has looked up by the process that knows names is the same for each, and not among them.
work_of() {
	local name=$1 count=$2 how=$3
	"$OURO" run --format json -o "$WORK/$name.json" --save "$WORK/$name.ouro" -- "$WORK/prog" "$count" "$how"
	expect "$name" '.totals.cycle | "\(.findings) \(.blocks) \(.bytes)"' "1 $count $((48 * count))"
	expect "$name" '[.findings[] | select(.class == "cycle") | .counts | test("every count is explained")] | all' true
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$WORK/$name.valgrind" \
		"$OURO" report --error-exitcode 0 -o "$WORK/$name.text" "$WORK/$name.ouro" ||
		fail "$name: the analyzer under valgrind: status $?"
	spent=$(sed -n 's/,//g; s/.*I *refs: *//p' "$WORK/$name.valgrind" | tail -1)
	[ "${spent:-0}" -gt 0 ] || fail "$name: no instructions counted"
}

for how in exit kill; do
	work_of "$how-small" 20000 $how
	small=$spent
	work_of "$how-large" 80000 $how
	large=$spent
	echo "$how: $small instructions for 20000, $large for 80000"
	# what does not depend on the size makes it less; a sort makes it a little more
	[ "$large" -lt $((small * 5)) ] || fail "$how: more than linear"
	# under valgrind, on a busy machine, the reading of symbols may be given up
	lines=$(grep -vc '^note: names are missing' "$WORK/$how-small.text")
	[ "$lines" -lt 100 ] || fail "$how: $lines lines of text"
	[ "$lines" = "$(grep -vc '^note: names are missing' "$WORK/$how-large.text")" ] || fail "$how: a larger ring, a longer text"
done
finish
