#!/bin/bash
# SPDX-License-Identifier: MIT
# What an empty program costs is mostly system calls: there are to be no more of them than are
# needed, and none for each word, module or signal that one call could see to.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/empty.c" <<'END'
int main(void)
{
	return 0;
}
END
gcc "$WORK/empty.c" -o "$WORK/empty" || { fail "does not compile"; finish; }
gcc -std=gnu11 -D_GNU_SOURCE -O1 "$TOP/tests/real/programs/calls.c" -o "$WORK/calls" || { fail "calls does not compile"; finish; }

# calls NAME COMMAND...: counted into $WORK/NAME.calls
calls() {
	local name=$1 status=0
	shift
	"$WORK/calls" "$WORK/$name.calls" "$@" || status=$?
	[ "$status" != 77 ] || skip "nobody may trace here"
	[ "$status" = 0 ] || fail "$name: status $status"
}

# most NAME NUMBER|all BOUND: no more calls than that
most() {
	local made
	made=$(awk -v call="$2" 'call == "all" || $1 == call { n += $2 } END { print n + 0 }' "$WORK/$1.calls")
	[ "$made" -gt 0 ] || fail "$1: no call $2 was seen"
	[ "$made" -le "$3" ] || fail "$1: $made calls ($2), not more than $3 are needed"
}

library=$(dirname "$OURO")/libouro.so
calls bare "$WORK/empty"
calls preloaded "LD_PRELOAD=$library" OURO_OPTIONS=report=0:keep=0 "$WORK/empty"
calls run "$OURO" run --format json -o "$WORK/run.json" -- "$WORK/empty"
expect run .verdict clean
most bare all 60
most preloaded all 620
most preloaded 310 80 # process_vm_readv: headers, and files that may have been cut
most preloaded 9 60   # mmap
most preloaded 13 130 # rt_sigaction: one a signal, and one in the clone
most run all 770
most run 9 70 # with libdw there were 80
finish
