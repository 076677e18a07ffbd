#!/bin/bash
# SPDX-License-Identifier: MIT
# The other ways to use it: plain LD_PRELOAD, a kept session reported later, several reports of one run,
# suppressions, options in the environment, options that are wrong.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
static __attribute__((noinline)) void leak_here(void)
{
	void **volatile a = calloc(6, sizeof(void *)), **volatile b = calloc(6, sizeof(void *));
	a[2] = b;
	b[3] = a;
	a = b = NULL;
}
int main(void)
{
	leak_here();
	puts("ran");
	return 5;
}
END
gcc -g "$WORK/prog.c" -o "$WORK/prog" || fail "does not compile"
preload=${OURO%/*}/libouro.so

# Plain LD_PRELOAD: the report on stderr at exit, the status the program's own.
status=0
LD_PRELOAD=$preload "$WORK/prog" >"$WORK/out" 2>"$WORK/err" || status=$?
[ "$status" = 5 ] || fail "LD_PRELOAD: status $status instead of 5"
[ "$(cat "$WORK/out")" = ran ] || fail "LD_PRELOAD: output $(cat "$WORK/out")"
grep -q 'ROOT CYCLE' "$WORK/err" || fail "LD_PRELOAD: no cycle in: $(head -c 300 "$WORK/err")"
grep -q 'leak_here' "$WORK/err" || fail "LD_PRELOAD: no name in: $(head -c 300 "$WORK/err")"
status=0
LD_PRELOAD=$preload OURO_OPTIONS=exitcode=42 /bin/sh -c : 2>"$WORK/err" || status=$?
[ "$status" = 0 ] || fail "exitcode=42 on a clean program: status $status"

# Several reports of one run, and the session, which says the same later.
status=0
"$OURO" run -o "$WORK/text" --report "json:$WORK/run.json" --save "$WORK/kept.ouro" -- "$WORK/prog" >/dev/null || status=$?
[ "$status" = 23 ] || fail "run: status $status instead of 23"
grep -q 'ROOT CYCLE' "$WORK/text" || fail "no cycle in the text"
grep -q '+0x10' "$WORK/text" && grep -q '+0x18' "$WORK/text" || fail "no edges in the text"
grep -q 'CYCLE BACK TO' "$WORK/text" || fail "the cycle does not close in the text"
status=0
"$OURO" report --format json "$WORK/kept.ouro" >"$WORK/later.json" || status=$?
[ "$status" = 23 ] || fail "report: status $status instead of 23"
cmp <(jq -S 'del(.process.exit)' "$WORK/run.json") <(jq -S 'del(.process.exit)' "$WORK/later.json") || fail "the later report differs"
expect later '.findings[0] | [.class, .blocks, .bytes, (.members | length), (.edges | length)] | join(" ")' 'cycle 2 96 2 2'
expect later '[.findings[0].edges[].offset] | sort | join(" ")' '16 24'
grep -q "$(printf '\033')" "$WORK/text" && fail "colour in a file"

# LeakSanitizer's suppressions.
echo 'leak:leak_here' >"$WORK/supp"
status=0
"$OURO" run --suppressions "$WORK/supp" --format json -o "$WORK/suppressed.json" -- "$WORK/prog" >/dev/null || status=$?
[ "$status" = 5 ] || fail "suppressed: status $status instead of 5"
expect suppressed .verdict clean
echo 'leak:elsewhere' >"$WORK/supp"
status=0
"$OURO" run --suppressions "$WORK/supp" -o /dev/null -- "$WORK/prog" >/dev/null || status=$?
[ "$status" = 23 ] || fail "not suppressed: status $status instead of 23"

# Statuses asked for; options from the environment.
status=0
"$OURO" run --error-exitcode 77 -o /dev/null -- "$WORK/prog" >/dev/null || status=$?
[ "$status" = 77 ] || fail "--error-exitcode 77: $status"
status=0
OURO_OPTIONS=error_exitcode=78 "$OURO" run -o /dev/null -- "$WORK/prog" >/dev/null || status=$?
[ "$status" = 78 ] || fail "error_exitcode=78 in OURO_OPTIONS: $status"

# Wrong options are said before the program starts.
for wrong_use in '--nonsense' '--format nonsense' '--error-exitcode many'; do
	status=0
	# shellcheck disable=SC2086
	"$OURO" run $wrong_use -- "$WORK/prog" >"$WORK/out" 2>"$WORK/err" || status=$?
	[ "$status" = 125 ] || fail "$wrong_use: status $status instead of 125"
	[ ! -s "$WORK/out" ] || fail "$wrong_use: the program ran"
	[ -s "$WORK/err" ] || fail "$wrong_use: no message"
done
status=0
OURO_OPTIONS=nonsense=1 "$OURO" run -- "$WORK/prog" >"$WORK/out" 2>"$WORK/err" || status=$?
[ "$status" = 125 ] && [ ! -s "$WORK/out" ] || fail "a wrong key in OURO_OPTIONS: status $status"
status=0
"$OURO" report "$WORK/prog.c" >/dev/null 2>"$WORK/err" || status=$?
[ "$status" = 125 ] || fail "no session: status $status instead of 125"

# Sessions are for their owner only.
[ "$(stat -c %a "$WORK/kept.ouro")" = 600 ] || fail "mode of the session: $(stat -c %a "$WORK/kept.ouro")"
finish
