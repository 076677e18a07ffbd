/* SPDX-License-Identifier: MIT */
/*
 * ledger_table - growing, and closing gaps.
 */
#include "ledger_table.h"

#include <stddef.h>

#include "sys.h"

enum {
	TABLE_FIRST = 16,    /* slots */
	TABLE_SCRAPS = 4096, /* small tables share pages of this size */
};

/* A page that small tables are cut from; it begins with how much is used. */
struct table_page {
	size_t used;
	char scraps[TABLE_SCRAPS - sizeof(size_t)];
};
static struct table_page *table_page;

/* Lock-free: shards grow at the same time. */
static void *table_map(size_t size)
{
	if (size > TABLE_SCRAPS / 4)
		return sys_map(size);
	for (;;) {
		struct table_page *page = __atomic_load_n(&table_page, __ATOMIC_ACQUIRE);
		if (page) {
			size_t at = __atomic_fetch_add(&page->used, size, __ATOMIC_RELAXED);
			if (at + size <= sizeof(page->scraps))
				return page->scraps + at;
		}
		struct table_page *fresh = sys_map(sizeof(*fresh));
		if (!fresh)
			return NULL;
		__atomic_compare_exchange_n(&table_page, &page, fresh, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
	}
}

static void table_put(struct ledger_table *table, uint64_t s)
{
	uint32_t at = (uint32_t)(s >> 32) & table->mask;

	while (table->slot[at])
		at = (at + 1) & table->mask;
	table->slot[at] = s;
	table->used++;
}

static bool table_grow(struct ledger_table *table)
{
	uint32_t slots = table->slot ? (table->mask + 1) * 2 : TABLE_FIRST;
	struct ledger_table larger = { table_map(slots * sizeof(uint64_t)), slots - 1, 0 };

	if (!larger.slot)
		return false;
	for (uint32_t i = 0; table->slot && i <= table->mask; i++)
		if (table->slot[i])
			table_put(&larger, table->slot[i]);
	*table = larger;
	return true;
}

bool ledger_table_add(struct ledger_table *table, uint32_t hash, uint32_t id)
{
	if (!table->slot || table->used + 1 > (table->mask + 1) / 4 * 3)
		if (!table_grow(table))
			return false;
	table_put(table, (uint64_t)hash << 32 | id);
	return true;
}

void ledger_table_replace(struct ledger_table *table, uint32_t at, uint32_t id)
{
	uint64_t *slot = &table->slot[(at - 1) & table->mask];

	*slot = *slot >> 32 << 32 | id;
}

/* What follows moves up, unless it stands at or after its home already (Knuth 6.4, R). */
void ledger_table_remove(struct ledger_table *table, uint32_t at)
{
	uint32_t gap = (at - 1) & table->mask;

	for (uint32_t i = (gap + 1) & table->mask; table->slot[i]; i = (i + 1) & table->mask) {
		uint32_t home = (uint32_t)(table->slot[i] >> 32) & table->mask;
		if (((i - home) & table->mask) >= ((i - gap) & table->mask)) {
			table->slot[gap] = table->slot[i];
			gap = i;
		}
	}
	table->slot[gap] = 0;
	table->used--;
}

void ledger_table_forget(struct ledger_table *table, uint32_t hash, uint32_t id)
{
	uint32_t at = hash, found;

	while ((found = ledger_table_next(table, hash, &at)))
		if (found == id) {
			ledger_table_remove(table, at);
			return;
		}
}
