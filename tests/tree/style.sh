#!/bin/bash
# SPDX-License-Identifier: MIT
# The house: every file has its licence line, sources are formatted, of moderate length, and name no path
# of the machine that they were written on; the installed tree works and goes away again.
. "$TOP/tests/lib/real.sh"
cd "$TOP" || exit 1

sources=$(find shim analyzer include tests -type f \( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.py' \
	-o -name '*.sh' -o -name '*.def' \) | sort)
for file in $sources; do
	head -3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || fail "$file: no licence line"
done
for file in shim/*.[ch] analyzer/*.[ch]; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 400 ] || fail "$file: $lines lines"
done
# shellcheck disable=SC2086
grep -nE '/(work|root)/[a-z]' $sources README.md man/* Makefile 2>/dev/null |
	grep -v '^tests/tree/style.sh' && fail "a path of somebody's machine"

if command -v clang-format >/dev/null; then
	# shellcheck disable=SC2086
	clang-format --dry-run --Werror $(printf '%s\n' $sources | grep -E '\.(c|h|cc)$') 2>"$WORK/format" ||
		fail "not formatted: $(grep -oE '^[^ :]+\.(c|h|cc):' "$WORK/format" | sort -u | tr '\n' ' ')"
fi

# install, use from there, uninstall.
make --no-print-directory BUILD="$BUILD" DESTDIR="$WORK/root" PREFIX=/usr install >"$WORK/install.log" 2>&1 ||
	fail "install: $(tail -3 "$WORK/install.log")"
for file in bin/ouro lib/libouro.so lib/pkgconfig/ouro.pc include/ouro_session.h share/man/man1/ouro.1 \
	share/man/man3/libouro.3 share/man/man5/ouro_session.5; do
	[ -f "$WORK/root/usr/$file" ] || fail "not installed: $file"
done
status=0
"$WORK/root/usr/bin/ouro" run -o "$WORK/installed" -- /usr/bin/tr a b </dev/null || status=$?
[ "$status" = 23 ] || fail "the installed ouro: status $status instead of 23"
make --no-print-directory BUILD="$BUILD" DESTDIR="$WORK/root" PREFIX=/usr uninstall >>"$WORK/install.log" 2>&1
left=$(find "$WORK/root" -type f)
[ -z "$left" ] || fail "left after uninstall: $left"
finish
