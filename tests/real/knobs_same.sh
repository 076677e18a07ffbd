#!/bin/bash
# SPDX-License-Identifier: MIT
# Whatever stacks are recorded, the rest is the same: status, verdict, coverage and the totals of every
# class, of programs that collect, set thresholds, retain, fork, use threads and handle signals.
# timeout: 300
. "$TOP/tests/lib/real.sh"

what='[.verdict, .reason, (.totals | map_values({blocks, bytes})), (.coverage | .untracked, .dropped,
	.unknown_frees, .truncated_stacks, .threads_missed)]'

# observe NAME PROGRAM OPTIONS...: the report's exact part in $WORK/NAME, its first line the status
observe() {
	local name=$1 program=$2 status=0
	shift 2
	timeout 60 "$OURO" run "$@" --format json -o "$WORK/$name.json" -- "$program" \
		>/dev/null 2>"$WORK/$name.stderr" </dev/null || status=$?
	{
		echo "$status"
		jq -c "$what" "$WORK/$name.json"
	} >"$WORK/$name"
}

for program in ring_many lost_tree gc_collect gc_cycles gc_threshold gc_threads ledger_cycle ledger_threads \
	ledger_realloc ledger_pool fork_child signal_alloc threads_churn large stack_no_cfi stack_coroutine; do
	gcc -O1 -g -std=gnu11 -D_GNU_SOURCE -pthread -I"$TOP/include" "$TOP/tests/cases/$program.c" \
		-o "$WORK/$program" || fail "$program does not compile"
	observe full "$WORK/$program"
	for options in "--no-stacks" "--sample-bytes 64" "--sample-bytes 4294967295" "--stack-depth 2" \
		"--stack-depth 1 --sample-bytes 256"; do
		# shellcheck disable=SC2086
		observe knob "$WORK/$program" $options
		cmp -s "$WORK/full" "$WORK/knob" || {
			fail "$program $options: not what a full run says"
			diff "$WORK/full" "$WORK/knob"
		}
	done
done
finish
