/* SPDX-License-Identifier: MIT */
/*
 * mark_inner - marking, where the ledger knows more of a block than its bounds.
 *
 * A pointer into such a block means the innermost object there, and is noted if somebody retains
 * that one, marked already or not; to where that one begins, it is as good as a pointer to the
 * start of the block: the program itself said that there is an object.  A block's words are its own
 * only outside of its inner blocks and weak slots.  Inner blocks wait in a queue of their own: they
 * may begin anywhere, where an entry of the other queue has no bits for it.
 */
#include "inner.h"
#include "mark.h"
#include "mark_words.h"
#include "scratch.h"

void mark_settle_counted(struct mark *m, const struct mark_far *far)
{
	const struct heap_hit block = { far->start, heap_size(m->heap, far->ordinal),
					far->ordinal };
	struct heap_hit hit[2];
	unsigned hits;

	if (far->value != block.start && far->value - block.start >= block.size &&
	    !heap_is_empty_array(block.start, block.size, far->value))
		return;
	hits = inner_targets(m->heap, &block, far->value, hit);
	if (m->refs)
		refs_note(m->refs, &hit[0], far->value, far->parent, far->where);
	if (m->refs && refs_is_start(m->refs, &hit[0], far->value)) {
		struct mark_far start = *far;

		start.value = hit[0].start;
		mark_settle(m, &hit[0], &start);
		return;
	}
	for (unsigned i = 0; i < hits; i++)
		mark_settle(m, &hit[i], far);
}

void mark_push_inner(struct mark *m, uint32_t index)
{
	m->inner = scratch_grow(m->inner, sizeof(*m->inner), m->inner_waiting, &m->inner_room);
	m->inner[m->inner_waiting++] = index;
}

void mark_read_counted(struct mark *m, const struct heap_hit *hit)
{
	struct mark_scan scan = { m, OUROS_MARK_PARENT + hit->ordinal };
	const struct inner_visitor visitor = { .words = mark_words, .arg = &scan };

	inner_visit(m->heap, m->maps, hit, &visitor);
}

/* What an object lies in stays as long as the object. */
static void hold_parent(struct mark *m, uint32_t index)
{
	uint32_t parent = m->heap->inners->item[index].parent;
	struct heap_hit hit[2];
	struct mark_far far = { .parent = OUROS_MARK_PARENT + m->heap->inner_first + index };

	if (!parent)
		return;
	if (parent > m->heap->inner_first)
		hit[0] = inner_hit(m->heap, parent - 1 - m->heap->inner_first);
	else if (!heap_find(m->heap, m->heap->inners->item[index].start, &hit[0]))
		return;
	far.value = far.start = hit[0].start;
	mark_settle(m, &hit[0], &far);
}

bool mark_read_inner(struct mark *m)
{
	struct heap_hit hit;
	uint32_t index;

	if (!m->inner_waiting)
		return false;
	index = m->inner[--m->inner_waiting];
	hit = inner_hit(m->heap, index);
	hold_parent(m, index);
	mark_read_counted(m, &hit);
	return true;
}
