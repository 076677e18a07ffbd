/* SPDX-License-Identifier: MIT */
/*
 * symbols_dwarf - two indexes over libdw: units by address, read from the units themselves (clang
 * writes no .debug_aranges, and libdw's own look-up needs one), and for each unit that is asked
 * about its functions by address, so that an address costs two binary searches and a walk down one
 * function's inlined calls, where dwarf_getscopes would walk the whole unit each time.
 *
 * Linear in the units once, in the entries of a unit once, O(log n + depth) an address. Runs in the
 * worker: malformed DWARF may loop or crash inside libdw.
 */
#include "symbols_dwarf.h"

#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "symbols_libdw.h"
#include "util.h"

struct dwarf_range {
	uint64_t start, end; /* end exclusive */
	size_t what;	     /* index into the units or functions */
};

/* Ranges sorted by start. They may nest (a nested function), so the search looks back a little. */
struct dwarf_index {
	struct dwarf_range *ranges;
	size_t count, size;
};

struct dwarf_unit {
	Dwarf_Die die;	    /* has the lines; of split DWARF, the skeleton */
	Dwarf_Die contents; /* has the functions */
	bool indexed;
	struct dwarf_index functions; /* what: into function */
	Dwarf_Die *function;
	size_t function_count, function_size;
};

struct dwarf_names {
	uint64_t bias; /* of the DWARF against the module */
	struct dwarf_unit *units;
	size_t unit_count, unit_size;
	struct dwarf_index index; /* what: into units */
};

enum {
	DWARF_LOOK_BACK = 8,
	DWARF_DEPTH = 64,  /* of entries inside each other */
	DWARF_INLINED = 64 /* of inlined calls inside each other */
};

static void index_add(struct dwarf_index *index, Dwarf_Die *die, size_t what)
{
	Dwarf_Addr base = 0, start = 0, end = 0;
	ptrdiff_t at = 0;
	while ((at = libdw.dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		if (start >= end || !start) /* the linker set a discarded function to 0 */
			continue;
		if (index->count == index->size) {
			index->size = index->size ? index->size * 2 : 16;
			index->ranges =
				xreallocarray(index->ranges, index->size, sizeof(*index->ranges));
		}
		index->ranges[index->count++] = (struct dwarf_range){ start, end, what };
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct dwarf_range *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->what < y->what ? -1 : x->what > y->what;
}

static void index_sort(struct dwarf_index *index)
{
	if (index->count)
		qsort(index->ranges, index->count, sizeof(*index->ranges), compare_ranges);
}

static const struct dwarf_range *index_find(const struct dwarf_index *index, uint64_t address)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low, tries = 0; i-- > 0 && tries < DWARF_LOOK_BACK; tries++)
		if (address < index->ranges[i].end)
			return &index->ranges[i];
	return NULL;
}

struct dwarf_names *dwarf_names_create(Dwfl_Module *module)
{
	Dwarf_Addr bias = 0;
	Dwarf *dwarf = libdw.dwfl_module_getdwarf(module, &bias);
	if (!dwarf)
		return NULL;
	struct dwarf_names *names = xcalloc(1, sizeof(*names));
	names->bias = bias;
	Dwarf_CU *unit = NULL;
	Dwarf_Die die, contents;
	uint8_t type;
	while (libdw.dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, &contents) == 0) {
		bool split = type == DW_UT_skeleton && contents.addr;
		if (libdw.dwarf_tag(&die) != DW_TAG_compile_unit && !split)
			continue;
		if (names->unit_count == names->unit_size) {
			names->unit_size = names->unit_size ? names->unit_size * 2 : 16;
			names->units = xreallocarray(names->units, names->unit_size,
						     sizeof(*names->units));
		}
		names->units[names->unit_count] =
			(struct dwarf_unit){ .die = die, .contents = split ? contents : die };
		index_add(&names->index, &die, names->unit_count++);
	}
	index_sort(&names->index);
	return names;
}

void dwarf_names_destroy(struct dwarf_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->unit_count; i++) {
		free(names->units[i].functions.ranges);
		free(names->units[i].function);
	}
	free(names->units);
	free(names->index.ranges);
	free(names);
}

/* Entries below which functions are defined. */
static bool die_holds_functions(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
	       tag == DW_TAG_interface_type;
}

static void unit_add_function(struct dwarf_unit *unit, Dwarf_Die *die)
{
	if (unit->function_count == unit->function_size) {
		unit->function_size = unit->function_size ? unit->function_size * 2 : 64;
		unit->function =
			xreallocarray(unit->function, unit->function_size, sizeof(*unit->function));
	}
	size_t before = unit->functions.count;
	index_add(&unit->functions, die, unit->function_count);
	if (unit->functions.count > before)
		unit->function[unit->function_count++] = *die;
}

/* Depth first over the unit's entries with a stack of our own: the input decides the depth. */
static void unit_index_functions(struct dwarf_unit *unit)
{
	Dwarf_Die stack[DWARF_DEPTH];
	size_t depth = 0;
	unit->indexed = true;
	if (libdw.dwarf_child(&unit->contents, &stack[0]) == 0)
		depth = 1;
	while (depth) {
		Dwarf_Die die = stack[depth - 1];
		if (libdw.dwarf_siblingof(&die, &stack[depth - 1]) != 0)
			depth--;
		int tag = libdw.dwarf_tag(&die);
		if (tag == DW_TAG_subprogram)
			unit_add_function(unit, &die);
		if (die_holds_functions(tag) && depth < DWARF_DEPTH &&
		    libdw.dwarf_child(&die, &stack[depth]) == 0)
			depth++;
	}
	index_sort(&unit->functions);
}

/* The path of inlined calls that lead to the address inside a function, outermost first; the first
 * is the function. */
static size_t function_scopes(Dwarf_Die *function, uint64_t address, Dwarf_Die *ret, size_t max)
{
	size_t count = 0;
	ret[count++] = *function;
	Dwarf_Die scope = *function, child;
	for (int depth = 0; depth < DWARF_DEPTH * 2; depth++) {
		bool found = false;
		for (int more = libdw.dwarf_child(&scope, &child); more == 0 && !found;) {
			int tag = libdw.dwarf_tag(&child);
			found = (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
				 tag == DW_TAG_try_block || tag == DW_TAG_catch_block) &&
				libdw.dwarf_haspc(&child, address) > 0;
			if (!found)
				more = libdw.dwarf_siblingof(&child, &child);
		}
		if (!found)
			break;
		scope = child;
		if (libdw.dwarf_tag(&scope) == DW_TAG_inlined_subroutine && count < max)
			ret[count++] = scope;
	}
	return count;
}

static const char *die_string(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	return libdw.dwarf_formstring(libdw.dwarf_attr_integrate(die, name, &attribute));
}

static void die_name(Dwarf_Die *die, struct dwarf_frame *frame)
{
	frame->linkage = die_string(die, DW_AT_linkage_name);
	if (!frame->linkage)
		frame->linkage = die_string(die, DW_AT_MIPS_linkage_name);
	frame->name = die_string(die, DW_AT_name);
}

static uint32_t die_number(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;
	if (libdw.dwarf_formudata(libdw.dwarf_attr(die, name, &attribute), &value) ||
	    value > UINT32_MAX)
		return 0;
	return (uint32_t)value;
}

/* Where an inlined call stands in its caller. */
static void die_call_site(struct dwarf_unit *unit, Dwarf_Die *die, struct dwarf_frame *frame)
{
	Dwarf_Files *files = NULL;
	size_t count = 0;
	uint32_t file = die_number(die, DW_AT_call_file);
	if (libdw.dwarf_getsrcfiles(&unit->die, &files, &count) == 0 && file < count)
		frame->file = libdw.dwarf_filesrc(files, file, NULL, NULL);
	frame->line = die_number(die, DW_AT_call_line);
}

/* Whether an inlined call is of a function that its author wants left out of stacks: of one with
 * the attribute artificial, or of ouro.h, since clang forgets the attribute of member functions.
 * Not by way of the declaration in a class, where compilers mark what they wrote themselves: a
 * constructor that nobody wrote may still make what a member begins with. */
static bool die_is_left_out(Dwarf_Die *die)
{
	static const char header[] = "/ouro.h";
	Dwarf_Attribute attribute;
	Dwarf_Die origin;
	bool flag = false;
	if (!libdw.dwarf_formref_die(libdw.dwarf_attr(die, DW_AT_abstract_origin, &attribute),
				     &origin))
		return false;
	if (libdw.dwarf_formflag(libdw.dwarf_attr(&origin, DW_AT_artificial, &attribute), &flag) ==
		    0 &&
	    flag)
		return true;
	const char *file = libdw.dwarf_decl_file(&origin);
	size_t length = file ? strlen(file) : 0;
	return length >= sizeof(header) - 1 &&
	       strcmp(file + length - (sizeof(header) - 1), header) == 0;
}

static void unit_line(struct dwarf_unit *unit, uint64_t address, struct dwarf_frame *frame)
{
	Dwarf_Line *line = libdw.dwarf_getsrc_die(&unit->die, address);
	int number = 0;
	if (!line)
		return;
	frame->file = libdw.dwarf_linesrc(line, NULL, NULL);
	if (libdw.dwarf_lineno(line, &number) == 0 && number > 0)
		frame->line = (uint32_t)number;
}

size_t dwarf_names_find(struct dwarf_names *names, uint64_t address, struct dwarf_frame *ret,
			size_t max)
{
	address -= names->bias;
	const struct dwarf_range *range = index_find(&names->index, address);
	if (!range || !max)
		return 0;
	struct dwarf_unit *unit = &names->units[range->what];
	if (!unit->indexed)
		unit_index_functions(unit);

	/* each scope's place is where the next inner one was called, even if that is left out; the
	 * innermost's is the line */
	Dwarf_Die scopes[DWARF_INLINED];
	size_t count = 0;
	range = index_find(&unit->functions, address);
	if (range)
		count = function_scopes(&unit->function[range->what], address, scopes,
					max < DWARF_INLINED ? max : DWARF_INLINED);
	struct dwarf_frame place = { 0 };
	unit_line(unit, address, &place);
	if (!count) {
		ret[0] = place;
		return place.file ? 1 : 0;
	}
	size_t shown = 0;
	for (size_t i = count; i-- > 0;) {
		if (!i || !die_is_left_out(&scopes[i])) {
			ret[shown] = place;
			die_name(&scopes[i], &ret[shown]);
			ret[shown++].inlined = i != 0;
		}
		place = (struct dwarf_frame){ 0 };
		if (i)
			die_call_site(unit, &scopes[i], &place);
	}
	return shown;
}
