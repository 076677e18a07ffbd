/* SPDX-License-Identifier: MIT */
/* recall - finding a stack (hot), and the words of one that is to be remembered.  O(frames). */
#include "recall.h"

#include "capture_frames.h"
#include "recall_nodes.h"
#include "sys.h"

enum {
	RECALL_SKIP_MAX = 255,
	RECALL_REGUESS = 8, /* one wrong guess in so many is given up */
	WORD = 8,
};

/* --- find ------------------------------------------------------------------------------------- */

static inline uintptr_t word_at(uintptr_t sp, int32_t place)
{
	return *(const uintptr_t *)(sp + (uintptr_t)(intptr_t)place);
}

/* Any place. */
static inline uintptr_t word_of(const struct capture_point *at, int32_t place)
{
	uintptr_t word = place < 0 ? at->bp : word_at(at->sp, place & -WORD);

	return word - (place & PLACE_RELATIVE ? at->sp : 0);
}

/* The guess is a branch that the processor predicts, too: where it is right, what follows need not
 * wait for the words, the hash and the table. */
static inline uint32_t node_lookup(struct recall *r, struct recall_node *node, uint64_t hash)
{
	uint32_t key = recall_hash_key(hash);

	if (node->guess_key == key)
		return node->guess;
	uint32_t child = recall_lookup(r, key);
	if (unlikely(!(r->hits % RECALL_REGUESS)) && child) {
		node->guess_key = key;
		node->guess = child;
	}
	return child;
}

/* What the words of a run tell, if it is its child: that is to be asked. */
static inline uint32_t node_child(struct recall *r, struct recall_node *node, uintptr_t sp)
{
	uint32_t n = node->probes;
	const int32_t *probe = likely(n <= RECALL_PROBES) ? node->probe : &r->place[node->run];
	uint64_t h = node->seed;

	if (!n)
		return node->guess;
	if (n & 1)
		h = recall_hash_add(h, word_at(sp, *probe++));
	for (const int32_t *end = probe + (n & ~1u); probe != end; probe += 2)
		h = recall_hash_add(recall_hash_add(h, word_at(sp, probe[0])),
				    word_at(sp, probe[1]));
	return node_lookup(r, node, h);
}

static inline uintptr_t run_differs(const struct recall *r, const struct recall_node *node,
				    const struct recall_node *child, uintptr_t sp)
{
	const int32_t *place = &r->place[node->run];
	const uintptr_t *value = &r->value[child->values];
	uint32_t n = node->count;
	uintptr_t differs = 0;

	if (n & 1)
		differs = word_at(sp, *place++) ^ *value++;
	if (n & 2) {
		differs |= (word_at(sp, place[0]) ^ value[0]) | (word_at(sp, place[1]) ^ value[1]);
		place += 2;
		value += 2;
	}
	for (const int32_t *end = place + (n & ~3u); place != end; place += 4, value += 4)
		differs |= (word_at(sp, place[0]) ^ value[0]) | (word_at(sp, place[1]) ^ value[1]) |
			   (word_at(sp, place[2]) ^ value[2]) | (word_at(sp, place[3]) ^ value[3]);
	return differs;
}

/* The rest of the way out from a node, for any places. */
static __attribute__((noinline)) stack_id walk_any(struct recall *r, struct recall_node *node,
						   const struct capture_point *at, uintptr_t room)
{
	while (node->count) {
		const int32_t *place = &r->place[node->run];
		const int32_t *probe = node->probes > RECALL_PROBES ? place : node->probe;
		uint64_t h = node->seed;
		if (r->kin[node - r->node].reach > room)
			return 0;
		for (uint32_t i = 0; i < node->probes; i++)
			h = recall_hash_add(h, word_of(at, probe[i]));
		struct recall_node *child =
			&r->node[node->probes ? node_lookup(r, node, h) : node->guess];
		if (child->parent != (uint32_t)(node - r->node))
			return 0;
		for (uint32_t i = 0; i < node->count; i++)
			if (word_of(at, place[i]) != r->value[child->values + i])
				return 0;
		node = child;
	}
	r->hits++;
	return node->stack;
}

/* The leaf is not in its cache. */
static __attribute__((noinline)) stack_id
walk_from_leaf(struct recall *r, const struct capture_point *at, uintptr_t room)
{
	uint32_t i = recall_lookup_leaf(r, at->pc);

	if (!i)
		return 0;
	r->leaf[at->pc % RECALL_LEAVES] = (struct recall_leaf){ .pc = at->pc, .node = i };
	return walk_any(r, &r->node[i], at, room);
}

stack_id recall_find(struct thread *thread, const struct capture_point *at)
{
	struct recall *r = thread->recall;
	uintptr_t sp = at->sp, room = thread->stack_high - sp, differs = 0;

	if (unlikely(!r) || unlikely(room > thread->stack_high - thread->stack_low) ||
	    unlikely(sp % WORD))
		return 0;
	room = room < RECALL_MIXED ? room : RECALL_MIXED - 1;
	const struct recall_leaf *leaf = &r->leaf[at->pc % RECALL_LEAVES];
	if (unlikely(leaf->pc != at->pc))
		return walk_from_leaf(r, at, room);
	uint32_t i = leaf->node;
	struct recall_node *node = &r->node[i], *child;
	for (; node->count; node = child) {
		uint32_t parent = i;
		if (unlikely(node->reach > room))
			return differs ? 0 : walk_any(r, node, at, room);
		i = node_child(r, node, sp);
		child = &r->node[i];
		if (unlikely(child->parent != parent))
			return 0;
		differs |= run_differs(r, node, child, sp);
	}
	if (unlikely(differs))
		return 0;
	r->hits++;
	return node->stack;
}

/* --- learn ------------------------------------------------------------------------------------ */

/* Writes the words of a stack behind those in use.  How many; 0: such a stack is not remembered. */
static uint32_t words_note(struct recall *r, const struct thread_frame *frame, uint32_t n)
{
	uintptr_t sp = frame->sp, bp_at = sp + (uintptr_t)PLACE_REGISTER;
	int32_t *place = &r->place[r->words];
	uintptr_t *value = &r->value[r->words];
	uint32_t words = 0;

	place[words] = 0;
	value[words++] = frame->pc;
	for (uint32_t i = 0; i < n; i++, frame++) {
		bool outermost = !frame->ra_at;
		if (frame->flags & (FRAME_EXACT | FRAME_SIDE))
			return 0;
		if (frame->flags & FRAME_USES_BP) {
			/* Without a rule that starts from bp: it has to be 0, see RULE_BARE. */
			place[words] = (int32_t)(bp_at - sp) | (outermost ? 0 : PLACE_RELATIVE);
			value[words++] = frame->bp - (outermost ? 0 : sp);
		}
		if (outermost)
			break;
		if ((frame->flags & FRAME_FAR) || frame->ra_at - sp >= RECALL_MIXED - WORD)
			return 0;
		place[words] = (int32_t)(frame->ra_at - sp);
		value[words++] = i + 1 < n ? frame[1].pc : 0;
		if (frame->flags & FRAME_BP_SAVED) {
			intptr_t delta = (int32_t)frame->flags >> FRAME_BP_SHIFT;
			bp_at = frame->ra_at + (uintptr_t)(delta * WORD);
			if (bp_at - sp >= RECALL_MIXED - WORD)
				return 0;
		}
	}
	return words;
}

static bool recall_make(struct thread *thread)
{
	struct recall *r = thread->recall = sys_map(sizeof(*r));

	if (!r)
		return false;
	recall_clear(r);
	return true;
}

void recall_learn(struct thread *thread, uint32_t first, stack_id stack)
{
	uint32_t n = thread->capacity - first;
	struct recall *r = thread->recall;

	if (unlikely(!r)) {
		if (!recall_make(thread))
			return;
		r = thread->recall;
	}
	if (r->misses++ & r->skip)
		return;
	if (2 * n + 1 > RECALL_WORDS / 2)
		return;
	if (r->full || r->words + 2 * n + 1 > RECALL_WORDS || r->nodes + 3 > RECALL_NODES) {
		/* Was it worth it?  Learning a frame costs a few hits. */
		if (r->hits < r->words / 8 && r->skip < RECALL_SKIP_MAX)
			r->skip = 2 * r->skip + 1;
		else if (r->hits > r->words / 2)
			r->skip /= 2;
		recall_clear(r);
	}
	n = words_note(r, &thread->frames[first], n);
	if (n)
		recall_add(r, n, stack);
}

void recall_forget(struct thread *thread)
{
	struct recall *r = thread->recall;

	if (r && r->kin[RECALL_ROOT].child)
		recall_clear(r);
}
