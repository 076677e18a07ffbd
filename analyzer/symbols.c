/* SPDX-License-Identifier: MIT */
/*
 * symbols - stacks with names, built from the session's tree and the worker's answers.
 *
 * An address is asked about once, whatever number of nodes carry it; a stack's unknown addresses go
 * to the worker together. O(depth) a stack, plus O(log n) a new address. Recursion and hostile
 * files make stacks of any depth, so what all stacks hold together is bounded: beyond
 * SYMBOLS_BUDGET frames a stack keeps its innermost SYMBOLS_SHORT and says that it is cut.
 *
 * The names of what starts main, or a thread's function, are dear: they are the C library's, whose
 * debug file is compressed. Where nobody will look at them they are not asked for.
 */
#include "symbols.h"

#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "symbols_worker.h"

enum {
	SYMBOLS_DEPTH = 1 << 16,
	SYMBOLS_BUDGET = 1 << 20,
	SYMBOLS_SHORT = 64,
	SYMBOLS_MODULES =
		UINT16_MAX - 1, /* modules that fit a place's key; later ones go unnamed */
};

/* One address of one module, named: the frames it stands for, innermost first. */
struct place {
	struct symbol_frame *frames;
	size_t count;
	char *text; /* what the frames' strings lie in; NULL: nowhere */
};

struct stack {
	struct symbol_stack view;
	struct stack *next; /* all of them, for their end */
};

struct symbols {
	const struct session *session;
	struct symbols_worker *worker;
	char **build_ids;  /* [modules]: hex, NULL until needed */
	bool *noted;	   /* [modules] */
	struct map places; /* key: place_key */
	struct map stacks; /* key: leaf node */
	struct stack *all_stacks;
	size_t frames_used;
	bool without_startup;
	char **notes;
	size_t note_count;
};

struct symbols *symbols_create(const struct session *s, bool cached)
{
	struct symbols *sym = xcalloc(1, sizeof(*sym));
	sym->session = s;
	sym->worker = worker_create(s, cached);
	sym->build_ids = xcalloc(s->module_count, sizeof(*sym->build_ids));
	sym->noted = xcalloc(s->module_count, sizeof(*sym->noted));
	return sym;
}

void symbols_destroy(struct symbols *sym)
{
	if (!sym)
		return;
	for (size_t i = 0; i < sym->places.size; i++) {
		struct place *place = sym->places.entries[i].value;
		if (!place)
			continue;
		free(place->frames);
		free(place->text);
		free(place);
	}
	for (struct stack *stack = sym->all_stacks; stack;) {
		struct stack *next = stack->next;
		free((void *)stack->view.frames);
		free(stack);
		stack = next;
	}
	for (size_t i = 0; i < sym->session->module_count; i++)
		free(sym->build_ids[i]);
	for (size_t i = 0; i < sym->note_count; i++)
		free(sym->notes[i]);
	free(sym->notes);
	free(sym->build_ids);
	free(sym->noted);
	map_deinit(&sym->places);
	map_deinit(&sym->stacks);
	worker_destroy(sym->worker);
	free(sym);
}

void symbols_leave_startup(struct symbols *sym)
{
	sym->without_startup = true;
}

static void symbols_add_note(struct symbols *sym, char *note)
{
	sym->notes = xreallocarray(sym->notes, sym->note_count + 1, sizeof(*sym->notes));
	sym->notes[sym->note_count++] = note;
}

const char *symbols_note(struct symbols *sym, size_t i)
{
	if (i < sym->note_count)
		return sym->notes[i];
	return i == sym->note_count ? worker_trouble(sym->worker) : NULL;
}

static const char *module_trouble(enum symbols_module_state state)
{
	switch (state) {
	case SYMBOLS_MODULE_MISSING:
		return "could not be opened";
	case SYMBOLS_MODULE_CHANGED:
		return "is not the one that ran (build-id)";
	case SYMBOLS_MODULE_UNREAD:
		return "cannot be read without libdw.so.1";
	case SYMBOLS_MODULE_FOUND:
	case SYMBOLS_MODULE_STATE_COUNT:
		break;
	}
	return NULL;
}

static void symbols_note_module(struct symbols *sym, size_t index, enum symbols_module_state state)
{
	const char *path = sym->session->modules[index].path;
	const char *trouble = module_trouble(state);
	if (!trouble || sym->noted[index])
		return;
	sym->noted[index] = true;
	symbols_add_note(
		sym, xasprintf("no names for %s: the file %s", path ? path : "a module", trouble));
}

static const char *symbols_build_id(struct symbols *sym, size_t index)
{
	const struct session_module *module = &sym->session->modules[index];
	if (sym->build_ids[index] || !module->build_id_length)
		return sym->build_ids[index];
	char *hex = xcalloc(module->build_id_length * 2 + 1, 1);
	for (uint32_t i = 0; i < module->build_id_length; i++)
		snprintf(hex + i * 2, 3, "%02x", module->build_id[i]);
	sym->build_ids[index] = hex;
	return hex;
}

/* The address whose line is meant: of a call, the instruction before the one it returns to. */
static uint64_t frame_address(const struct session_frame *frame)
{
	return frame->kind == OUROS_NODE_RETURN && frame->value ? frame->value - 1 : frame->value;
}

static size_t frame_module(const struct symbols *sym, const struct session_frame *frame)
{
	return frame->module ? (size_t)(frame->module - sym->session->modules) : SIZE_MAX;
}

/* Addresses have 48 bits (the node's word), which leaves 16 for the module, 0 for none. */
static uint64_t place_key(const struct symbols *sym, const struct session_frame *frame)
{
	size_t module = frame_module(sym, frame);
	if (module >= SYMBOLS_MODULES)
		module = module == SIZE_MAX ? SIZE_MAX : SYMBOLS_MODULES;
	return ((uint64_t)(module + 1) << 48) | (frame_address(frame) & OUROS_NODE_VALUE_MASK);
}

static bool frame_is_code(const struct session_frame *frame)
{
	return (frame->kind == OUROS_NODE_RETURN || frame->kind == OUROS_NODE_EXACT) &&
	       !(frame->module && (frame->module->flags & OUROS_MODULE_OURO));
}

/* Takes the answer's frames and text over. A place that nobody could name is one frame all the
 * same. */
static void place_add(struct symbols *sym, const struct session_frame *frame,
		      struct worker_answer *answer)
{
	struct place *place = xcalloc(1, sizeof(*place));
	size_t module = frame_module(sym, frame);
	place->count = answer->count ? answer->count : 1;
	place->frames = xcalloc(place->count, sizeof(*place->frames));
	place->text = answer->text;
	for (size_t i = 0; i < place->count; i++) {
		struct symbol_frame *to = &place->frames[i];
		to->offset = frame_address(frame);
		if (frame->module) {
			to->module = frame->module->path;
			to->build_id = symbols_build_id(sym, module);
			to->offset -= frame->module->bias;
		}
		if (answer->count) {
			const struct worker_frame *from = &answer->frames[i];
			to->function = from->function;
			to->linkage = from->linkage;
			to->file = from->file;
			to->line = from->line;
			to->inlined = from->inlined;
		}
	}
	free(answer->frames);
	if (frame->module)
		symbols_note_module(sym, module, answer->state);
	map_put(&sym->places, place_key(sym, frame), place);
}

enum { ASK_BATCH = 128 };

struct questions {
	struct session_frame frames[ASK_BATCH];
	struct worker_place places[ASK_BATCH];
	struct worker_answer answers[ASK_BATCH];
	size_t count;
};

static void questions_ask(struct symbols *sym, struct questions *q)
{
	worker_ask(sym->worker, q->places, q->count, q->answers);
	for (size_t i = 0; i < q->count; i++) {
		/* recursion asks the same address twice in a batch */
		if (map_get(&sym->places, place_key(sym, &q->frames[i]))) {
			free(q->answers[i].frames);
			free(q->answers[i].text);
			continue;
		}
		place_add(sym, &q->frames[i], &q->answers[i]);
	}
	q->count = 0;
}

/* Makes every address on the path's innermost nodes known. */
static void path_resolve(struct symbols *sym, uint32_t leaf, uint32_t nodes)
{
	struct questions *q = NULL; /* dear to make: most paths have all addresses known */
	uint32_t depth = 0;
	for (uint32_t node = leaf; node && depth < nodes; depth++) {
		struct session_frame frame = session_frame(sym->session, node);
		size_t module = frame_module(sym, &frame);
		node = frame.parent;
		if (!frame_is_code(&frame) || map_get(&sym->places, place_key(sym, &frame)))
			continue;
		if (module >= SYMBOLS_MODULES || (frame.module->flags & OUROS_MODULE_VDSO)) {
			struct worker_answer unknown = { 0 };
			place_add(sym, &frame, &unknown);
			continue;
		}
		if (!q)
			q = xcalloc(1, sizeof(*q));
		q->frames[q->count] = frame;
		q->places[q->count++] = (struct worker_place){
			.module = (uint32_t)module,
			.address = frame_address(&frame) - frame.module->bias,
		};
		if (q->count == ASK_BATCH)
			questions_ask(sym, q);
	}
	if (q && q->count)
		questions_ask(sym, q);
	free(q);
}

/* The C library and the loader, as report_stack_shown knows them. */
static bool frame_is_startup(const struct session_frame *frame)
{
	const char *path = frame->module ? frame->module->path : NULL;
	const char *name = path ? strrchr(path, '/') : NULL;
	return name && (strcmp(name, "/libc.so.6") == 0 || strncmp(name, "/ld-", 4) == 0);
}

/* Where the start-up code of a path may begin. */
struct startup {
	uint32_t node;	/* how many nodes lie inside of it, 0: there is none */
	uint32_t outer; /* the last of these */
	bool is_main;	/* only if that is main: behind the C library comes _start */
};

static struct startup startup_find(const struct symbols *sym, uint32_t leaf)
{
	struct startup here = { 0 }, before = { 0 }; /* before the last frame that is no start-up */
	bool behind = false;
	uint32_t node = leaf;
	for (uint32_t depth = 0; node && depth < SYMBOLS_DEPTH; depth++) {
		struct session_frame frame = session_frame(sym->session, node);
		if (frame.kind == OUROS_NODE_TRUNCATED || frame.kind == OUROS_NODE_CUT)
			return (struct startup){ 0 };
		if (frame_is_code(&frame) && frame_is_startup(&frame)) {
			behind = true;
		} else if (frame_is_code(&frame)) {
			before = behind ? here : (struct startup){ 0 };
			here = (struct startup){ depth + 1, node, false };
			behind = false;
		}
		node = frame.parent;
	}
	if (node)
		return (struct startup){ 0 };
	before.is_main = true;
	return behind ? here : before;
}

static bool node_is_main(struct symbols *sym, uint32_t node)
{
	struct session_frame frame = session_frame(sym->session, node);
	const struct place *place = map_get(&sym->places, place_key(sym, &frame));
	const char *function = place ? place->frames[place->count - 1].function : NULL;
	return function && strcmp(function, "main") == 0;
}

/* Resolves what is to be shown of a path.  Returns how many of its nodes that is. */
static uint32_t path_shown(struct symbols *sym, uint32_t leaf)
{
	struct startup startup = { 0 };
	if (sym->without_startup)
		startup = startup_find(sym, leaf);
	if (startup.node) {
		path_resolve(sym, leaf, startup.node);
		if (!startup.is_main || node_is_main(sym, startup.outer))
			return startup.node;
	}
	path_resolve(sym, leaf, SYMBOLS_DEPTH);
	return SYMBOLS_DEPTH;
}

/* Walks the resolved path, of which the innermost nodes are shown; frames NULL: counts only. */
static size_t path_frames(struct symbols *sym, uint32_t leaf, uint32_t nodes, size_t max,
			  struct symbol_stack *view, struct symbol_frame *frames)
{
	size_t count = 0;
	uint32_t node = leaf;
	for (uint32_t depth = 0; node && depth < SYMBOLS_DEPTH; depth++) {
		struct session_frame frame = session_frame(sym->session, node);
		node = frame.parent;
		if (frame.kind == OUROS_NODE_THREAD && frame.value < sym->session->thread_count)
			view->thread = sym->session->threads[frame.value].tid;
		view->cut |= frame.kind == OUROS_NODE_CUT;
		view->truncated |= frame.kind == OUROS_NODE_TRUNCATED || view->cut;
		view->bare |= frame.kind == OUROS_NODE_BARE;
		if (!frame_is_code(&frame) || depth >= nodes)
			continue;
		const struct place *place = map_get(&sym->places, place_key(sym, &frame));
		for (size_t i = 0; place && i < place->count; i++) {
			if (count == max) {
				view->truncated = true;
				break;
			}
			if (frames)
				frames[count] = place->frames[i];
			count++;
		}
	}
	view->truncated |= node != 0;
	return count;
}

const struct symbol_stack *symbols_stack(struct symbols *sym, uint32_t node)
{
	struct stack *stack = map_get(&sym->stacks, node);
	if (stack)
		return &stack->view;
	stack = xcalloc(1, sizeof(*stack));
	stack->next = sym->all_stacks;
	sym->all_stacks = stack;
	map_put(&sym->stacks, node, stack);
	if (!node || node >= sym->session->node_count)
		node = 0;
	uint32_t nodes = path_shown(sym, node);
	size_t left = sym->frames_used < SYMBOLS_BUDGET ? SYMBOLS_BUDGET - sym->frames_used : 0;
	size_t max = left > SYMBOLS_SHORT ? left : SYMBOLS_SHORT;
	stack->view.count = path_frames(sym, node, nodes, max, &stack->view, NULL);
	struct symbol_frame *frames = xcalloc(stack->view.count, sizeof(*frames));
	path_frames(sym, node, nodes, max, &stack->view, frames);
	stack->view.frames = frames;
	stack->view.bare |= node == 0;
	sym->frames_used += stack->view.count;
	return &stack->view;
}
