#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 240
# redis-server serves a benchmark and is ended by SIGTERM: same status, nothing of ours on its streams,
# a verdict.  (Its allocator is jemalloc, in a library: it is observed like any other.  Its strings are
# pointers behind a header: many blocks are possible.)
. "$TOP/tests/lib/real.sh"

socket=$WORK/redis.sock
serve() { # NAME COMMAND...
	local name=$1
	shift
	rm -rf "$WORK/data"
	mkdir "$WORK/data"
	"$@" /usr/bin/redis-server --port 0 --unixsocket "$socket" --save '' --dir "$WORK/data" \
		--logfile "$WORK/$name.server" >"$WORK/$name.stdout" 2>"$WORK/$name.stderr" &
	local server=$! tries=0 status=0
	until redis-cli -s "$socket" ping >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || { fail "$name: does not start"; kill -KILL $server; return; }
		sleep 0.1
	done
	redis-benchmark -s "$socket" -q -n 5000 -c 20 -t set,get,lpush,lrange_100,hset,sadd,zadd \
		>"$WORK/$name.bench" 2>&1 || fail "$name: the benchmark failed"
	kill -TERM $server
	wait $server || status=$?
	echo "$name: status $status"
	echo "$status" >"$WORK/$name.status"
}
serve bare env
serve ouro "$OURO" run --error-exitcode 0 --unchecked-exitcode 0 --format json -o "$WORK/redis.json" --
for what in status stdout stderr; do
	cmp "$WORK/bare.$what" "$WORK/ouro.$what" || fail "$what differs"
done
has_verdict redis
expect redis '.totals.unconfirmed.blocks' 0
jq -c '.totals' "$WORK/redis.json"
finish
