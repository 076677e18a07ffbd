#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# gcc: the driver, its compiler proper, the assembler; cmake and curl, which start much and do little.
. "$TOP/tests/lib/real.sh"

prepare() {
	cat >hello.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("%s %d\n", argv[i], atoi(argv[i]));
	return argc * 3;
}
END
	gcc -S hello.c -o hello.s
	echo 'int f(void) { return x; }' >bad.c
}

agrees driver /usr/bin/gcc -O2 -c hello.c -o hello.o
agrees cc1 "$(gcc -print-prog-name=cc1)" -quiet -imultiarch x86_64-linux-gnu -O2 hello.c -o out.s
agrees cc1_error "$(gcc -print-prog-name=cc1)" -quiet bad.c -o out.s
agrees as /usr/bin/as hello.s -o out.o
agrees cmake /usr/bin/cmake --version
agrees curl /usr/bin/curl --version
agrees curl_file /usr/bin/curl -s "file://$WORK/dir/bad.c"
finish
