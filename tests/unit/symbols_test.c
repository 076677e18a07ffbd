/* SPDX-License-Identifier: MIT */
/*
 * Names of addresses in this very program: inlined calls and their lines, those that want to be
 * left out, a stripped library's functions, a file that is not the one that ran, files whose DWARF
 * is damaged.
 */
#include "symbols.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "demangle.h"
#include "reader_map.h"

enum { MODULES = 4, NODES = 32 };

static struct session_module modules[MODULES];
static struct session_thread threads[1] = { { .tid = 77 } };
static struct ouros_node nodes[NODES];
static uint32_t node_count = 1;

/* Outermost first: returns the leaf. */
static uint32_t node_add(uint32_t parent, enum ouros_node_kind kind, uint64_t value,
			 uint32_t module)
{
	nodes[node_count] = (struct ouros_node){
		.parent = parent,
		.module = module,
		.word = (uint64_t)kind << OUROS_NODE_KIND_SHIFT | value,
	};
	return node_count++;
}

static struct session *session_make(void)
{
	static struct map_chunk chunk;
	static struct session_map map;
	static struct session s;
	chunk = (struct map_chunk){ .count = NODES, .at = (const unsigned char *)nodes };
	map = (struct session_map){ .nodes = { .chunk = &chunk, .chunk_count = 1, .total = NODES },
				    .threads = { .total = 1 },
				    .modules = { .total = MODULES } };
	s = (struct session){ .modules = modules,
			      .module_count = MODULES,
			      .threads = threads,
			      .thread_count = 1,
			      .node_count = NODES,
			      .map = &map };
	return &s;
}

static int module_describe(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct session_module *module = arg;
	const char *base = strrchr(info->dlpi_name, '/');
	(void)size;
	if (module->path ? !base || strcmp(base, "/libc.so.6") != 0 : *info->dlpi_name)
		return 0;
	if (*info->dlpi_name)
		module->path = (char *)info->dlpi_name;
	module->bias = info->dlpi_addr;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type != PT_NOTE)
			continue;
		const char *at = (const char *)(info->dlpi_addr + segment->p_vaddr);
		const char *end = at + segment->p_memsz;
		while (at + sizeof(ElfW(Nhdr)) < end) {
			const ElfW(Nhdr) *note = (const void *)at;
			const char *name = at + sizeof(*note);
			const char *text = name + ((note->n_namesz + 3) & ~3u);
			if (note->n_type == NT_GNU_BUILD_ID && !strcmp(name, "GNU")) {
				module->build_id_length = note->n_descsz;
				memcpy(module->build_id, text, note->n_descsz);
			}
			at = text + ((note->n_descsz + 3) & ~3u);
		}
	}
	return 1;
}

static int inner_line, outer_line;

static inline __attribute__((always_inline)) uintptr_t inner(void)
{
	uintptr_t here;
	inner_line = __LINE__ + 1;
	__asm__ volatile("lea 0(%%rip), %0" : "=r"(here));
	return here;
}

__attribute__((noinline, noclone)) static uintptr_t outer(volatile int *unused)
{
	outer_line = __LINE__ + 1;
	uintptr_t here = inner();
	*unused = 1;
	return here;
}

static int annotated_line, between_line;

static inline __attribute__((always_inline, artificial)) uintptr_t innermost(void)
{
	uintptr_t here;
	__asm__ volatile("lea 0(%%rip), %0" : "=r"(here));
	return here;
}

static inline __attribute__((always_inline, artificial)) uintptr_t further_in(void)
{
	return innermost();
}

__attribute__((noinline, noclone)) static uintptr_t annotated(volatile int *unused)
{
	annotated_line = __LINE__ + 1;
	uintptr_t here = further_in();
	*unused = 2;
	return here;
}

static inline __attribute__((always_inline, artificial)) uintptr_t between(void)
{
	return inner();
}

__attribute__((noinline, noclone)) static uintptr_t outside(volatile int *unused)
{
	between_line = __LINE__ + 1;
	uintptr_t here = between();
	*unused = 3;
	return here;
}

static bool ends_with(const char *s, const char *end)
{
	return s && strlen(s) >= strlen(end) && !strcmp(s + strlen(s) - strlen(end), end);
}

/* The address is where inner's instruction ends: as a return address is where a call ends. */
static void names_test(uintptr_t here)
{
	uint32_t thread = node_add(0, OUROS_NODE_THREAD, 0, 0);
	uint32_t cut = node_add(thread, OUROS_NODE_TRUNCATED, 0, 0);
	uint32_t unknown = node_add(cut, OUROS_NODE_RETURN, 0x1234, 0);
	uint32_t call = node_add(unknown, OUROS_NODE_RETURN, here, 1);
	uint32_t ours = node_add(call, OUROS_NODE_RETURN, here, 3);
	/* by handle: a sanitizer has a qsort of its own */
	void *handle = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	uint32_t libc = node_add(thread, OUROS_NODE_EXACT, (uintptr_t)dlsym(handle, "qsort"), 2);
	uint32_t bare = node_add(thread, OUROS_NODE_BARE, OUROS_BARE_NESTED, 0);
	uint32_t changed = node_add(thread, OUROS_NODE_RETURN, here, 4);

	struct symbols *sym = symbols_create(session_make(), false);
	const struct symbol_stack *stack = symbols_stack(sym, ours);
	CHECK_EQUAL(stack->count, 3);
	CHECK(stack->truncated && !stack->bare);
	CHECK_EQUAL(stack->thread, 77);
	const struct symbol_frame *frame = stack->frames;
	CHECK(frame[0].function && !strcmp(frame[0].function, "inner") && frame[0].inlined);
	CHECK(ends_with(frame[0].file, "symbols_test.c"));
	CHECK_EQUAL(frame[0].line, inner_line);
	CHECK(frame[1].function && !strcmp(frame[1].function, "outer") && !frame[1].inlined);
	CHECK_EQUAL(frame[1].line, outer_line);
	CHECK_EQUAL(frame[1].offset, here - 1 - modules[0].bias);
	CHECK(frame[1].module && !strcmp(frame[1].module, modules[0].path));
	CHECK_EQUAL(strlen(frame[1].build_id), 2 * modules[0].build_id_length);
	CHECK(!frame[2].function && !frame[2].module);
	CHECK_EQUAL(frame[2].offset, 0x1233);
	CHECK(symbols_stack(sym, ours) == stack);

	stack = symbols_stack(sym, libc);
	CHECK(stack->count && stack->frames[stack->count - 1].function &&
	      strstr(stack->frames[stack->count - 1].function, "qsort"));
	stack = symbols_stack(sym, bare);
	CHECK(stack->bare && !stack->count);
	stack = symbols_stack(sym, 0);
	CHECK(stack->bare && !stack->count);

	CHECK(!symbols_note(sym, 0));
	stack = symbols_stack(sym, changed);
	CHECK_EQUAL(stack->count, 1);
	CHECK(!stack->frames[0].function && stack->frames[0].module);
	CHECK(symbols_note(sym, 0) && strstr(symbols_note(sym, 0), "build-id"));
	CHECK(!symbols_note(sym, 1));
	symbols_destroy(sym);
}

static bool frame_is(const struct symbol_frame *frame, const char *function, int line, bool inlined)
{
	return frame->function && !strcmp(frame->function, function) &&
	       ends_with(frame->file, "symbols_test.c") && frame->line == (uint32_t)line &&
	       frame->inlined == inlined;
}

/* Inlined functions marked artificial are not there; their callers stand at the call's line. */
static void left_out_test(uintptr_t here, uintptr_t there)
{
	uint32_t inside = node_add(0, OUROS_NODE_RETURN, here, 1);
	uint32_t passed = node_add(0, OUROS_NODE_RETURN, there, 1);
	struct symbols *sym = symbols_create(session_make(), false);
	const struct symbol_stack *stack = symbols_stack(sym, inside);
	CHECK_EQUAL(stack->count, 1);
	CHECK(stack->count && frame_is(&stack->frames[0], "annotated", annotated_line, false));
	stack = symbols_stack(sym, passed);
	CHECK_EQUAL(stack->count, 2);
	CHECK(stack->count == 2 && frame_is(&stack->frames[0], "inner", inner_line, true) &&
	      frame_is(&stack->frames[1], "outside", between_line, false));
	symbols_destroy(sym);
}

static const char *outermost(struct symbols *sym, uint32_t leaf)
{
	const struct symbol_stack *stack = symbols_stack(sym, leaf);
	const char *function = stack->count ? stack->frames[stack->count - 1].function : NULL;
	return function ? function : "";
}

/* What starts main or a thread is left out where that was asked for, and where it is sure: not
 * below a main without its name, not where nothing else is there, not where the outermost frames
 * are unknown. */
static void startup_test(uintptr_t here, uintptr_t in_main)
{
	void *handle = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	uintptr_t in_libc = (uintptr_t)dlsym(handle, "qsort");
	uint32_t thread = node_add(0, OUROS_NODE_THREAD, 0, 0);
	uint32_t thread_start = node_add(thread, OUROS_NODE_EXACT, in_libc, 2);
	uint32_t in_thread = node_add(thread_start, OUROS_NODE_RETURN, here, 1);
	uint32_t start = node_add(thread, OUROS_NODE_RETURN, here, 1); /* _start stands there */
	uint32_t libc = node_add(start, OUROS_NODE_EXACT, in_libc, 2);
	uint32_t main_node = node_add(libc, OUROS_NODE_RETURN, in_main, 1);
	uint32_t below_main = node_add(main_node, OUROS_NODE_RETURN, here, 1);
	uint32_t nameless = node_add(libc, OUROS_NODE_RETURN, here, 1);
	uint32_t cut = node_add(thread, OUROS_NODE_TRUNCATED, 0, 0);
	uint32_t cut_start = node_add(cut, OUROS_NODE_EXACT, in_libc, 2);
	uint32_t in_cut = node_add(cut_start, OUROS_NODE_RETURN, here, 1);

	struct symbols *sym = symbols_create(session_make(), false);
	symbols_leave_startup(sym);
	CHECK(!strcmp(outermost(sym, below_main), "main"));
	CHECK_EQUAL(symbols_stack(sym, below_main)->count, 3);
	CHECK_EQUAL(symbols_stack(sym, below_main)->thread, 77);
	CHECK(!strcmp(outermost(sym, in_thread), "outer"));
	CHECK_EQUAL(symbols_stack(sym, in_thread)->count, 2);
	CHECK(symbols_stack(sym, nameless)->count > 4);
	CHECK(strstr(outermost(sym, thread_start), "qsort"));
	CHECK(strstr(outermost(sym, in_cut), "qsort") && symbols_stack(sym, in_cut)->truncated);
	symbols_destroy(sym);
	sym = symbols_create(session_make(), false);
	CHECK(symbols_stack(sym, below_main)->count > 5);
	CHECK(strstr(outermost(sym, in_thread), "qsort"));
	symbols_destroy(sym);
}

/* Copies of this program with damaged bytes, still the same build: whatever they say, a stack
 * comes. */
static void damage_test(uint32_t leaf)
{
	enum { COPIES = 12, BYTES = 2000 };
	char path[] = "/tmp/ouro-symbols-XXXXXX";
	char *own = modules[0].path;
	FILE *from = fopen(own, "re");
	int fd = mkstemp(path);
	CHECK(from && fd >= 0);
	fseek(from, 0, SEEK_END);
	size_t size = (size_t)ftell(from), note = 0;
	unsigned char *image = xcalloc(size, 1), *damaged = xcalloc(size, 1);
	rewind(from);
	CHECK_EQUAL(fread(image, 1, size, from), size);
	note = (size_t)((unsigned char *)memmem(image, size, modules[0].build_id,
						modules[0].build_id_length) -
			image);
	srandom(1);
	for (int i = 0; i < COPIES; i++) {
		memcpy(damaged, image, size);
		for (int j = 0; j < BYTES; j++) {
			size_t at = note + 64 + (size_t)random() % (size - note - 64);
			damaged[at] = (unsigned char)random();
		}
		CHECK_EQUAL(pwrite(fd, damaged, size, 0), size);
		modules[0].path = path;
		struct symbols *sym = symbols_create(session_make(), false);
		CHECK(symbols_stack(sym, leaf)->count);
		symbols_destroy(sym);
	}
	modules[0].path = own;
	free(image);
	free(damaged);
	fclose(from);
	close(fd);
	unlink(path);
}

static void demangle_test(void)
{
	static const char *const names[][2] = {
		{ "_ZN2ns5outerEi", "ns::outer(int)" },
		{ "_Znwm", "operator new(unsigned long)" },
		{ "_RNvCs1234_7mycrate3foo", "mycrate::foo" },
		{ "_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write" },
		{ "main", NULL },
		{ "_start", NULL },
		{ "_Z", NULL },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *name = demangle(names[i][0]);
		CHECK(names[i][1] ? name && !strcmp(name, names[i][1]) : !name);
		free(name);
	}
}

int main(void)
{
	static char own[4096];
	volatile int unused;
	uintptr_t in_main, here = outer(&unused), marked = annotated(&unused),
			   there = outside(&unused);
	__asm__ volatile("lea 0(%%rip), %0" : "=r"(in_main));
	CHECK(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0);
	dl_iterate_phdr(module_describe, &modules[0]);
	modules[0].path = own;
	modules[1].path = own; /* any name but NULL: the next one asked for is libc */
	dl_iterate_phdr(module_describe, &modules[1]);
	modules[2] = modules[0];
	modules[2].flags = OUROS_MODULE_OURO;
	modules[3] = modules[0];
	modules[3].build_id[0] ^= 1;
	names_test(here);
	left_out_test(marked, there);
	startup_test(here, in_main);
	damage_test(5);
	demangle_test();
	return check_status();
}
