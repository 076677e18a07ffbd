/* SPDX-License-Identifier: MIT */
/*
 * modules_image - one loaded ELF file, read from its own headers in memory.  Private to modules
 * and to interpose_modules.
 */
#ifndef OURO_SHIM_MODULES_IMAGE_H
#define OURO_SHIM_MODULES_IMAGE_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "ouro_session.h"

/* What a link map and the program headers say.  A plain value. */
struct module_image {
	const struct link_map *map;
	const ElfW(Phdr) * phdr;
	uint32_t phnum;
	bool is_main;
	uintptr_t bias;
	uintptr_t start, end;	    /* of all loaded segments, whole pages */
	uintptr_t eh_frame_hdr;	    /* 0 = none */
	uintptr_t eh_start, eh_end; /* the loaded segment that eh_frame_hdr lies in */
	uintptr_t build_id_at;
	uint32_t build_id_length; /* 0 = none */
	uint8_t build_id[OUROS_BUILD_ID_MAX];
};

/* Finds the loader's entry points.  Start-up; may call malloc inside libc. */
void image_init(void);

/* The image that covers pc.  Takes no lock of the loader. */
bool image_find(uintptr_t pc, struct module_image *ret_image);

/* Is the same file still at the same place? */
bool image_is_loaded(const struct module_image *image);

/* Calls f for every link map, all namespaces. */
void image_each_map(void (*f)(const struct link_map *map, void *arg), void *arg);

/* What a link map stands for.  False when its headers cannot be read. */
bool image_of(const struct link_map *map, struct module_image *ret_image);

/* Is the loader adding modules to its list, which it has not bound yet? */
bool image_is_loading(void);

/* Writes the absolute path of the image (at most size bytes, no NUL); returns its length. */
size_t image_path(const struct module_image *image, char *buffer, size_t size);

#endif
