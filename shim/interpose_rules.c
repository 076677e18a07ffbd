/* SPDX-License-Identifier: MIT */
/*
 * interpose_rules - reads retain= and release=, and turns calls into events of the ledger.
 *
 * An object's first reference needs care.  Where a constructor is named (`ret`), it is the one that
 * the constructor returned; an object that is first seen in some other way came from elsewhere, and
 * its count proves nothing (PARTIAL), unless a constructor is just making it.  Where none is named,
 * every object is taken to be born with one reference.  A constructor that retains, by a watched
 * function, what it then returns has announced the reference itself: RETURN frames that are open
 * form a list in the thread, and remember what was retained inside them.
 */
#include "interpose_rules.h"

#include <stddef.h>

#include "interpose.h"
#include "options.h"
#include "session.h"
#include "sys.h"

enum {
	RULES_MAX = 64,
	RULES_NAMES = sizeof(options.retain) + sizeof(options.release),
	RULES_RETURN = INTERPOSE_ARGS, /* as the place of an object: the returned value */
	RULES_NOBODY = INTERPOSE_ARGS, /* as the place of a holder */
	RULES_WITHIN = 14,
};

/* One of retain= or release=.  Rules of one function are linked by next. */
struct interpose_rule {
	const char *name;
	uint8_t object; /* number of an argument, or RULES_RETURN */
	uint8_t holder; /* number of an argument, or RULES_NOBODY */
	bool release;
	uint32_t next; /* 1 + index; 0 none */
};

bool interpose_rules_unbound;

static struct interpose_rule rules[RULES_MAX];
static uint32_t rules_count;
static bool rules_constructors; /* some rule says `ret` */
static char rules_names[RULES_NAMES];
static uint32_t rules_names_used;

/* --- calls ------------------------------------------------------------------------------------ */

/* An open RETURN frame: lies in its scratch.  It may be left by longjmp, so whoever looks at it
 * checks that it is what it says. */
struct rules_within {
	uintptr_t self; /* the structure's own address, veiled */
	struct rules_within *outer;
	const void *retained[RULES_WITHIN]; /* inside, and not released again; NULL: free */
};
_Static_assert(sizeof(struct rules_within) == INTERPOSE_SCRATCH, "it lies there");

static __thread struct rules_within *rules_innermost __attribute__((tls_model("initial-exec")));

static struct rules_within *rules_open_frame(void)
{
	struct rules_within *within = rules_innermost;
	uintptr_t self;

	if (likely(!within))
		return NULL;
	if (sys_peek(&self, (uintptr_t)within, sizeof(self)) != sizeof(self) ||
	    self != ~(uintptr_t)within)
		rules_innermost = within = NULL;
	return within;
}

/* Replaces one entry. */
static bool rules_swap(struct rules_within *within, const void *from, const void *to)
{
	for (uint32_t i = 0; i < RULES_WITHIN; i++)
		if (within->retained[i] == from) {
			within->retained[i] = to;
			return true;
		}
	return false;
}

static void rules_entered(struct interpose_call *call)
{
	const uint64_t *args = call->frame->args;
	struct rules_within *within = rules_constructors ? rules_open_frame() : NULL;
	uint32_t late = call->event.flags;

	for (uint32_t i = call->watch->rules; i; i = rules[i - 1].next) {
		const struct interpose_rule *rule = &rules[i - 1];
		const void *holder = NULL, *object;
		if (rule->object == RULES_RETURN || !(object = (const void *)args[rule->object]))
			continue;
		if (rule->holder != RULES_NOBODY)
			holder = (const void *)args[rule->holder];
		call->event.flags = !rules_constructors	       ? late | OUROS_OBJECT_BORN_ONE
				    : within && !rule->release ? late
							       : OUROS_OBJECT_PARTIAL;
		if (within)
			rules_swap(within, rule->release ? object : NULL,
				   rule->release ? NULL : object);
		if (rule->release)
			ledger_release(object, holder, &call->event);
		else
			ledger_retain(object, holder, &call->event);
	}
	call->event.flags = late;
}

static void rules_constructor_entered(struct interpose_call *call)
{
	struct rules_within *within = call->scratch;

	rules_entered(call);
	sys_memset(within, 0, sizeof(*within));
	within->self = ~(uintptr_t)within;
	within->outer = rules_open_frame();
	rules_innermost = within;
}

static void rules_constructor_returned(struct interpose_call *call, void *result)
{
	struct rules_within *within = call->scratch, *outer;

	/* Recording began in the middle of the call. */
	if (within->self != ~(uintptr_t)within)
		return;
	bool announced = result && rules_swap(within, result, NULL);
	within->self = 0;
	rules_innermost = within->outer;
	outer = rules_open_frame();
	if (!result)
		return;
	if (outer)
		rules_swap(outer, NULL, result);
	call->event.flags = 0;
	if (!announced)
		ledger_retain(result, NULL, &call->event);
}

/* --- the text --------------------------------------------------------------------------------- */

/* Takes the characters up to one of `ends` off *io_text; their number. */
static size_t text_take(const char **io_text, const char *ends)
{
	const char *start = *io_text, *text = start;

	for (; *text; text++)
		for (const char *end = ends; *end; end++)
			if (*text == *end)
				goto out;
out:
	*io_text = text;
	return (size_t)(text - start);
}

static bool text_skip(const char **io_text, const char *word)
{
	const char *text = *io_text;

	for (; *word; word++, text++)
		if (*text != *word)
			return false;
	*io_text = text;
	return true;
}

static bool text_argument(const char **io_text, uint8_t *ret_number)
{
	if (!text_skip(io_text, "arg") || **io_text < '0' || **io_text >= '0' + INTERPOSE_ARGS)
		return false;
	*ret_number = (uint8_t)(*(*io_text)++ - '0');
	return true;
}

/* What stands behind the name, up to the comma. */
static bool rule_read(const char **io_text, struct interpose_rule *rule)
{
	const char *text = *io_text;

	rule->object = 0;
	rule->holder = RULES_NOBODY;
	if (text_skip(io_text, ":ret"))
		rule->object = RULES_RETURN;
	else if (text_skip(&text, ":") && text_argument(&text, &rule->object))
		*io_text = text;
	if (text_skip(io_text, ":by=") && !text_argument(io_text, &rule->holder))
		return false;
	if (rule->object == RULES_RETURN && (rule->release || rule->holder != RULES_NOBODY))
		return false;
	return !**io_text || **io_text == ',';
}

static void rule_add(const struct interpose_rule *rule)
{
	struct interpose_watch watch = { .name = rule->name, .entered = rules_entered };
	struct interpose_watch *added = interpose_add(&watch);

	if (!added)
		return;
	rules[rules_count] = *rule;
	rules[rules_count].next = added->rules;
	added->rules = ++rules_count;
	if (rule->object == RULES_RETURN) {
		rules_constructors = true;
		added->entered = rules_constructor_entered;
		added->returned = rules_constructor_returned;
	}
}

static void rules_read(const char *text, bool release)
{
	while (*text && rules_count < RULES_MAX) {
		struct interpose_rule rule = { .release = release };
		char *name = &rules_names[rules_names_used];
		const char *start = text;
		size_t length = text_take(&text, ":,");
		sys_memcpy(name, start, length);
		name[length] = '\0';
		rule.name = name;
		if (length && rule_read(&text, &rule)) {
			rules_names_used += (uint32_t)length + 1;
			rule_add(&rule);
		}
		text_take(&text, ",");
		text_skip(&text, ",");
	}
}

void interpose_rules_init(void)
{
	rules_read(options.retain, false);
	rules_read(options.release, true);
	interpose_rules_unbound = rules_count;
}

/* --- what is said of them --------------------------------------------------------------------- */

static size_t text_append(char *text, size_t at, const char *word)
{
	size_t length = sys_strlen(word);

	sys_memcpy(text + at, word, length);
	return at + length;
}

void interpose_rules_tell(void)
{
	static char text[RULES_NAMES + RULES_MAX * sizeof("--release ")];
	static struct sys_lock lock;
	struct ouros_string *unbound = &session.header->unbound;
	uint64_t signals;
	size_t length = 0;

	if (!rules_count)
		return;
	sys_block_signals(&signals);
	sys_lock(&lock);
	for (uint32_t i = 0; i < interpose_watch_count; i++) {
		const struct interpose_watch *watch = &interpose_watches[i];
		if (!watch->rules || __atomic_load_n(&watch->bound, __ATOMIC_RELAXED))
			continue;
		bool release = rules[watch->rules - 1].release;
		length = text_append(text, length, release ? "--release " : "--retain ");
		length = text_append(text, length, watch->name) + 1;
		text[length - 1] = '\0';
	}
	interpose_rules_unbound = length;
	/* A reader never sees a length that is not the text's. */
	__atomic_store_n(&unbound->length, 0, __ATOMIC_RELEASE);
	if (length) {
		struct ouros_string told = session_string(text, length);
		__atomic_store_n(&unbound->offset, told.offset, __ATOMIC_RELEASE);
		__atomic_store_n(&unbound->length, told.length, __ATOMIC_RELEASE);
	}
	sys_unlock(&lock);
	sys_restore_signals(&signals);
}
