/* SPDX-License-Identifier: MIT */
/*
 * recall_test - remembered stacks alone: over made-up stacks of made-up functions, a stack that is
 * found is the right one, and one that was just learnt is found, wherever the stack begins.
 */
#include "recall.h"

#include <string.h>

#include "capture_frames.h"
#include "unit.h"

enum {
	FUNCTIONS = 40,
	CALLS = 4, /* sites in each */
	DEPTH_MAX = 40,
	ROUNDS = 60000,
	STACK_WORDS = 1 << 13,
	START = 1 << 22, /* where the code lies */
};

static uintptr_t stack[STACK_WORDS];
static struct thread_frame frames[DEPTH_MAX + 1];
static struct thread thread = { .frames = frames };

static uint64_t state = 1;

static uint32_t draw(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33) % n;
}

/* A stack as a path of call sites; what a site's function leaves on the stack follows from it. */
struct path {
	uint32_t depth;
	uint8_t site[DEPTH_MAX]; /* leaf first */
};

static uintptr_t site_pc(uint32_t site)
{
	return START + site * 24 + site % CALLS;
}

static uint32_t site_words(uint32_t site)
{
	return 1 + site / CALLS * 7 % 13;
}

/* One function in eight is left by its frame pointer, which it saves below its return address. */
static bool site_has_bp(uint32_t site)
{
	return site / CALLS % 8 == 3;
}

/* Lays the path out below the stack's end less `skip` words, with its frames, and more of a frame
 * with a frame pointer where `more` says so. */
static struct capture_point path_lay(const struct path *path, uint32_t skip, uint32_t more)
{
	uintptr_t *end = stack + STACK_WORDS - skip, *sp = end;
	uintptr_t bp = (uintptr_t)stack;

	for (uint32_t i = path->depth; i-- > 0;) {
		uint32_t site = path->site[i];
		bool has_bp = site_has_bp(site);
		uintptr_t *ra = --sp;
		*ra = i + 1 < path->depth ? site_pc(path->site[i + 1]) : 0;
		if (has_bp) {
			*--sp = bp;
			bp = (uintptr_t)sp;
			sp -= more;
		}
		sp -= site_words(site);
		frames[i] = (struct thread_frame){
			.pc = site_pc(site),
			.sp = (uintptr_t)sp,
			.bp = bp,
			.ra_at = (uintptr_t)ra,
			.flags =
				has_bp ? FRAME_USES_BP | FRAME_BP_SAVED | -1u << FRAME_BP_SHIFT : 0,
		};
	}
	thread.capacity = thread.depth = path->depth;
	return (struct capture_point){ .pc = frames[0].pc, .sp = frames[0].sp, .bp = bp };
}

static struct path path_draw(void)
{
	struct path path = { .depth = 1 + draw(DEPTH_MAX) };

	/* Functions call few others, so that paths come back. */
	uint32_t function = 0;
	for (uint32_t i = path.depth; i-- > 0;) {
		uint32_t call = draw(48) ? 0 : draw(CALLS);
		path.site[i] = (uint8_t)(function * CALLS + call);
		function = (function * 3 + 1 + call) % FUNCTIONS;
	}
	return path;
}

/* A path's own number, by content; 0 is none. */
static stack_id path_id(const struct path *path)
{
	uint64_t h = path->depth;

	for (uint32_t i = 0; i < path->depth; i++)
		h = h * UINT64_C(1000003) + path->site[i] + 1;
	return (stack_id)(h * UINT64_C(0x9e3779b97f4a7c15) >> 33) | 1;
}

static void test_random(void)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct path path = path_draw();
		struct capture_point at = path_lay(&path, 1 + draw(200), draw(8) ? 0 : draw(5));
		stack_id id = recall_find(&thread, &at);
		check(!id || id == path_id(&path));
		found += id != 0;
		if (!id)
			recall_learn(&thread, 0, path_id(&path));
	}
	check(found > ROUNDS / 2);
}

/* Two calls in the middle, in all ways that there are: none is taken for another. */
static void test_partings(void)
{
	enum { LEVELS = 10 };
	struct path path = { .depth = 2 * LEVELS };

	thread.recall = NULL;
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t ways = 0; ways < 1 << LEVELS; ways++) {
			for (uint32_t i = 0; i < LEVELS; i++) {
				path.site[2 * i] = (uint8_t)(i * CALLS);
				path.site[2 * i + 1] =
					(uint8_t)((i + 10) * CALLS + (ways >> i & 1));
			}
			struct capture_point at = path_lay(&path, 1 + ways % 7, 0);
			stack_id id = recall_find(&thread, &at);
			check(id == (round ? path_id(&path) : 0));
			if (!id)
				recall_learn(&thread, 0, path_id(&path));
		}
	}
}

/* Any one word that differs is seen. */
static void test_each_word(void)
{
	struct path path = { .depth = 30 };

	thread.recall = NULL;
	for (uint32_t i = 0; i < path.depth; i++)
		path.site[i] = (uint8_t)(i * CALLS);
	struct capture_point at = path_lay(&path, 1, 2);
	recall_learn(&thread, 0, 5);
	check(recall_find(&thread, &at) == 5);
	for (uint32_t i = 0; i < path.depth; i++) {
		*(uintptr_t *)frames[i].ra_at ^= 8;
		check(!recall_find(&thread, &at));
		*(uintptr_t *)frames[i].ra_at ^= 8;
		check(recall_find(&thread, &at) == 5);
	}
	at.bp += 8;
	check(!recall_find(&thread, &at)); /* the innermost frame with a frame pointer needs it */
	at.bp -= 8;
	recall_forget(&thread);
	check(!recall_find(&thread, &at));
}

int main(void)
{
	thread.stack_low = (uintptr_t)stack;
	thread.stack_high = (uintptr_t)(stack + STACK_WORDS);
	test_random();
	test_partings();
	test_each_word();
	return 0;
}
