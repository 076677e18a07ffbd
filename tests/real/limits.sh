#!/bin/bash
# SPDX-License-Identifier: MIT
# Where a table, the file or the address space is at its end, the program runs as before, and the
# report says that it is unchecked, and why: never "clean", and no leak that is none. Tables that hold
# 2^31 entries are made short here: the library is linked anew with one unit that has another limit.
. "$TOP/tests/lib/real.sh"

for name in scale_blocks scale_stacks; do
	gcc -std=gnu11 -O2 -pthread -o "$WORK/$name" "$TOP/tests/bench/programs/$name.c" || exit 1
done

# short HEADER SED UNIT: a copy of the tree in $WORK/tree whose UNIT has that limit. All other
# objects are those of the build, since they are as young as their sources.
short() {
	rm -rf "$WORK/tree"
	mkdir -p "$WORK/tree/build/shim"
	cp -a "$TOP/Makefile" "$TOP/include" "$TOP/shim" "$WORK/tree" &&
		cp -a "$BUILD"/shim/*.o "$WORK/tree/build/shim" &&
		cp -a "$OURO" "$WORK/tree/build/ouro" &&
		touch "$WORK/tree"/build/shim/*.o &&
		sed -i "$2" "$WORK/tree/$1" || exit 1
	cmp -s "$TOP/$1" "$WORK/tree/$1" && fail "$1 has no such limit any more"
	rm "$WORK/tree/build/shim/$3.o"
	make -s -C "$WORK/tree" BUILD=build CFLAGS="-O2 -g" build/libouro.so >"$WORK/make.log" 2>&1 || {
		cat "$WORK/make.log"
		exit 1
	}
}

# unchecked NAME OURO REASON COMMAND...
unchecked() {
	local name=$1 ouro=$2 reason=$3 status=0
	shift 3
	"$ouro" run --format json -o "$WORK/$name.json" -- "$@" || status=$?
	[ "$status" = 24 ] || fail "$name: status $status"
	expect "$name" '"\(.verdict) \(.process.exit.status)"' 'unchecked 0'
	expect "$name" '[.totals | to_entries[] | select(.key != "reachable").value.blocks] | add' 0
	jq -r .reason "$WORK/$name.json" | grep -q "$reason" ||
		fail "$name: $(jq -r .reason "$WORK/$name.json"), not: $reason"
}

short shim/heap.h 's/HEAP_BLOCKS_MAX = .*/HEAP_BLOCKS_MAX = 20000 };/' heap
"$WORK/tree/build/ouro" run --format json -o "$WORK/below.json" -- "$WORK/scale_blocks" 10000 lost
expect below '"\(.verdict) \(.totals.lost.blocks) \(.totals.indirect.blocks)"' 'leaks 1 9999'
unchecked held "$WORK/tree/build/ouro" 'table' "$WORK/scale_blocks" 30000
unchecked lost "$WORK/tree/build/ouro" 'table' "$WORK/scale_blocks" 30000 lost

short include/ouro_session.h 's/OUROS_NODE_MAX = .*,/OUROS_NODE_MAX = 2000,/' stacks
"$WORK/tree/build/ouro" run --format json -o "$WORK/few.json" -- "$WORK/scale_stacks" 500 lost
expect few '"\(.verdict) \(.totals.lost.blocks)"' 'leaks 500'
unchecked stacks "$WORK/tree/build/ouro" 'table' "$WORK/scale_stacks" 5000
unchecked stacks_lost "$WORK/tree/build/ouro" 'table' "$WORK/scale_stacks" 5000 lost
expect stacks_lost '.coverage.dropped > 1000' true

(ulimit -f 4096 && unchecked file "$OURO" 'size' "$WORK/scale_blocks" 1000000 && finish) || wrong=1
finish
