#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# The analyzer built with ASan and UBSan reads sessions of real and annotated programs, in every format: no complaint,
# and word for word what the plain one says.
. "$TOP/tests/lib/real.sh"
sanitized=${OURO%/*}/san/ouro
[ -x "$sanitized" ] || fail "no sanitized analyzer: make tests"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

printf 'one\ntwo\n' >"$WORK/text"
session() { # NAME COMMAND...
	local name=$1
	shift
	"$OURO" run --error-exitcode 0 --unchecked-exitcode 0 -o /dev/null --save "$WORK/$name.ouro" -- "$@" \
		>/dev/null 2>&1 </dev/null
	[ -f "$WORK/$name.ouro" ] || fail "$name: no session"
}
session tr /usr/bin/tr a b
session killed /bin/sh -c 'kill -KILL $$'
session perl /usr/bin/perl -e 'my %h = map { $_ => [$_] } 1 .. 3000; print scalar keys %h'
session python /usr/bin/python3 -c 'import json, threading; print(json.dumps(list(range(100))))'
session cmake /usr/bin/cmake --version
# Annotated ones: between them, every kind of object, retain, reference and edge that a ledger has.
for case in "pool dropped" "pool freed" "after_end release" "folded named" "over_released unnamed" \
	"clean held" "cycle_over cookie" "weak forgotten" cached; do
	set -- $case
	gcc -std=gnu11 -D_GNU_SOURCE -g -O1 -I "$TOP/include" "$TOP/tests/cases/ledger_$1.c" -o "$WORK/$1" ||
		fail "ledger_$1.c does not compile"
	session "ledger_$1${2:+_$2}" "$WORK/$1" ${2:+"$2"}
done

for kept in "$WORK"/*.ouro; do
	name=${kept##*/}
	for options in "--format json" "--format json --show-reachable" "--format text --verbose" \
		"--format text --show-reachable --max-findings 5"; do
		plain=0
		checked=0
		# shellcheck disable=SC2086
		"$OURO" report $options "$kept" >"$WORK/plain.out" 2>"$WORK/plain.err" || plain=$?
		# shellcheck disable=SC2086
		timeout 120 "$sanitized" report $options "$kept" >"$WORK/checked.out" 2>"$WORK/checked.err" || checked=$?
		[ "$plain" = "$checked" ] || fail "$name: report $options: status $checked, plain $plain: $(tail -5 "$WORK/checked.err")"
		cmp "$WORK/plain.out" "$WORK/checked.out" || fail "$name: report $options differs"
		cmp "$WORK/plain.err" "$WORK/checked.err" || fail "$name: report $options: $(tail -5 "$WORK/checked.err")"
	done
done
finish
