/* SPDX-License-Identifier: MIT */
/*
 * gc_callbacks - whom a collection tells, and what it prints.
 */
#include "gc.h"

#include <errno.h>

#include "reporter.h"

enum { GC_CALLBACKS = 16, GC_LINE = 256 };

/* Guarded by gc_lock; in the order of adding. */
static struct gc_callback {
	ouro_callback callback;
	void *arg;
} gc_callbacks[GC_CALLBACKS];
static uint32_t gc_callback_count;

int ouro_callback_add(ouro_callback callback, void *arg)
{
	int err = -1;
	uint64_t mask;

	if (!callback || !gc_enter(&mask))
		return -1;
	if (gc_callback_count < GC_CALLBACKS) {
		gc_callbacks[gc_callback_count++] = (struct gc_callback){ callback, arg };
		err = 0;
	}
	gc_leave(&mask);
	return err;
}

int ouro_callback_remove(ouro_callback callback, void *arg)
{
	int err = -1;
	uint64_t mask;

	if (!gc_enter(&mask))
		return -1;
	for (uint32_t i = 0; i < gc_callback_count; i++) {
		if (err == 0)
			gc_callbacks[i - 1] = gc_callbacks[i];
		else if (gc_callbacks[i].callback == callback && gc_callbacks[i].arg == arg)
			err = 0;
	}
	gc_callback_count -= err == 0;
	gc_leave(&mask);
	return err;
}

/* A copy is called, since a callback may add and remove.  The call may come out of an allocation of
 * the program's: errno stays. */
void gc_call_back(enum ouro_phase phase, const struct ouro_collection *info)
{
	struct gc_callback callbacks[GC_CALLBACKS];
	uint64_t mask;

	if (!__atomic_load_n(&gc_callback_count, __ATOMIC_RELAXED) || !gc_enter(&mask))
		return;
	uint32_t count = gc_callback_count;
	sys_memcpy(callbacks, gc_callbacks, count * sizeof(callbacks[0]));
	gc_leave(&mask);
	int error = errno;
	for (uint32_t i = 0; i < count; i++)
		callbacks[i].callback(phase, info, callbacks[i].arg);
	errno = error;
}

void ouro_set_debug(unsigned flags)
{
	__atomic_store_n(&gc.debug, flags, __ATOMIC_RELAXED);
}

unsigned ouro_get_debug(void)
{
	return __atomic_load_n(&gc.debug, __ATOMIC_RELAXED);
}

/* --- OURO_DEBUG_STATS ---------------------------------------------------------------------------
 */

struct line {
	char text[GC_LINE];
	size_t length;
};

static void line_put(struct line *line, const char *text)
{
	size_t n = sys_strlen(text);

	if (line->length + n > sizeof(line->text))
		return;
	sys_memcpy(line->text + line->length, text, n);
	line->length += n;
}

static void line_put_number(struct line *line, uint64_t number, const char *after)
{
	char digits[24];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	line_put(line, p);
	line_put(line, after);
}

void gc_print(const struct ouro_collection *info)
{
	struct line line = { .length = 0 };

	line_put(&line, "ouro: gc: generation ");
	line_put_number(&line, (uint64_t)info->generation, ": ");
	if (info->complete) {
		line_put_number(&line, info->unreachable, " of ");
		line_put_number(&line, info->live, " blocks unreachable, ");
		line_put_number(&line, info->unreachable_bytes, " bytes, ");
	} else {
		line_put(&line, "no snapshot, ");
	}
	line_put_number(&line, info->duration_ns / 1000, " us\n");
	reporter_say(line.text, line.length);
}
