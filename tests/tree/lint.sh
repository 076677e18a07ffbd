#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# tier: full
# clang-tidy and cppcheck are quiet on both halves (.clang-tidy says which checks, and why not others).
. "$TOP/tests/lib/real.sh"
cd "$TOP" || exit 1
command -v clang-tidy >/dev/null || skip "no clang-tidy here"
command -v cppcheck >/dev/null || skip "no cppcheck here"

ls shim/*.c analyzer/*.c | xargs -P 2 -n 6 clang-tidy --quiet -- -std=gnu11 -D_GNU_SOURCE -Iinclude \
	-Wno-unknown-warning-option >"$WORK/tidy" 2>"$WORK/tidy.err" || fail "clang-tidy: status $?"
grep -E 'warning:|error:' "$WORK/tidy" | sort -u | head -60
grep -qE 'warning:|error:' "$WORK/tidy" && fail "clang-tidy is not quiet"

cppcheck -j 2 --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
	--suppress=missingIncludeSystem --suppress=unknownMacro -D_GNU_SOURCE -D__x86_64__ \
	-Iinclude shim analyzer || fail "cppcheck is not quiet"
finish
