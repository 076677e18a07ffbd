#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# tier: full
# cppcheck is quiet on both halves, each by itself.  An exception stands beside its line, with the
# reason.
. "$TOP/tests/lib/real.sh"
cd "$TOP" || exit 1
command -v cppcheck >/dev/null || skip "no cppcheck here"

for half in shim analyzer; do
	cppcheck -j 2 --quiet --std=c11 --platform=unix64 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		-D_GNU_SOURCE -D__x86_64__ -D__GNUC__=12 -Iinclude "$half" ||
		fail "cppcheck is not quiet on $half"
done
finish
