#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# make install puts these files in these places with these modes; the installed program finds the
# installed library; pkg-config knows the package; make uninstall takes all of it away.
. "$TOP/tests/lib/real.sh"
cd "$TOP" || exit 1
root=$WORK/root usr=$WORK/root/usr

in_root() {
	make --no-print-directory BUILD="$BUILD" DESTDIR="$root" PREFIX=/usr "$1" >>"$WORK/log" 2>&1 || {
		tail -5 "$WORK/log"
		fail "make $1"
		finish
	}
}

in_root install
{
	echo "755 bin/ouro"
	echo "755 lib/libouro.so"
	echo "644 lib/pkgconfig/ouro.pc"
	for header in include/*.h; do echo "644 $header"; done
	for page in man/*.[0-9]; do echo "644 share/man/man${page##*.}/${page##*/}"; done
} | sort >"$WORK/wanted"
(cd "$usr" && find . -type f -printf '%m %P\n') | sort >"$WORK/installed"
diff "$WORK/wanted" "$WORK/installed" || fail "the installed files differ (< wanted, > installed)"
cmp "$OURO" "$usr/bin/ouro" || fail "the installed ouro is not the one that was built"

# From anywhere, by way of PATH; without its library it has nothing to preload and says so.
status=0
(cd / && PATH=$usr/bin:$PATH ouro run --format json -o "$WORK/installed.json" -- true) || status=$?
[ "$status" = 0 ] || fail "the installed ouro run true: status $status"
expect installed .verdict clean
mv "$usr/lib/libouro.so" "$WORK/libouro.so"
status=0
"$usr/bin/ouro" run -o "$WORK/none" -- true 2>"$WORK/stderr" || status=$?
[ "$status" = 125 ] || fail "without the installed library: status $status instead of 125"
grep -q libouro.so "$WORK/stderr" ||
	fail "without the installed library it says: $(cat "$WORK/stderr")"
mv "$WORK/libouro.so" "$usr/lib/libouro.so"

if command -v pkg-config >/dev/null; then
	export PKG_CONFIG_LIBDIR=$usr/lib/pkgconfig
	pkg-config --validate ouro || fail "pkg-config does not take ouro.pc"
	version=$("$usr/bin/ouro" version)
	[ "ouro $(pkg-config --modversion ouro)" = "$version" ] ||
		fail "ouro.pc has the version $(pkg-config --modversion ouro), the program $version"
	# shellcheck disable=SC2046
	echo '#include <ouro_session.h>' | PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 \
		sh -c 'gcc -std=c11 -Wall -Werror -fsyntax-only -x c $(pkg-config --cflags ouro) -' ||
		fail "the installed header does not compile by pkg-config's flags"
else
	fail "no pkg-config here"
fi

in_root uninstall
left=$(find "$root" ! -type d)
[ -z "$left" ] || fail "left after make uninstall: $left"
finish
