/* SPDX-License-Identifier: MIT */
/*
 * interpose_tables - a loaded module's symbols and relocations, read and written in place.
 *
 * That is safe where this runs: in the constructor, when there is one thread, and in a thread that
 * is loading a module, which cannot be unloaded before it goes on.  A name is looked up by the
 * module's own hash table: with its filter, a lookup of a name that is not there is one load.
 */
#include "interpose_tables.h"

#include <sys/mman.h>

#include "sys.h"

enum { TABLES_PAGE = 4096 };

/* The loader writes addresses into the dynamic section, but not everywhere (vdso), and not yet when
 * it has just mapped the module. */
static uintptr_t tables_address(const struct tables *t, uintptr_t value)
{
	return value < t->image.start ? value + t->image.bias : value;
}

bool tables_open(const struct module_image *image, struct tables *ret_tables)
{
	struct tables *t = ret_tables;
	bool rela = true;

	sys_memset(t, 0, sizeof(*t));
	t->image = *image;
	for (const ElfW(Dyn) *d = image->map->l_ld; d && d->d_tag != DT_NULL; d++) {
		uintptr_t address = tables_address(t, d->d_un.d_ptr);
		if (d->d_tag == DT_SYMTAB)
			t->symbols = (ElfW(Sym) *)address;
		else if (d->d_tag == DT_STRTAB)
			t->strings = (const char *)address;
		else if (d->d_tag == DT_GNU_HASH)
			t->gnu_hash = (const uint32_t *)address;
		else if (d->d_tag == DT_HASH)
			t->old_hash = (const uint32_t *)address;
		else if (d->d_tag == DT_RELA)
			t->relocations[0] = (const ElfW(Rela) *)address;
		else if (d->d_tag == DT_RELASZ)
			t->count[0] = d->d_un.d_val / sizeof(ElfW(Rela));
		else if (d->d_tag == DT_JMPREL)
			t->relocations[1] = (const ElfW(Rela) *)address;
		else if (d->d_tag == DT_PLTRELSZ)
			t->count[1] = d->d_un.d_val / sizeof(ElfW(Rela));
		else if (d->d_tag == DT_PLTREL)
			rela = d->d_un.d_val == DT_RELA;
	}
	if (!rela || !t->relocations[1])
		t->count[1] = 0;
	if (!t->relocations[0])
		t->count[0] = 0;
	return t->symbols && t->strings;
}

/* By DT_HASH, for a module that has no other. */
static bool tables_each_old(const struct tables *t, const char *name, tables_symbol_fn f, void *arg)
{
	uint32_t hash = 0, buckets = t->old_hash[0], symbols = t->old_hash[1], steps = 0;
	const uint32_t *bucket = t->old_hash + 2, *chain = bucket + buckets;

	for (const char *c = name; *c; c++) {
		hash = (hash << 4) + (unsigned char)*c;
		hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
	}
	for (uint32_t i = buckets ? bucket[hash % buckets] : 0; i && steps < symbols;
	     i = chain[i]) {
		ElfW(Sym) *symbol = &t->symbols[i];
		if (sys_streq(t->strings + symbol->st_name, name) && f(t, symbol, arg))
			return true;
		steps++;
	}
	return false;
}

bool tables_each(const struct tables *t, const char *name, uint32_t hash, tables_symbol_fn f,
		 void *arg)
{
	if (!t->gnu_hash)
		return t->old_hash && tables_each_old(t, name, f, arg);
	uint32_t buckets = t->gnu_hash[0], first = t->gnu_hash[1];
	uint32_t words = t->gnu_hash[2], shift = t->gnu_hash[3];
	const uint64_t *filter = (const uint64_t *)(t->gnu_hash + 4);
	const uint32_t *bucket = (const uint32_t *)(filter + words);
	const uint32_t *chain = bucket + buckets;

	if (!buckets || !words)
		return false;
	uint64_t word = filter[hash / 64 % words];
	if (!(word >> hash % 64 & word >> (hash >> shift) % 64 & 1))
		return false;
	for (uint32_t i = bucket[hash % buckets]; i >= first; i++) {
		uint32_t entry = chain[i - first];
		ElfW(Sym) *symbol = &t->symbols[i];
		if ((entry | 1) == (hash | 1) && sys_streq(t->strings + symbol->st_name, name) &&
		    f(t, symbol, arg))
			return true;
		if (entry & 1)
			break;
	}
	return false;
}

/* --- stores ----------------------------------------------------------------------------------- */

/* How the loader left the page. */
static int tables_protection(const struct tables *t, uintptr_t address)
{
	int protection = PROT_READ | PROT_WRITE;

	for (uint32_t i = 0; i < t->image.phnum; i++) {
		const ElfW(Phdr) *p = &t->image.phdr[i];
		uintptr_t at = t->image.bias + p->p_vaddr;
		if (p->p_type == PT_LOAD && address - at < p->p_memsz)
			protection = (p->p_flags & PF_R ? PROT_READ : 0) |
				     (p->p_flags & PF_W ? PROT_WRITE : 0) |
				     (p->p_flags & PF_X ? PROT_EXEC : 0);
	}
	for (uint32_t i = 0; i < t->image.phnum; i++) {
		const ElfW(Phdr) *p = &t->image.phdr[i];
		uintptr_t at = t->image.bias + p->p_vaddr;
		uintptr_t start = at & -(uintptr_t)TABLES_PAGE;
		uintptr_t end = (at + p->p_memsz) & -(uintptr_t)TABLES_PAGE;
		if (p->p_type == PT_GNU_RELRO && address - start < end - start)
			protection &= ~PROT_WRITE;
	}
	return protection;
}

void tables_close(struct tables *t)
{
	if (t->opened)
		sys_call3(SYS_mprotect, t->opened, TABLES_PAGE, t->opened_protection);
	t->opened = 0;
}

bool tables_store(struct tables *t, uintptr_t address, uintptr_t value)
{
	uintptr_t page = address & -(uintptr_t)TABLES_PAGE;

	if (page != t->opened) {
		tables_close(t);
		int protection = tables_protection(t, address);
		if (!(protection & PROT_WRITE)) {
			if (sys_call3(SYS_mprotect, page, TABLES_PAGE, protection | PROT_WRITE) < 0)
				return false;
			t->opened = page;
			t->opened_protection = protection;
		}
	}
	__atomic_store_n((uintptr_t *)address, value, __ATOMIC_RELEASE);
	return true;
}
