/* SPDX-License-Identifier: MIT */
/*
 * symbols_elf - one sorted array a module. libdwfl's own search is linear in the symbols for every
 * address; here the sort is paid once, O(n log n), and a look-up is O(log n).
 *
 * The nearest symbol below an address is believed only if its size covers the address: in a
 * stripped library the nearest exported function is often not the one that the address lies in, and
 * a wrong name is worse than none.
 */
#include "symbols_elf.h"

#include <stdlib.h>
#include <string.h>

#include "symbols_libdw.h"
#include "util.h"

struct elf_name {
	uint64_t address, size;
	const char *name;
	uint8_t rank; /* of names at one address the least is shown */
};

struct elf_names {
	struct elf_name *names; /* by address, then rank */
	size_t count;
};

/* How many symbols to look back over for one that covers: labels inside a function come after it.
 */
enum { ELF_LOOK_BACK = 16, ELF_SIZELESS_REACH = 4096 };

/* Public names before local ones, plain before underscored: `malloc`, not `__libc_malloc`. */
static uint8_t symbol_rank(const GElf_Sym *sym, const char *name)
{
	unsigned binding = GELF_ST_BIND(sym->st_info);
	unsigned rank = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
	return (uint8_t)(rank * 8 + strspn(name, "_") % 8);
}

static bool symbol_is_function(const GElf_Sym *sym, GElf_Word section)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);
	return section != SHN_UNDEF && section != SHN_ABS &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

static int compare_names(const void *a, const void *b)
{
	const struct elf_name *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

struct elf_names *elf_names_create(Dwfl_Module *module)
{
	struct elf_names *names = xcalloc(1, sizeof(*names));
	int symbols = libdw.dwfl_module_getsymtab(module);
	if (symbols <= 0)
		return names;
	names->names = xcalloc((size_t)symbols, sizeof(*names->names));
	for (int i = 0; i < symbols; i++) {
		GElf_Sym sym;
		GElf_Addr address = 0;
		GElf_Word section = SHN_UNDEF;
		const char *name = libdw.dwfl_module_getsym_info(module, i, &sym, &address,
								 &section, NULL, NULL);
		if (!name || !*name || !symbol_is_function(&sym, section))
			continue;
		names->names[names->count++] = (struct elf_name){ .address = address,
								  .size = sym.st_size,
								  .name = name,
								  .rank = symbol_rank(&sym, name) };
	}
	qsort(names->names, names->count, sizeof(*names->names), compare_names);
	return names;
}

void elf_names_destroy(struct elf_names *names)
{
	if (!names)
		return;
	free(names->names);
	free(names);
}

const char *elf_names_find(const struct elf_names *names, uint64_t address)
{
	size_t low = 0, high = names->count; /* names[0 .. low) start at or below the address */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (names->names[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	const struct elf_name *found = NULL;
	for (size_t i = low, tries = 0; i-- > 0 && tries < ELF_LOOK_BACK; tries++) {
		const struct elf_name *name = &names->names[i];
		if (found && name->address != found->address)
			break;
		/* a symbol without a size (assembler) reaches to the next symbol */
		bool covers = name->size ? address - name->address < name->size
					 : name->address == names->names[low - 1].address;
		if (covers)
			found = name;
	}
	return found ? found->name : NULL;
}
