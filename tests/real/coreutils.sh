#!/bin/bash
# SPDX-License-Identifier: MIT
# Small commands that everybody has: clean, but for tr, which drops its four blocks.
. "$TOP/tests/lib/real.sh"

prepare() {
	printf 'one\ntwo\nthree\n' >text
	mkdir sub
	touch -d 2020-01-01 text sub
}

agrees true /bin/true
expect true .verdict clean
agrees false /bin/false
agrees ls /bin/ls -l /usr/lib/x86_64-linux-gnu
expect ls .verdict clean
agrees cat /bin/cat text /etc/passwd /nonexistent
expect cat .verdict clean
agrees grep /bin/grep -n -E 't(w|hr)' text
expect grep .verdict clean
agrees sort /usr/bin/sort -r text
agrees tr /usr/bin/tr a-z A-Z
expect tr .verdict leaks
expect tr '.totals | .lost.blocks + .indirect.blocks' 4
finish
