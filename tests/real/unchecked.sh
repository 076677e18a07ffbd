#!/bin/bash
# SPDX-License-Identifier: MIT
# What cannot be observed is said to be unchecked, with the reason, and runs as it does without us:
# never "no leaks".
. "$TOP/tests/lib/real.sh"

cat >"$WORK/leak.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	volatile char *p = malloc(48);
	p[0] = 1;
	p = NULL;
	puts("ran");
	return 5;
}
END
cat >"$WORK/own.c" <<'END'
#include <stddef.h>
#include <stdio.h>
#include <string.h>
static char heap[1 << 20] __attribute__((aligned(16)));
static size_t used;
void *malloc(size_t n)
{
	void *p = heap + used;
	used += (n + 31) & ~(size_t)15;
	return used < sizeof(heap) ? p : NULL;
}
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n)
{
	void *q = malloc(n);
	if (p && q)
		memmove(q, p, n);
	return q;
}
int main(void)
{
	puts(malloc(48) ? "ran" : "not");
	return 5;
}
END

# unchecked NAME REASON-PATTERN COMMAND...
unchecked() {
	local name=$1 pattern=$2 status=0
	shift 2
	"$OURO" run --format json -o "$WORK/$name.json" -- "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" || status=$?
	[ "$status" = 24 ] || fail "$name: status $status instead of 24"
	expect "$name" .verdict unchecked
	jq -r .reason "$WORK/$name.json" | grep -qiE "$pattern" || fail "$name: the reason does not say $pattern: $(jq -r .reason "$WORK/$name.json")"
	[ "$(cat "$WORK/$name.out")" = "${output-ran}" ] || fail "$name: its output is '$(cat "$WORK/$name.out")'"
	[ ! -s "$WORK/$name.err" ] || fail "$name: it says on stderr: $(cat "$WORK/$name.err")"
	status=0
	"$OURO" run --unchecked-exitcode 0 -o /dev/null -- "$@" >/dev/null 2>&1 || status=$?
	[ "$status" = "${own-5}" ] || fail "$name: its own status is ${own-5}, got $status"
}

gcc -static "$WORK/leak.c" -o "$WORK/static" && unchecked static 'static' "$WORK/static"
gcc -static-pie "$WORK/leak.c" -o "$WORK/static_pie" && unchecked static_pie 'static' "$WORK/static_pie"
musl-gcc "$WORK/leak.c" -o "$WORK/musl" && unchecked musl 'musl' "$WORK/musl"
gcc "$WORK/own.c" -fno-builtin -o "$WORK/own" && unchecked own_malloc 'malloc' "$WORK/own"
export ASAN_OPTIONS=detect_leaks=0
gcc -fsanitize=address "$WORK/leak.c" -o "$WORK/asan" && unchecked asan 'asan|sanitizer' "$WORK/asan"
clang -fsanitize=address "$WORK/leak.c" -o "$WORK/asan_clang" && unchecked asan_clang 'asan|sanitizer' "$WORK/asan_clang"
gcc "$WORK/leak.c" -o "$WORK/setuid" && cp "$WORK/setuid" "$WORK/setuid2" && chmod 4755 "$WORK/setuid2" &&
	{ [ "$(id -u)" = 0 ] || unchecked setuid 'set-?u?id' "$WORK/setuid2"; }

# Not there, not runnable: env's statuses.
status=0
"$OURO" run -o /dev/null -- "$WORK/nothing" 2>/dev/null || status=$?
[ "$status" = 127 ] || fail "a command that is not there: $status"
: >"$WORK/text"
status=0
"$OURO" run -o /dev/null -- "$WORK/text" 2>/dev/null || status=$?
[ "$status" = 126 ] || fail "a command that cannot run: $status"
finish
