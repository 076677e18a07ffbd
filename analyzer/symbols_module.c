/* SPDX-License-Identifier: MIT */
/*
 * symbols_module - each module in a Dwfl of its own, at bias 0: two modules that shared addresses
 * at different times (dlclose, dlopen) could not both live in one Dwfl, and here need no special
 * case.
 *
 * A file that is not the recorded one gives wrong names, which is worse than none, so the build-ids
 * must be equal. Where the file is gone, the debug file of its build-id serves as well.
 */
#include "symbols_module.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demangle.h"
#include "symbols_dwarf.h"
#include "symbols_elf.h"
#include "symbols_libdw.h"

enum { MODULE_FRAMES = 64 };

struct symbols_module {
	enum symbols_module_state state;
	Dwfl *dwfl;
	struct elf_names *elf;
	struct dwarf_names *dwarf; /* NULL: none */
};

/* find_debuginfo alone reaches for other files: by build-id and by debuglink, below the usual
 * directories. The network is out of reach, since the worker unsets DEBUGINFOD_URLS. */
static const Dwfl_Callbacks *module_callbacks(void)
{
	static Dwfl_Callbacks callbacks;
	callbacks.find_debuginfo = libdw.dwfl_standard_find_debuginfo;
	callbacks.section_address = libdw.dwfl_offline_section_address;
	return &callbacks;
}

void named_frame_deinit(struct named_frame *frame)
{
	free(frame->function);
	free(frame->linkage);
	free(frame->file);
}

/* A session can name any path: only a regular file is opened, and never waited for. */
static int file_open(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
		close(fd);
		return -1;
	}
	return fd;
}

static enum symbols_module_state module_try(struct symbols_module *module, const char *path,
					    const struct session_module *recorded)
{
	int fd = file_open(path);
	if (fd < 0)
		return SYMBOLS_MODULE_MISSING;
	Dwfl *dwfl = libdw.dwfl_begin(module_callbacks());
	Dwfl_Module *opened = dwfl ? libdw.dwfl_report_elf(dwfl, path, path, fd, 0, true) : NULL;
	if (!opened)
		close(fd); /* else the Dwfl owns it */
	if (!opened || libdw.dwfl_report_end(dwfl, NULL, NULL)) {
		libdw.dwfl_end(dwfl);
		return SYMBOLS_MODULE_MISSING;
	}
	const unsigned char *id = NULL;
	GElf_Addr where = 0;
	int length = libdw.dwfl_module_build_id(opened, &id, &where);
	if (length < 0)
		length = 0;
	if ((uint32_t)length != recorded->build_id_length ||
	    (length && memcmp(id, recorded->build_id, (size_t)length) != 0)) {
		libdw.dwfl_end(dwfl);
		return SYMBOLS_MODULE_CHANGED;
	}
	module->dwfl = dwfl;
	module->elf = elf_names_create(opened);
	module->dwarf = dwarf_names_create(opened);
	return SYMBOLS_MODULE_FOUND;
}

char *module_debug_path(const struct session_module *recorded)
{
	char hex[OUROS_BUILD_ID_MAX * 2 + 1];
	for (uint32_t i = 0; i < recorded->build_id_length; i++)
		snprintf(hex + i * 2, 3, "%02x", recorded->build_id[i]);
	return xasprintf("/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
}

struct symbols_module *symbols_module_create(const struct session_module *recorded)
{
	struct symbols_module *module = xcalloc(1, sizeof(*module));
	module->state = SYMBOLS_MODULE_UNREAD;
	if (!libdw_open())
		return module;
	module->state = SYMBOLS_MODULE_MISSING;
	if (recorded->path && recorded->path[0] == '/')
		module->state = module_try(module, recorded->path, recorded);
	if (module->state != SYMBOLS_MODULE_FOUND && recorded->build_id_length > 1) {
		char *path = module_debug_path(recorded);
		if (module_try(module, path, recorded) == SYMBOLS_MODULE_FOUND)
			module->state = SYMBOLS_MODULE_FOUND;
		free(path);
	}
	return module;
}

void symbols_module_destroy(struct symbols_module *module)
{
	if (!module)
		return;
	dwarf_names_destroy(module->dwarf);
	elf_names_destroy(module->elf);
	if (module->dwfl)
		libdw.dwfl_end(module->dwfl);
	free(module);
}

enum symbols_module_state symbols_module_state(const struct symbols_module *module)
{
	return module->state;
}

/* A copy without "//", "." and "..": compilers write the way they took
 * ("lib/gcc/12/../../include"). By the letters alone, since the tree may be another machine's. */
static char *path_clean(const char *path)
{
	char *clean = xcalloc(strlen(path) + 1, 1), *to = clean;
	for (const char *part = path; *part;) {
		size_t length = strcspn(part, "/");
		bool is_up = length == 2 && part[0] == '.' && part[1] == '.';
		const char *last = memrchr(clean, '/', (size_t)(to - clean));
		if (is_up && last && strcmp(last, "/..") != 0) {
			to = clean + (last - clean);
			*to = '\0';
		} else if (length && !(length == 1 && *part == '.')) {
			if (to > clean || *path == '/')
				*to++ = '/';
			to = mempcpy(to, part, length);
			*to = '\0';
		}
		part += length;
		part += *part == '/';
	}
	return clean;
}

static struct named_frame named_frame(const char *linkage, const char *name)
{
	struct named_frame frame = { 0 };
	if (linkage)
		frame.function = demangle(linkage);
	if (frame.function)
		frame.linkage = xstrdup(linkage);
	else if (name || linkage)
		frame.function = xstrdup(name ? name : linkage);
	return frame;
}

size_t symbols_module_find(struct symbols_module *module, uint64_t address, struct named_frame *ret,
			   size_t max)
{
	struct dwarf_frame found[MODULE_FRAMES];
	size_t count = 0;
	if (module->state != SYMBOLS_MODULE_FOUND || !max)
		return 0;
	if (module->dwarf)
		count = dwarf_names_find(module->dwarf, address, found,
					 max < MODULE_FRAMES ? max : MODULE_FRAMES);
	for (size_t i = 0; i < count; i++) {
		ret[i] = named_frame(found[i].linkage, found[i].name);
		ret[i].file = found[i].file ? path_clean(found[i].file) : NULL;
		ret[i].line = found[i].line;
		ret[i].inlined = found[i].inlined;
	}
	/* no DWARF, or assembler, of which it knows the line alone: the symbol has the name */
	if (!count || !ret[count - 1].function) {
		const char *name = elf_names_find(module->elf, address);
		if (name && !count) {
			ret[0] = named_frame(name, NULL);
			count = 1;
		} else if (name) {
			struct named_frame named = named_frame(name, NULL);
			ret[count - 1].function = named.function;
			ret[count - 1].linkage = named.linkage;
		}
	}
	return count;
}
