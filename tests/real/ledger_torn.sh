#!/bin/bash
# SPDX-License-Identifier: MIT
# SIGKILL at any instant, amid threads that retain, release, make and free all the time: the session
# opens, and no half-written record is believed: a program that never does wrong is never accused.
# timeout: 240
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.c" <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ouro.h"
enum { THREADS = 3, OBJECTS = 50 };
struct object {
	struct object *next;
	long pad[5];
};
static struct object *slot[THREADS][OBJECTS];
static struct object *make(void)
{
	struct object *o = calloc(1, sizeof(*o));
	ouro_object(o, sizeof(*o), "Churned");
	return o;
}
static void drop(struct object **by)
{
	struct object *o = *by;
	if (!o)
		return;
	if (o->next) {
		ouro_release_by(o->next, o);
		free(o->next);
	}
	*by = NULL;
	ouro_release_by(o, by);
	free(o);
}
static void *work(void *arg)
{
	struct object **mine = arg;
	for (unsigned random = 1;; random = random * 1103515245 + 12345) {
		struct object **at = &mine[(random >> 16) % OBJECTS];
		drop(at);
		struct object *o = make(), *below = make();
		ouro_retain_by(o, at);
		*at = o;
		ouro_retain_by(below, o);
		o->next = below;
		ouro_cookie cookie = ouro_hold(o);
		ouro_retain(o);
		ouro_weak(&below->next);
		below->next = o;
		ouro_release(o);
		ouro_unhold(cookie);
	}
	return NULL;
}
int main(void)
{
	pthread_t thread[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, work, slot[i]);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	pause();
}
END
sed -i 's/(random >> 16) % OBJECTS/(random >> 16) % OBJECTS/' "$WORK/prog.c"
gcc -g -O2 -pthread -I "$TOP/include" "$WORK/prog.c" -o "$WORK/prog" || fail "does not compile"

for i in $(seq 1 25); do
	rm -f "$WORK/kept.ouro" "$WORK/ready"
	mkfifo "$WORK/ready"
	"$OURO" run -o /dev/null --save "$WORK/kept.ouro" -- "$WORK/prog" >"$WORK/ready" &
	read -r pid <"$WORK/ready"
	# an instant later each time
	sleep "0.0$(printf %02d $((i * 3)))"
	kill -KILL "$pid"
	wait $!
	status=0
	"$OURO" report --format json -o "$WORK/$i.json" "$WORK/kept.ouro" 2>"$WORK/$i.err" || status=$?
	[ "$status" = 24 ] || fail "run $i: status $status: $(head -3 "$WORK/$i.err")"
	expect "$i" .reason 'killed before a snapshot'
	expect "$i" '[.findings[] | select(.class != "reachable") | .class] | join(" ")' ''
	expect "$i" '[.findings[].stack[0].function] | index("make") != null' true
done
finish
