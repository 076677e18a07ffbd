/* SPDX-License-Identifier: MIT */
/* report - what every format has in common: the names of classes and verdicts, how far a stack is
 * of interest. */
#include "report.h"

#include <string.h>

static bool frame_is(const struct report_frame *frame, const char *function)
{
	return frame->function && strcmp(frame->function, function) == 0;
}

/* The C library calls main and a thread's function; stripped, its frames there have no names. */
static bool frame_is_startup(const struct report_frame *frame)
{
	const char *module = frame->module ? strrchr(frame->module, '/') : NULL;
	return frame_is(frame, "_start") ||
	       (module && (strcmp(module, "/libc.so.6") == 0 || strncmp(module, "/ld-", 4) == 0));
}

size_t report_stack_shown(const struct report_stack *stack)
{
	static const char start[] = "__libc_start"; /* _call_main, _main, _main_impl */
	size_t count = stack->count;
	for (size_t i = stack->count; i-- > 0;) {
		const char *function = stack->frames[i].function;
		if (frame_is(&stack->frames[i], "main"))
			return i + 1;
		if (function && strncmp(function, start, sizeof(start) - 1) == 0)
			count = i;
	}
	while (count && !stack->truncated && frame_is_startup(&stack->frames[count - 1]))
		count--;
	return count ? count : stack->count;
}

const char *report_class_name(enum report_class c)
{
	static const char *const names[REPORT_CLASS_COUNT] = {
		[REPORT_NONE] = "none",
		[REPORT_CYCLE] = "cycle",
		[REPORT_LOST] = "lost",
		[REPORT_INDIRECT] = "indirect",
		[REPORT_POSSIBLE] = "possible",
		[REPORT_REACHABLE] = "reachable",
		[REPORT_UNCONFIRMED] = "unconfirmed",
		[REPORT_OVER_RETAINED] = "over-retained",
		[REPORT_OVER_RELEASED] = "over-released",
	};
	return names[c];
}

const char *report_verdict_name(enum report_verdict v)
{
	static const char *const names[] = {
		[VERDICT_UNCHECKED] = "unchecked",
		[VERDICT_CLEAN] = "clean",
		[VERDICT_LEAKS] = "leaks",
	};
	return names[v];
}
