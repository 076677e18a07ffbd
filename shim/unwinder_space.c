/* SPDX-License-Identifier: MIT */
/*
 * unwinder_space - libunwind's questions about memory, registers and unwind information, answered.
 *
 * Unwind information is found as a debugger of another process finds it: the module by module_find,
 * the entry by the binary search table behind .eh_frame_hdr, the rest by libunwind itself.  A file
 * whose header has no table (a linker may leave it out) is searched from its first entry on.
 * Either way libunwind is given a table made of the one entry that fits.
 */
#include "unwinder_space.h"

#include <stddef.h>

#include "sys.h"

struct unwinder_library unwinder_library;
struct unwinder_space unwinder_space;

/* DWARF's pointer encodings (LSB core specification, 10.5.1), as far as they are used. */
enum {
	EH_OMIT = 0xff,
	EH_FORMAT = 0x0f,
	EH_UDATA4 = 0x03,
	EH_SDATA4 = 0x0b,
	EH_DATA8 = 0x04, /* also with the sign bit */
	EH_PCREL = 0x10,
	EH_DATAREL = 0x30,
	EH_BASE = 0x70,
	EH_TABLE = EH_DATAREL | EH_SDATA4, /* the only kind of search table that linkers make */
};

/* A word that need not be aligned. */
struct space_word {
	uint64_t word;
} __attribute__((packed));

void space_begin(void)
{
	unwinder_space.deaf = false;
	unwinder_space.in_module = false;
	space_begin_step();
}

void space_begin_step(void)
{
	unwinder_space.asked_ip = 0;
	unwinder_space.found = false;
	unwinder_space.proc_start = 0;
	unwinder_space.load_count = 0;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* The word of a made-up address: made-up itself, far from every register, and no two alike. */
static uintptr_t space_word_at(uintptr_t address)
{
	uint64_t h = (address ^ UINT64_C(0x2545f4914f6cdd1d)) * UINT64_C(0x9e3779b97f4a7c15);
	return UINT64_C(0x6000000000000000) | (h >> 4 & UINT64_C(0x0ffffffffffffff8));
}

bool space_has_table(uintptr_t address, size_t n)
{
	const struct module_info *m = &unwinder_space.module;
	return unwinder_space.in_module && address - m->eh_start < m->eh_end - m->eh_start &&
	       n <= m->eh_end - address;
}

/* Copies n bytes of the unwind tables or of any page that answers. */
static bool space_read(void *dst, uintptr_t at, size_t n)
{
	if (space_has_table(at, n)) {
		sys_memcpy(dst, (const void *)at, n);
		return true;
	}
	return sys_peek(dst, at, n) == n;
}

static int space_access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *io_word, int write,
			    void *arg)
{
	struct unwinder_space *space = arg;

	(void)as;
	if (space->deaf)
		return -UNW_EINVAL;
	if (write)
		return space->lesson && space_is_made_up(address) ? 0 : -UNW_EINVAL;
	if (space->lesson && space_is_made_up(address)) {
		*io_word = space_word_at(address);
		if (space->load_count < SPACE_LOADS)
			space->load[space->load_count] = (struct space_load){ address, *io_word };
		space->load_count++;
		return 0;
	}
	if (address - (uintptr_t)space->synthetic < sizeof(space->synthetic) ||
	    space_has_table(address, sizeof(*io_word))) {
		*io_word = ((const struct space_word *)address)->word;
		return 0;
	}
	if (!space->lesson && !(address & 7))
		return view_load(&space->view, address, io_word) ? 0 : -UNW_EINVAL;
	return sys_peek(io_word, address, sizeof(*io_word)) == sizeof(*io_word) ? 0 : -UNW_EINVAL;
}

static int space_access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *io_word, int write,
			    void *arg)
{
	struct unwinder_space *space = arg;

	(void)as;
	if (write || reg < 0 || reg >= CAPTURE_REGS || !(space->regs.valid >> reg & 1))
		return -UNW_EBADREG;
	*io_word = space->regs.regs[reg];
	return 0;
}

static int space_access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *io_value,
			      int write, void *arg)
{
	(void)as, (void)reg, (void)io_value, (void)write, (void)arg;
	return -UNW_EBADREG;
}

/* --- unwind information ----------------------------------------------------------------------- */

/* Reads an encoded pointer at *io_at.  False for encodings that no linker uses here. */
static bool space_read_pointer(uintptr_t *io_at, uint8_t encoding, uintptr_t data_base,
			       uintptr_t *ret_value)
{
	uintptr_t base = 0, value;
	uint32_t word;

	if ((encoding & EH_BASE) == EH_PCREL)
		base = *io_at;
	else if ((encoding & EH_BASE) == EH_DATAREL)
		base = data_base;
	else if (encoding & EH_BASE)
		return false;
	switch (encoding & EH_FORMAT) {
	case EH_UDATA4:
	case EH_SDATA4:
		if (!space_read(&word, *io_at, 4))
			return false;
		value = (encoding & EH_FORMAT) == EH_SDATA4 ? (uintptr_t)(int32_t)word : word;
		*io_at += 4;
		break;
	case 0:
	case EH_DATA8:
	case EH_DATA8 | 8:
		if (!space_read(&value, *io_at, 8))
			return false;
		*io_at += 8;
		break;
	default:
		return false;
	}
	*ret_value = base + value;
	return true;
}

/* The pointer encoding of the FDEs that belong to a CIE; EH_OMIT when it cannot be read. */
static uint8_t space_cie_encoding(uintptr_t cie)
{
	uint8_t head[64];
	char *augmentation = (char *)head + 9;
	size_t at;

	if (!space_read(head, cie, sizeof(head)))
		return EH_OMIT;
	if (augmentation[0] != 'z')
		return 0;
	at = 9 + sys_strlen(augmentation) + 1;
	for (int leb = 0; leb < 4; leb++) { /* code and data alignment, return column, length */
		while (at < sizeof(head) && head[at] & 0x80)
			at++;
		at++;
	}
	for (const char *a = augmentation + 1; *a && at < sizeof(head); a++) {
		if (*a == 'R')
			return head[at];
		if (*a == 'L')
			at++;
		else if (*a == 'P') /* an encoding and a pointer of that size */
			at += 1 + ((head[at] & 7) == EH_UDATA4 ? 4 : 8);
		else if (*a != 'S' && *a != 'B')
			return EH_OMIT;
	}
	return 0;
}

bool space_read_range(uintptr_t fde, uintptr_t cie, uintptr_t *ret_start, uintptr_t *ret_size,
		      uintptr_t *ret_after)
{
	uint8_t encoding = space_cie_encoding(cie);

	*ret_after = fde + 8;
	return encoding != EH_OMIT && space_read_pointer(ret_after, encoding, 0, ret_start) &&
	       space_read_pointer(ret_after, encoding & EH_FORMAT, 0, ret_size);
}

/* Looks for the FDE of ip in .eh_frame, from its start, and makes a table of one entry. */
static bool space_search_frames(uintptr_t ip, uintptr_t at, uintptr_t end)
{
	uintptr_t segbase = unwinder_space.module.eh_frame_hdr;
	struct {
		uint32_t length, id;
	} head;

	while (at + 8 <= end && space_read(&head, at, 8) && head.length &&
	       head.length != UINT32_MAX) {
		uintptr_t next = at + 4 + head.length, start, size, after;
		if (head.id && space_read_range(at, at + 4 - head.id, &start, &size, &after) &&
		    ip - start < size) {
			unwinder_space.synthetic[0] = (uint32_t)(start - segbase);
			unwinder_space.synthetic[1] = (uint32_t)(at - segbase);
			return true;
		}
		at = next;
	}
	return false;
}

/* An entry of the search table: addresses relative to .eh_frame_hdr, by ascending start. */
struct eh_entry {
	int32_t start, fde;
};

/* The table of one entry that ip needs.  (libunwind would find it too, by two questions a step.) */
static bool space_search_table(uintptr_t ip, const struct eh_entry *table, size_t count)
{
	intptr_t offset = (intptr_t)(ip - unwinder_space.module.eh_frame_hdr);
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (table[middle].start <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	unwinder_space.synthetic[0] = (uint32_t)table[low - 1].start;
	unwinder_space.synthetic[1] = (uint32_t)table[low - 1].fde;
	return true;
}

/* Describes the module's table, or the part of it that ip needs, to libunwind. */
static bool space_find_table(uintptr_t ip, const struct module_info *module, unw_dyn_info_t *ret_di)
{
	uintptr_t at = module->eh_frame_hdr, frames, count;
	struct {
		uint8_t version, frame_encoding, count_encoding, table_encoding;
	} head;

	if (!at || !space_read(&head, at, sizeof(head)) || head.version != 1)
		return false;
	at += sizeof(head);
	if (!space_read_pointer(&at, head.frame_encoding, module->eh_frame_hdr, &frames))
		return false;
	sys_memset(ret_di, 0, sizeof(*ret_di));
	ret_di->format = UNW_INFO_FORMAT_REMOTE_TABLE;
	ret_di->start_ip = module->start;
	ret_di->end_ip = module->end;
	ret_di->u.rti.segbase = module->eh_frame_hdr;
	ret_di->u.rti.table_data = (unw_word_t)unwinder_space.synthetic;
	ret_di->u.rti.table_len = 1; /* in words: an entry is one */
	if (head.table_encoding != EH_TABLE || head.count_encoding == EH_OMIT)
		return space_search_frames(ip, frames, module->eh_end);
	if (!space_read_pointer(&at, head.count_encoding, module->eh_frame_hdr, &count))
		return false;
	if (space_has_table(at, count * sizeof(struct eh_entry)))
		return space_search_table(ip, (const struct eh_entry *)at, count);
	ret_di->u.rti.table_data = at;
	ret_di->u.rti.table_len = count;
	return true;
}

bool space_find_fde(uintptr_t ip, uintptr_t *ret_fde)
{
	const struct module_info *module = &unwinder_space.module;
	unw_dyn_info_t di;

	if (!space_find_table(ip, module, &di) ||
	    di.u.rti.table_data != (unw_word_t)unwinder_space.synthetic)
		return false;
	*ret_fde = module->eh_frame_hdr + (uintptr_t)(intptr_t)(int32_t)unwinder_space.synthetic[1];
	return true;
}

static int space_find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *ret_info,
				int need_unwind_info, void *arg)
{
	struct unwinder_space *space = arg;
	unw_dyn_info_t di;

	if (!space->asked_ip)
		space->asked_ip = ip;
	if (space->deaf)
		return -UNW_ENOINFO;
	if (!space->in_module ||
	    ip - space->module.start >= space->module.end - space->module.start)
		space->in_module = module_find(ip, &space->module);
	if (!space->in_module || !space_find_table(ip, &space->module, &di))
		return -UNW_ENOINFO;
	int err = unwinder_library.search_table(as, ip, &di, ret_info, need_unwind_info, arg);
	if (err < 0)
		return err;
	space->found = true;
	space->proc_start = ret_info->start_ip;
	space->proc_end = ret_info->end_ip;
	return err;
}

/* What find_proc_info allocated, libunwind's parser frees itself after use. */
static void space_put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *arg)
{
	(void)as, (void)info, (void)arg;
}

static int space_dyn_info_list(unw_addr_space_t as, unw_word_t *ret_address, void *arg)
{
	(void)as, (void)ret_address, (void)arg;
	return -UNW_ENOINFO;
}

static int space_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as, (void)cursor, (void)arg;
	return -UNW_EINVAL;
}

static int space_proc_name(unw_addr_space_t as, unw_word_t ip, char *buffer, size_t size,
			   unw_word_t *ret_offset, void *arg)
{
	(void)as, (void)ip, (void)buffer, (void)size, (void)ret_offset, (void)arg;
	return -UNW_ENOINFO;
}

unw_accessors_t unwinder_accessors = {
	.find_proc_info = space_find_proc_info,
	.put_unwind_info = space_put_unwind_info,
	.get_dyn_info_list_addr = space_dyn_info_list,
	.access_mem = space_access_mem,
	.access_reg = space_access_reg,
	.access_fpreg = space_access_fpreg,
	.resume = space_resume,
	.get_proc_name = space_proc_name,
};

bool space_is_planted(uintptr_t pc)
{
	unw_proc_info_t info;
	struct unwinder_space *space = &unwinder_space;

	return unwinder_accessors.find_proc_info(unwinder_as, pc, &info, 0, space) == 0 &&
	       info.start_ip == pc;
}
