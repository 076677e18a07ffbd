/* SPDX-License-Identifier: MIT */
/*
 * rules - the table of learnt rules: open addressing, 16 bytes an entry, filled to one half.
 *
 * An entry is a key and a word.  The word is stored before the key (release) and a key never
 * changes, so a reader that finds its key has a word: the rule, or 0 when it was forgotten. Writers
 * hold rule_lock.  A full table is copied into one of twice the size; the old one stays for late
 * readers. Rules that do not fit a word stand in a side table and are few: signal frames, realigned
 * stacks.
 */
#include "rules.h"

#include <stddef.h>

#include "guard.h"
#include "session.h"
#include "sys.h"
#include "unwinder.h"

enum {
	RULE_TABLE_FIRST = 1 << 11,
	RULE_SIDE_SHIFT = 8, /* rules of a chunk of the side table */
	RULE_SIDE_CHUNKS = 1 << 12,
};

/* Marks the key of a row of unwind information, by its first address. */
#define RULE_ROW (UINT64_C(1) << 63)

struct rule_entry {
	uint64_t key; /* pc << 1 | exact, or a row's; 0 = empty */
	uint64_t word;
};

struct rule_table {
	uint64_t mask;
	uint64_t used;
	struct rule_entry entry[];
};

static struct sys_lock rule_lock;
static struct rule_table *rule_table; /* written under rule_lock (release), read by all (acquire) */

static struct rule *rule_side_chunks[RULE_SIDE_CHUNKS];
static uint32_t rule_side_count;

static uint64_t rule_key(uintptr_t pc, bool exact)
{
	return (uint64_t)pc << 1 | exact;
}

static uint64_t rule_hash(uint64_t key)
{
	uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static inline uint64_t rule_find(uint64_t key)
{
	const struct rule_table *table = __atomic_load_n(&rule_table, __ATOMIC_ACQUIRE);

	if (unlikely(!table))
		return 0;
	for (uint64_t at = rule_hash(key) & table->mask;; at = (at + 1) & table->mask) {
		uint64_t found = __atomic_load_n(&table->entry[at].key, __ATOMIC_ACQUIRE);
		if (found == key)
			return __atomic_load_n(&table->entry[at].word, __ATOMIC_ACQUIRE);
		if (!found)
			return 0;
	}
}

uint64_t rule_lookup(uintptr_t pc, bool exact)
{
	return rule_find(rule_key(pc, exact));
}

const struct rule *rule_side(uint64_t word)
{
	uint32_t i = (uint32_t)word >> 8;
	return &rule_side_chunks[i >> RULE_SIDE_SHIFT][i & ((1 << RULE_SIDE_SHIFT) - 1)];
}

/* --- writing; under rule_lock ----------------------------------------------------------------- */

static void rule_store(struct rule_table *table, uint64_t key, uint64_t word)
{
	uint64_t at = rule_hash(key) & table->mask;

	while (table->entry[at].key && table->entry[at].key != key)
		at = (at + 1) & table->mask;
	__atomic_store_n(&table->entry[at].word, word, __ATOMIC_RELEASE);
	if (!table->entry[at].key) {
		table->used++;
		__atomic_store_n(&table->entry[at].key, key, __ATOMIC_RELEASE);
	}
}

static struct rule_table *rule_table_grow(const struct rule_table *full)
{
	uint64_t size = full ? (full->mask + 1) * 2 : RULE_TABLE_FIRST;
	struct rule_table *table = sys_map(sizeof(*table) + size * sizeof(table->entry[0]));

	if (!table)
		return NULL;
	table->mask = size - 1;
	for (uint64_t i = 0; full && i <= full->mask; i++)
		if (full->entry[i].key && full->entry[i].word)
			rule_store(table, full->entry[i].key, full->entry[i].word);
	__atomic_store_n(&rule_table, table, __ATOMIC_RELEASE);
	return table;
}

/* Puts the rule into the side table; 0 when that is full. */
static uint64_t rule_side_word(const struct rule *rule)
{
	uint32_t i = rule_side_count, c = i >> RULE_SIDE_SHIFT;

	if (c >= RULE_SIDE_CHUNKS)
		return 0;
	if (!rule_side_chunks[c])
		rule_side_chunks[c] = sys_map(sizeof(struct rule) << RULE_SIDE_SHIFT);
	if (!rule_side_chunks[c])
		return 0;
	rule_side_count++;
	rule_side_chunks[c][i & ((1 << RULE_SIDE_SHIFT) - 1)] = *rule;
	return (uint64_t)i << 8 | RULE_WORD_SIDE;
}

static bool rule_fits(const struct rule *rule)
{
	bool cfa_simple = rule->kind == RULE_SP || rule->kind == RULE_BP;

	if (rule->module > UINT16_MAX)
		return false;
	if (rule->kind == RULE_END || rule->kind == RULE_WALK || rule->kind == RULE_BARE)
		return true;
	if (rule->bp_saved && (rule->bp_from != RULE_FROM_CFA || rule->bp_at % 8 ||
			       rule->bp_at / 8 != (int16_t)(rule->bp_at / 8)))
		return false;
	return cfa_simple && rule->ra_from == RULE_FROM_CFA && rule->ra_at == -8 &&
	       !rule->exact_next && rule->k >= -(1 << 23) && rule->k < 1 << 23;
}

static uint64_t rule_pack(const struct rule *rule)
{
	if (!rule_fits(rule))
		return rule_side_word(rule);
	return rule->kind | (uint64_t)rule->bp_saved << 4 | (uint64_t)((uint32_t)rule->k << 8) |
	       (uint64_t)(uint16_t)(rule->bp_at / 8) << 32 | (uint64_t)rule->module << 48;
}

void rules_forget(uintptr_t start, uintptr_t end)
{
	uint64_t signals;

	sys_block_signals(&signals);
	sys_lock(&rule_lock);
	struct rule_table *table = rule_table;
	for (uint64_t i = 0; table && i <= table->mask; i++)
		if (((table->entry[i].key & ~RULE_ROW) >> 1) - start < end - start)
			__atomic_store_n(&table->entry[i].word, 0, __ATOMIC_RELEASE);
	sys_unlock(&rule_lock);
	sys_restore_signals(&signals);
}

/* --- learning --------------------------------------------------------------------------------- */

struct rule_lesson {
	uintptr_t pc;
	bool exact;
	uint64_t row; /* its row's key, 0 = not known */
	uint64_t word;
	struct rule rule; /* where word is 0 */
};

/* What is known of another address in the same row is good for this one. */
static void rule_take_lesson(void *arg)
{
	struct rule_lesson *lesson = arg;
	uintptr_t row;

	if (unwinder_row(lesson->pc, lesson->exact, &row)) {
		lesson->row = rule_key(row, lesson->exact) | RULE_ROW;
		lesson->word = rule_find(lesson->row);
	}
	if (!lesson->word)
		unwinder_learn(lesson->pc, lesson->exact, &lesson->rule);
}

static void rule_remember_as(uint64_t key, uint64_t word)
{
	struct rule_table *table = rule_table;

	if (!table || table->used > table->mask / 2)
		table = rule_table_grow(table);
	if (table)
		rule_store(table, key, word);
}

/* Packs and stores; a word even when it cannot be remembered. */
static uint64_t rule_remember(const struct rule_lesson *lesson)
{
	uint64_t walk = RULE_WALK, word = lesson->word;
	bool lasting = word || lesson->rule.module;

	sys_lock(&rule_lock);
	if (!word)
		word = rule_pack(&lesson->rule);
	if (!word)
		word = walk;
	if (lasting) {
		rule_remember_as(rule_key(lesson->pc, lesson->exact), word);
		if (lesson->row && !lesson->word)
			rule_remember_as(lesson->row, word);
		session_count(rules, 1);
	}
	sys_unlock(&rule_lock);
	return word;
}

uint64_t rule_learn(uintptr_t pc, bool exact)
{
	struct rule_lesson lesson = { .pc = pc, .exact = exact };
	uint64_t signals;

	sys_block_signals(&signals);
	uint32_t depth = guard.depth;
	guard.depth = GUARD_OURS;
	sys_lock(&sys_stack_lock);
	/* Somebody may have learnt it while we waited. */
	uint64_t word = rule_lookup(pc, exact);
	if (!word) {
		sys_on_own_stack(rule_take_lesson, &lesson);
		word = rule_remember(&lesson);
	}
	sys_unlock(&sys_stack_lock);
	guard.depth = depth;
	sys_restore_signals(&signals);
	return word;
}
