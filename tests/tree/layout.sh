#!/bin/bash
# SPDX-License-Identifier: MIT
# Every source has its licence line, and .clang-format decides how C and C++ are laid out.
. "$TOP/tests/lib/real.sh"
cd "$TOP" || exit 1

sources=$(find shim analyzer include tests -type f \( -name '*.c' -o -name '*.h' -o -name '*.cc' \
	-o -name '*.def' -o -name '*.py' -o -name '*.sh' -o -name run -o -name run_case \) | sort)
for file in $sources; do
	head -3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || fail "$file: no licence line"
done

if ! command -v clang-format >/dev/null; then
	[ "$wrong" = 0 ] && skip "no clang-format here"
	finish
fi
# shellcheck disable=SC2046
clang-format --dry-run -Werror $(echo "$sources" | grep -E '\.(c|h|cc)$') 2>"$WORK/format"
status=$?
files=$(grep -oE '^[^ :]+\.(c|h|cc):' "$WORK/format" | sort -u | tr ':\n' '  ')
[ "$status" = 0 ] || fail "clang-format would change $files"
finish
