/* SPDX-License-Identifier: MIT */
/*
 * modules_session - the modules' entries in the file.
 *
 * They are claimed by compare-and-swap, since the snapshot's clone registers modules too, beside a
 * program that goes on.  The clone never adds a segment: the process keeps room for it.
 */
#include "modules_session.h"

#include <stddef.h>

#include "guard.h"
#include "session.h"
#include "sys.h"

enum {
	MODULE_CHUNK = 512, /* entries of a MODULES segment */
	MODULE_CHUNKS = 256,
	MODULE_PATH = 4096,
	MODULE_CLAIMED = 2, /* ouros_module.committed while it is being filled */
};

/* Guarded by the lock of modules. */
static struct ouros_module *module_chunks[MODULE_CHUNKS];
static uint32_t module_next; /* index in the session from which on entries may be free */
static char module_path[MODULE_PATH];

bool module_alone(void)
{
	return !__atomic_load_n(&guard_page->alive, __ATOMIC_RELAXED);
}

static bool module_chunk_make(uint32_t c)
{
	struct ouros_segment *entry;

	if (c >= MODULE_CHUNKS || module_chunks[c])
		return c < MODULE_CHUNKS;
	module_chunks[c] =
		session_segment(OUROS_KIND_MODULES, (uint64_t)c * MODULE_CHUNK,
				MODULE_CHUNK * sizeof(struct ouros_module), MODULE_CHUNK, &entry);
	if (module_chunks[c])
		session_commit(entry);
	return module_chunks[c];
}

bool module_same_id(const uint8_t *a, uint32_t a_length, const struct module_image *image)
{
	if (a_length != image->build_id_length)
		return false;
	for (uint32_t i = 0; i < a_length; i++)
		if (a[i] != image->build_id[i])
			return false;
	return true;
}

static void module_fill(struct ouros_module *entry, const struct module_image *image,
			uint32_t flags)
{
	size_t length = image_path(image, module_path, sizeof(module_path));

	entry->bias = image->bias;
	entry->start = image->start;
	entry->end = image->end;
	entry->path = session_string(module_path, length);
	entry->flags = flags;
	entry->unloaded = 0;
	entry->build_id_length = image->build_id_length;
	sys_memcpy(entry->build_id, image->build_id, sizeof(entry->build_id));
	__atomic_store_n(&entry->committed, 1, __ATOMIC_RELEASE);
}

uint32_t module_publish(const struct module_image *image, uint32_t flags)
{
	for (uint32_t i = module_next;; i++) {
		uint32_t c = i / MODULE_CHUNK;
		if (!module_alone()) {
			if (!module_chunk_make(c))
				return 0;
			if (i % MODULE_CHUNK >= MODULE_CHUNK / 2)
				module_chunk_make(c + 1);
		} else if (c >= MODULE_CHUNKS || !module_chunks[c]) {
			return 0;
		}
		struct ouros_module *entry = &module_chunks[c][i % MODULE_CHUNK];
		uint32_t free = 0;
		if (__atomic_compare_exchange_n(&entry->committed, &free, MODULE_CLAIMED, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			module_fill(entry, image, flags);
		else if (free != 1 || entry->bias != image->bias || entry->start != image->start ||
			 !module_same_id(entry->build_id, entry->build_id_length, image))
			continue;
		module_next = i + 1;
		return i + 1;
	}
}

static struct ouros_module *module_entry(uint32_t id)
{
	return &module_chunks[(id - 1) / MODULE_CHUNK][(id - 1) % MODULE_CHUNK];
}

void module_set_unloaded(uint32_t id, bool unloaded)
{
	if (id)
		module_entry(id)->unloaded = unloaded;
}

bool module_is_unloaded(uint32_t id)
{
	return module_entry(id)->unloaded;
}
