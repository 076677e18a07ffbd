/* SPDX-License-Identifier: MIT */
/*
 * modules_image - loaded ELF files, as the loader's link maps and the files' own headers tell them.
 *
 * _dl_find_object answers without the loader's lock; a glibc older than 2.35 has none, then the
 * list of link maps is walked.  A library may be unmapped by another thread (or be half gone in the
 * snapshot's copy of the process) while it is looked at: so headers are read by sys_peek.
 */
#include "modules_image.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/auxv.h>

#include "sys.h"

enum {
	IMAGE_PAGE = 4096,
	IMAGE_PHDRS = 256,     /* more is no ELF file that the loader takes */
	IMAGE_BATCH = 16,      /* headers read at a time */
	IMAGE_WINDOW = 256,    /* bytes of notes read at a time */
	IMAGE_MAPS = 1 << 16,  /* length of a list of link maps that we believe */
	IMAGE_SPACES = 64,     /* namespaces */
	IMAGE_NOTES = 1 << 16, /* bytes of notes that are searched */
};

/* Written once by image_init. */
static int (*image_find_object)(void *address, struct dl_find_object *ret_object);
static bool image_peek_works;
static const ElfW(Phdr) * image_main_phdr;
static uint32_t image_main_phnum;

void image_init(void)
{
	char probe = 1, copy = 0;

	image_find_object =
		(int (*)(void *, struct dl_find_object *))dlsym(RTLD_DEFAULT, "_dl_find_object");
	image_main_phdr = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	image_main_phnum = (uint32_t)getauxval(AT_PHNUM);
	image_peek_works = sys_peek(&copy, (uintptr_t)&probe, 1) == 1 && copy == 1;
}

/* Where process_vm_readv is forbidden (seccomp), plain reads have to do. */
static bool image_read(void *dst, uintptr_t src, size_t n)
{
	if (image_peek_works)
		return sys_peek(dst, src, n) == n;
	sys_memcpy(dst, (const void *)src, n);
	return true;
}

/* --- one image -------------------------------------------------------------------------------- */

/* A read is a system call, so what lies together is read at once. */
struct image_window {
	uintptr_t at;
	size_t size;
	uint8_t bytes[IMAGE_WINDOW];
};

/* Copies n bytes from at; those that are not in the window come with all that follows them up to
 * end, as far as there is room. */
static bool image_window_read(struct image_window *w, uintptr_t at, uintptr_t end, void *dst,
			      size_t n)
{
	if (at - w->at >= w->size || w->size - (at - w->at) < n) {
		size_t size = end - at < sizeof(w->bytes) ? end - at : sizeof(w->bytes);
		if (n > size || !image_read(w->bytes, at, size))
			return false;
		w->at = at;
		w->size = size;
	}
	sys_memcpy(dst, w->bytes + (at - w->at), n);
	return true;
}

/* Looks for NT_GNU_BUILD_ID in a PT_NOTE segment. */
static void image_read_note(struct module_image *image, uintptr_t at, size_t size)
{
	const uint32_t gnu = 'G' | 'N' << 8 | 'U' << 16;
	uintptr_t end = at + (size < IMAGE_NOTES ? size : IMAGE_NOTES);
	struct image_window window;

	window.size = 0;
	window.at = 0;
	while (at + sizeof(ElfW(Nhdr)) + 4 <= end) {
		struct {
			ElfW(Nhdr) head;
			uint32_t name;
		} note;
		if (!image_window_read(&window, at, end, &note, sizeof(note)))
			return;
		uint64_t desc =
			sizeof(note.head) + ((note.head.n_namesz + UINT64_C(3)) & -UINT64_C(4));
		uint64_t next = desc + ((note.head.n_descsz + UINT64_C(3)) & -UINT64_C(4));
		if (note.head.n_type == NT_GNU_BUILD_ID && note.head.n_namesz == 4 &&
		    note.name == gnu) {
			uint32_t n = note.head.n_descsz;
			n = n < OUROS_BUILD_ID_MAX ? n : OUROS_BUILD_ID_MAX;
			if (next <= end - at &&
			    image_window_read(&window, at + desc, end, image->build_id, n)) {
				image->build_id_at = at + desc;
				image->build_id_length = n;
			}
			return;
		}
		if (next > end - at)
			return;
		at += next;
	}
}

/* The ELF header and the program headers, which lie behind it in every file that linkers make. */
struct image_head {
	ElfW(Ehdr) file;
	ElfW(Phdr) batch[IMAGE_BATCH];
	uint32_t batched; /* program headers in batch; 0: none yet */
};

/* Copies up to IMAGE_BATCH program headers from the i-th on; returns how many. */
static uint32_t image_read_phdrs(const struct module_image *image, uint32_t i, ElfW(Phdr) * dst)
{
	uint32_t n = image->phnum - i < IMAGE_BATCH ? image->phnum - i : IMAGE_BATCH;

	return image_read(dst, (uintptr_t)&image->phdr[i], n * sizeof(*dst)) ? n : 0;
}

static void image_take_segment(struct module_image *image, const ElfW(Phdr) * p)
{
	uintptr_t at = image->bias + p->p_vaddr;

	if (p->p_type == PT_LOAD) {
		uintptr_t low = at & -(uintptr_t)IMAGE_PAGE;
		uintptr_t high = (at + p->p_memsz + IMAGE_PAGE - 1) & -(uintptr_t)IMAGE_PAGE;
		image->start = low < image->start ? low : image->start;
		image->end = high > image->end ? high : image->end;
	} else if (p->p_type == PT_GNU_EH_FRAME) {
		image->eh_frame_hdr = at;
	} else if (p->p_type == PT_NOTE && !image->build_id_length) {
		image_read_note(image, at, p->p_filesz);
	}
}

static void image_take_tables(struct module_image *image, const ElfW(Phdr) * p)
{
	uintptr_t at = image->bias + p->p_vaddr;

	if (p->p_type == PT_LOAD && (p->p_flags & PF_R) && image->eh_frame_hdr - at < p->p_filesz) {
		image->eh_start = at;
		image->eh_end = at + p->p_filesz;
	}
}

/* One batch is all there is, mostly, and has come with the ELF header. */
static void image_read_segments(struct module_image *image, struct image_head *head)
{
	ElfW(Phdr) *batch = head->batch;
	uint32_t n = 0;

	image->start = UINTPTR_MAX;
	for (uint32_t i = 0; i < image->phnum; i += n) {
		n = i == 0 && head->batched ? head->batched : image_read_phdrs(image, i, batch);
		if (!n)
			return;
		for (uint32_t j = 0; j < n; j++)
			image_take_segment(image, &batch[j]);
	}
	for (uint32_t i = 0; i < image->phnum && image->eh_frame_hdr; i += n) {
		if (image->phnum > IMAGE_BATCH)
			n = image_read_phdrs(image, i, batch);
		if (!n)
			return;
		for (uint32_t j = 0; j < n; j++)
			image_take_tables(image, &batch[j]);
	}
	if (!image->eh_end)
		image->eh_frame_hdr = 0;
}

/* Where the ELF header lies: at the start of the mapping, if the loader says where that is. */
static uintptr_t image_header_at(const struct link_map *map)
{
	struct dl_find_object object;

	if (image_find_object && map->l_ld && image_find_object(map->l_ld, &object) == 0 &&
	    object.dlfo_link_map == map)
		return (uintptr_t)object.dlfo_map_start;
	return map->l_addr;
}

/* Reads the headers at the start of a file's mapping.  A file of less than a page has what lies
 * behind its headers mapped too; where not even that answers, the header is read alone. */
static bool image_read_head(struct module_image *image, uintptr_t at, struct image_head *head)
{
	const ElfW(Ehdr) *file = &head->file;
	bool has_batch = image_read(head, at, offsetof(struct image_head, batched));

	if ((!has_batch && !image_read(&head->file, at, sizeof(head->file))) ||
	    file->e_ident[EI_MAG0] != 0x7f || file->e_ident[EI_MAG1] != 'E' ||
	    file->e_ident[EI_MAG2] != 'L' || file->e_ident[EI_MAG3] != 'F' ||
	    file->e_phentsize != sizeof(ElfW(Phdr)))
		return false;
	image->phdr = (const ElfW(Phdr) *)(at + file->e_phoff);
	image->phnum = file->e_phnum;
	if (has_batch && file->e_phoff == sizeof(head->file))
		head->batched = image->phnum < IMAGE_BATCH ? image->phnum : IMAGE_BATCH;
	return true;
}

bool image_of(const struct link_map *map, struct module_image *ret_image)
{
	struct module_image *image = ret_image;
	bool is_main = map == _r_debug.r_map;
	struct image_head head;

	sys_memset(image, 0, sizeof(*image));
	image->map = map;
	image->is_main = is_main;
	image->bias = map->l_addr;
	head.batched = 0;
	if (is_main) {
		image->phdr = image_main_phdr;
		image->phnum = image_main_phnum;
	} else {
		uintptr_t at = image_header_at(map);
		if (!at || !image_read_head(image, at, &head))
			return false;
	}
	if (!image->phdr || image->phnum > IMAGE_PHDRS)
		return false;
	image_read_segments(image, &head);
	return image->start < image->end;
}

/* --- all of them ------------------------------------------------------------------------------ */

typedef const struct r_debug_extended *image_space; /* a namespace: r_next from version 2 on */

static image_space image_space_after(image_space space)
{
	return space->base.r_version >= 2 ? space->r_next : NULL;
}

void image_each_map(void (*f)(const struct link_map *map, void *arg), void *arg)
{
	image_space space = (image_space)&_r_debug;

	for (uint32_t s = 0; space && s < IMAGE_SPACES; s++, space = image_space_after(space)) {
		const struct link_map *map = space->base.r_map;
		for (uint32_t i = 0; map && i < IMAGE_MAPS; i++, map = map->l_next)
			f(map, arg);
	}
}

bool image_is_loading(void)
{
	image_space space = (image_space)&_r_debug;

	for (uint32_t s = 0; space && s < IMAGE_SPACES; s++, space = image_space_after(space))
		if (space->base.r_state == RT_ADD)
			return true;
	return false;
}

struct image_visit {
	void (*f)(const struct module_image *image, void *arg);
	void *arg;
};

static void image_visit_map(const struct link_map *map, void *arg)
{
	const struct image_visit *visit = arg;
	struct module_image image;

	if (image_of(map, &image))
		visit->f(&image, visit->arg);
}

static void image_each(void (*f)(const struct module_image *image, void *arg), void *arg)
{
	struct image_visit visit = { f, arg };

	image_each_map(image_visit_map, &visit);
}

struct image_search {
	uintptr_t pc;
	bool found;
	struct module_image *image;
};

static void image_search_one(const struct module_image *image, void *arg)
{
	struct image_search *search = arg;

	if (!search->found && search->pc - image->start < image->end - image->start) {
		sys_memcpy(search->image, image, sizeof(*image));
		search->found = true;
	}
}

bool image_find(uintptr_t pc, struct module_image *ret_image)
{
	if (image_find_object) {
		struct dl_find_object object;
		return image_find_object((void *)pc, &object) == 0 &&
		       image_of(object.dlfo_link_map, ret_image) &&
		       pc - ret_image->start < ret_image->end - ret_image->start;
	}
	struct image_search search = { pc, false, ret_image };
	image_each(image_search_one, &search);
	return search.found;
}

bool image_is_loaded(const struct module_image *image)
{
	uint8_t id[OUROS_BUILD_ID_MAX];
	struct dl_find_object object;

	if (image_find_object) {
		if (image_find_object((void *)image->start, &object) != 0 ||
		    object.dlfo_link_map != image->map ||
		    (image->eh_frame_hdr && (uintptr_t)object.dlfo_eh_frame != image->eh_frame_hdr))
			return false;
	} else {
		struct module_image now;
		if (!image_find(image->start, &now) || now.map != image->map ||
		    now.end != image->end)
			return false;
	}
	if (!image->build_id_length)
		return true;
	if (!image_read(id, image->build_id_at, image->build_id_length))
		return false;
	for (uint32_t i = 0; i < image->build_id_length; i++)
		if (id[i] != image->build_id[i])
			return false;
	return true;
}

/* --- its name --------------------------------------------------------------------------------- */

size_t image_path(const struct module_image *image, char *buffer, size_t size)
{
	const char *name = image->map->l_name;
	size_t n = 0;

	if (!name || !*name) {
		if (!image->is_main)
			return 0;
		long got = sys_call3(SYS_readlink, "/proc/self/exe", buffer, size);
		return got > 0 ? (size_t)got : 0;
	}
	/* A relative name is good only while the program stays in its directory. */
	const char *slash = name;
	while (*slash && *slash != '/')
		slash++;
	if (*name != '/' && *slash) {
		long got = sys_call2(SYS_getcwd, buffer, size);
		if (got > 1) {
			n = (size_t)got - 1;
			if (buffer[n - 1] != '/' && n < size)
				buffer[n++] = '/';
		}
	}
	for (; *name && n < size; name++)
		buffer[n++] = *name;
	return n;
}
