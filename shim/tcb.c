/* SPDX-License-Identifier: MIT */
/* tcb - glibc's thread control block, by what libc tells its debugger. */
#include "tcb.h"

#include <dlfcn.h>

#include "sys.h"

enum { TCB_ALIGN = 64, TCB_SELF = 16, TCB_DTV = 8, TLS_SPARE = 4096 };

struct tcb_layout tcb_layout = {
	.size = 2368, .tls_size = TLS_SPARE, .tid = 0x2d0, .joinid = 0x620, .result = 0x628
};

/* nptl_db's description of a field: size in bits, number, offset. */
struct field {
	uint32_t bits, count, offset;
};

void tcb_init(void)
{
	const uint32_t *size = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");
	const struct field *tid = dlsym(RTLD_DEFAULT, "_thread_db_pthread_tid");
	const struct field *start = dlsym(RTLD_DEFAULT, "_thread_db_pthread_start_routine");
	void (*tls_info)(size_t *, size_t *) = dlsym(RTLD_DEFAULT, "_dl_get_tls_static_info");
	size_t total = 0, align;

	tcb_layout.libc = (uintptr_t)size;
	if (size)
		tcb_layout.size = *size;
	if (tid)
		tcb_layout.tid = tid->offset;
	if (start) {
		/* struct pthread: joinid, result, two words of scheduling, start_routine */
		tcb_layout.joinid = start->offset - 24;
		tcb_layout.result = start->offset - 16;
	}
	if (tls_info)
		tls_info(&total, &align);
	if (total > tcb_layout.size)
		tcb_layout.tls_size = total - tcb_layout.size;
}

bool tcb_is_at(const struct maps *maps, uintptr_t p)
{
	uintptr_t word;

	return p && p % TCB_ALIGN == 0 && maps_word(maps, p, &word) && word == p &&
	       maps_word(maps, p + TCB_SELF, &word) && word == p &&
	       maps_word(maps, p + TCB_DTV, &word) && word != 0 && maps_find(maps, word);
}

int32_t tcb_tid(const struct maps *maps, uintptr_t p)
{
	uintptr_t word;

	return maps_word(maps, (p + tcb_layout.tid) & -(uintptr_t)8, &word)
		       ? (int32_t)(word >> (tcb_layout.tid & 4 ? 32 : 0))
		       : 0;
}
