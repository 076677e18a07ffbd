# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the tests under tests/real share: a command is run bare and under ouro, each in a fresh
# directory of the same name, and must look the same from outside.
#
#   prepare()                    a test may define it: fills the fresh directory (the current one)
#   same NAME COMMAND...         stdout, stderr and status are the bare run's; there is a verdict
#   agrees NAME COMMAND...       same, and the unreached blocks and bytes are Valgrind's
#   differs B N CAUSE NAME COMMAND...   same, and ouro finds B blocks of N bytes more than Valgrind
#   expect NAME FILTER WANTED    jq's FILTER of the report NAME gives WANTED
#   fail MESSAGE                 remembers that something was wrong
#   finish                       the test's status; the last line of every test
set -u

wrong=0
lib=$TOP/tests/lib
status_bare=0

fail() {
	echo "$*"
	wrong=1
}

skip() {
	echo "$*"
	exit 77
}

finish() {
	exit "$wrong"
}

prepare() { :; }

# in_fresh COMMAND...: in $WORK/dir, made anew.
in_fresh() {
	rm -rf "$WORK/dir"
	mkdir "$WORK/dir"
	(cd "$WORK/dir" && prepare >"$WORK/prepare.log" 2>&1 && "$@")
}

same() {
	local name=$1 stream
	shift
	status_bare=0
	in_fresh "$@" >"$WORK/$name.bare.stdout" 2>"$WORK/$name.bare.stderr" </dev/null || status_bare=$?
	local status=0
	in_fresh "$OURO" run --error-exitcode 0 --unchecked-exitcode 0 --format json \
		-o "$WORK/$name.json" --save "$WORK/$name.ouro" -- "$@" \
		>"$WORK/$name.ouro.stdout" 2>"$WORK/$name.ouro.stderr" </dev/null || status=$?
	[ "$status" = "$status_bare" ] || fail "$name: status $status, bare $status_bare"
	for stream in stdout stderr; do
		cmp "$WORK/$name.bare.$stream" "$WORK/$name.ouro.$stream" || {
			fail "$name: $stream differs"
			diff -a "$WORK/$name.bare.$stream" "$WORK/$name.ouro.$stream" | head -10
		}
	done
	has_verdict "$name"
}

# clean or leaks, with coverage that says all was seen; unchecked is said, and is no success here.
has_verdict() {
	local verdict
	verdict=$(jq -r '.verdict' "$WORK/$1.json") || verdict=
	case $verdict in
	clean | leaks) ;;
	unchecked) fail "$1: unchecked: $(jq -r '.reason' "$WORK/$1.json")" ;;
	*) fail "$1: no report" ;;
	esac
	expect "$1" '[(.processes // [.])[].coverage | .untracked, .dropped, .truncated_stacks, .threads_missed] | add' 0
}

expect() {
	local got
	got=$(jq -r "$2" "$WORK/$1.json" 2>&1)
	[ "$got" = "$3" ] || fail "$1: $2: expected $3, got $got"
}

unreached() {
	jq -r '.totals | [.cycle, .lost, .indirect] | "\(map(.blocks) | add) \(map(.bytes) | add)"' "$1"
}

# valgrind_totals NAME COMMAND...: "blocks bytes", definite + indirect.
valgrind_totals() {
	local name=$1
	shift
	in_fresh valgrind --leak-check=full --errors-for-leak-kinds=none --num-callers=12 \
		--show-leak-kinds=definite,indirect --child-silent-after-fork=yes \
		--log-file="$WORK/$name.valgrind" -- "$@" >/dev/null 2>&1 </dev/null
	python3 -c "import sys; sys.path.insert(0, '$lib'); import valgrind
print(*valgrind.totals('$WORK/$name.valgrind'))"
}

agrees() {
	differs 0 0 "" "$@"
}

differs() {
	local blocks=$1 bytes=$2 cause=$3 ours theirs
	shift 3
	same "$@"
	ours=$(unreached "$WORK/$1.json")
	theirs=$(valgrind_totals "$@")
	set -- "$1" $ours $theirs
	if [ $# != 5 ]; then
		fail "$1: no totals to compare"
	elif [ $(($2 - $4)) != "$blocks" ] || [ $(($3 - $5)) != "$bytes" ]; then
		fail "$1: unreached $2 blocks, $3 bytes; valgrind $4, $5 (known difference $blocks, $bytes${cause:+: $cause})"
	else
		echo "$1: unreached $2 blocks, $3 bytes; valgrind $4, $5"
	fi
}
