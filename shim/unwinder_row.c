/* SPDX-License-Identifier: MIT */
/*
 * unwinder_row - where the row of unwind information begins that an address lies in.
 *
 * Unwind information is a table by address; an entry's program writes its rows, and only its
 * "advance" instructions begin one.  So the program is run for its advances alone: what the row
 * says stays libunwind's affair, but it need be asked only once a row, and not for each return
 * address in it.  A row with an expression may depend on the address itself (a PLT's does), and is
 * none here.
 *
 * O(instructions before the row), some 30.
 */
#include "unwinder.h"

#include <stddef.h>

#include "sys.h"
#include "unwinder_space.h"

/* DWARF's call frame instructions (DWARF 5, 7.24), and GNU's. */
enum {
	CFA_ADVANCE = 0x40, /* these three: in the two high bits */
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
	CFA_HIGH = 0xc0,
	CFA_LOW = 0x3f,
	CFA_ADVANCE1 = 0x02,
	CFA_ADVANCE2 = 0x03,
	CFA_ADVANCE4 = 0x04,
	CFA_GNU_ARGS_SIZE = 0x2e,
	CFA_KNOWN = 0x16, /* the operands of those below are in cfa_operands */
};

/* LEB128 operands of the instructions from 0 on; -1: not for us. */
static const int8_t cfa_operands[CFA_KNOWN] = {
	0,  -1, -1, -1, -1, /* nop, set_loc, advance_loc1 2 4 (elsewhere) */
	2,  1,	1,  1,	2,  /* offset_extended, restore_extended, undefined, same_value, register */
	0,  0,	2,  1,	1,  /* remember_state, restore_state, def_cfa, .._register, .._offset */
	-1, -1, 2,  2,	1,  /* def_cfa_expression, expression, three with signs */
	2,  2,		    /* val_offset, and with a sign */
};

/* Bytes of an entry, in the module's tables. */
struct row_bytes {
	const uint8_t *at, *end;
	bool bad;
};

static uint64_t bytes_take(struct row_bytes *b, unsigned size)
{
	uint64_t value = 0;

	if ((size_t)(b->end - b->at) < size) {
		b->bad = true;
		b->at = b->end;
		return 0;
	}
	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)*b->at++ << 8 * i;
	return value;
}

static uint64_t bytes_take_leb(struct row_bytes *b)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = bytes_take(b, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static void bytes_skip(struct row_bytes *b, uint64_t n)
{
	if (n > (size_t)(b->end - b->at))
		b->bad = true;
	b->at = b->bad ? b->end : b->at + n;
}

/* The body of a CIE or FDE behind its length. */
static bool bytes_open(uintptr_t at, struct row_bytes *ret_bytes)
{
	const struct module_info *m = &unwinder_space.module;
	uint32_t length;

	if (!space_has_table(at, sizeof(length)))
		return false;
	sys_memcpy(&length, (const void *)at, sizeof(length));
	*ret_bytes = (struct row_bytes){ (const uint8_t *)at + sizeof(length),
					 (const uint8_t *)at + sizeof(length) + length, false };
	return length && length <= m->eh_end - at - sizeof(length);
}

struct row {
	uintptr_t ip;
	uintptr_t at; /* the row begins here */
	uint64_t scale;
};

enum row_end { ROW_PAST, ROW_WHOLE, ROW_UNKNOWN };

/* Runs instructions until the row of ip is behind (PAST) or there are no more. */
static enum row_end row_run(struct row *row, struct row_bytes *program)
{
	while (program->at < program->end) {
		uint8_t op = (uint8_t)bytes_take(program, 1);
		uint64_t delta = 0;
		int operands = 0;
		if ((op & CFA_HIGH) == CFA_ADVANCE)
			delta = op & CFA_LOW;
		else if (op == CFA_ADVANCE1 || op == CFA_ADVANCE2 || op == CFA_ADVANCE4)
			delta = bytes_take(program, 1U << (op - CFA_ADVANCE1));
		else if ((op & CFA_HIGH) == CFA_OFFSET || op == CFA_GNU_ARGS_SIZE)
			operands = 1;
		else if ((op & CFA_HIGH) != CFA_RESTORE)
			operands = op < CFA_KNOWN ? cfa_operands[op] : -1;
		if (operands < 0)
			return ROW_UNKNOWN;
		while (operands--)
			bytes_take_leb(program);
		if (program->bad)
			return ROW_UNKNOWN;
		if (delta * row->scale > row->ip - row->at)
			return ROW_PAST;
		row->at += delta * row->scale;
	}
	return ROW_WHOLE;
}

/* Reads a CIE: its scale of addresses, and that nothing in it is beyond us. */
static bool row_open_cie(uintptr_t at, struct row *row, bool *ret_augmented)
{
	struct row_bytes b;

	if (!bytes_open(at, &b) || bytes_take(&b, 4) != 0)
		return false;
	uint64_t version = bytes_take(&b, 1);
	*ret_augmented = b.at < b.end && *b.at == 'z';
	bool plain = b.at < b.end && !*b.at;
	while (bytes_take(&b, 1))
		;
	row->scale = bytes_take_leb(&b);
	bytes_take_leb(&b);
	if (version == 1)
		bytes_take(&b, 1);
	else
		bytes_take_leb(&b);
	if (*ret_augmented)
		bytes_skip(&b, bytes_take_leb(&b));
	/* The rows begin in the FDE: whatever the CIE advances to is not known. */
	struct row none = { .ip = 0, .scale = 1 };
	return (version == 1 || version == 3) && (*ret_augmented || plain) && !b.bad &&
	       row_run(&none, &b) == ROW_WHOLE;
}

bool unwinder_row(uintptr_t pc, bool exact, uintptr_t *ret_start)
{
	struct row row = { .ip = exact ? pc : pc - 1 };
	struct row_bytes b;
	uintptr_t fde, size, program;
	bool augmented;

	if (!unwinder_is_ready())
		return false;
	space_begin();
	unwinder_space.in_module = module_find_blocked(row.ip, &unwinder_space.module);
	if (!unwinder_space.in_module || !space_find_fde(row.ip, &fde) || !bytes_open(fde, &b))
		return false;
	uintptr_t cie = fde + 4 - bytes_take(&b, 4);
	if (!row_open_cie(cie, &row, &augmented) ||
	    !space_read_range(fde, cie, &row.at, &size, &program) || row.ip - row.at >= size ||
	    program - (uintptr_t)b.at > (uintptr_t)b.end - (uintptr_t)b.at)
		return false;
	b.at = (const uint8_t *)program;
	if (augmented)
		bytes_skip(&b, bytes_take_leb(&b));
	if (b.bad || row_run(&row, &b) == ROW_UNKNOWN)
		return false;
	*ret_start = row.at;
	return true;
}
