/* SPDX-License-Identifier: MIT */
/*
 * target_elf - what an executable's ELF headers say about preloading.
 *
 * One pass over the program headers and one over the dynamic symbols.  A file that libelf does not
 * understand is left to the kernel to refuse.
 */
#include "target.h"

#include <errno.h>
#include <gelf.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Runtimes that bring a malloc of their own and abort, or fight, when another comes first. */
static const struct {
	const char *symbol, *library, *name;
} sanitizers[] = {
	{ "__asan_init", "libasan.so", "AddressSanitizer" },
	{ "__hwasan_init", "libhwasan.so", "HWAddressSanitizer" },
	{ "__lsan_init", "liblsan.so", "LeakSanitizer" },
	{ "__tsan_init", "libtsan.so", "ThreadSanitizer" },
	{ "__msan_init", "libmsan.so", "MemorySanitizer" },
};
enum { SANITIZERS = sizeof sanitizers / sizeof *sanitizers };

static int refuse_sanitizer(const char *path, size_t i, struct error *why)
{
	return error_set(why, ENOTSUP,
			 "'%s' is built with %s, which has its own malloc and cannot be combined",
			 path, sanitizers[i].name);
}

static const char *machine_name(unsigned machine)
{
	switch (machine) {
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return "riscv";
	case EM_PPC64:
		return "ppc64";
	case EM_S390:
		return "s390";
	default: /* not an enum: any number may stand in the file */
		return "unknown";
	}
}

/* The program's loader; "" when it has none. */
static void read_interpreter(Elf *elf, int fd, char ret[PATH_MAX])
{
	size_t count = 0;
	GElf_Phdr ph;

	ret[0] = '\0';
	if (elf_getphdrnum(elf, &count) < 0)
		return;
	for (size_t i = 0; i < count && i <= INT_MAX; i++) {
		ssize_t length;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_INTERP)
			continue;
		length = pread(fd, ret, ph.p_filesz < PATH_MAX ? ph.p_filesz : PATH_MAX - 1,
			       (off_t)ph.p_offset);
		ret[length > 0 ? length : 0] = '\0';
		return;
	}
}

/* Does what the dynamic section names speak against it?  Sets *ret_loader when it is ld.so itself.
 */
static int check_dynamic(const char *path, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh,
			 bool *ret_loader, struct error *why)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Dyn dyn;

	for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
		const char *name;

		if (dyn.d_tag != DT_NEEDED && dyn.d_tag != DT_SONAME)
			continue;
		name = elf_strptr(elf, sh->sh_link, dyn.d_un.d_val);
		if (!name)
			continue;
		if (dyn.d_tag == DT_SONAME) {
			*ret_loader = !strncmp(name, "ld-linux", 8);
			continue;
		}
		for (size_t s = 0; s < SANITIZERS; s++)
			if (!strncmp(name, sanitizers[s].library, strlen(sanitizers[s].library)))
				return refuse_sanitizer(path, s, why);
	}
	return 0;
}

static int check_symbols(const char *path, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh,
			 struct error *why)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	bool own_malloc = false;
	GElf_Sym sym;

	for (int i = 1; data && gelf_getsym(data, i, &sym); i++) {
		const char *name = elf_strptr(elf, sh->sh_link, sym.st_name);

		if (!name)
			continue;
		for (size_t s = 0; s < SANITIZERS; s++)
			if (!strcmp(name, sanitizers[s].symbol))
				return refuse_sanitizer(path, s, why);
		if (sym.st_shndx != SHN_UNDEF && GELF_ST_BIND(sym.st_info) != STB_LOCAL)
			own_malloc |= !strcmp(name, "malloc") || !strcmp(name, "free");
	}
	if (own_malloc)
		return error_set(why, ENOTSUP,
				 "'%s' exports its own malloc, which comes before any library's",
				 path);
	return 0;
}

static int check_sections(const char *path, Elf *elf, bool *ret_loader, struct error *why)
{
	Elf_Scn *scn = NULL;
	int r = 0;

	while (r == 0 && (scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh))
			continue;
		if (sh.sh_type == SHT_DYNAMIC)
			r = check_dynamic(path, elf, scn, &sh, ret_loader, why);
		else if (sh.sh_type == SHT_DYNSYM)
			r = check_symbols(path, elf, scn, &sh, why);
	}
	return r;
}

static int check_elf(const char *path, Elf *elf, int fd, struct error *why)
{
	char interpreter[PATH_MAX];
	bool is_loader = false;
	const char *base;
	GElf_Ehdr eh;
	int r;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh))
		return 0;
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 &&
	    (eh.e_machine == EM_386 || eh.e_machine == EM_X86_64))
		return error_set(why, ENOTSUP, "'%s' is a 32-bit program", path);
	if (eh.e_machine != EM_X86_64)
		return error_set(why, ENOTSUP, "'%s' is a program for another machine (%s)", path,
				 machine_name(eh.e_machine));
	r = check_sections(path, elf, &is_loader, why);
	if (r < 0)
		return r;
	read_interpreter(elf, fd, interpreter);
	if (!*interpreter && !is_loader)
		return error_set(why, ENOTSUP,
				 "'%s' is statically linked: nothing can be preloaded into it",
				 path);
	base = strrchr(interpreter, '/');
	base = base ? base + 1 : interpreter;
	if (!strncmp(base, "ld-musl", 7))
		return error_set(
			why, ENOTSUP,
			"'%s' is a musl program (its loader is %s); libouro.so needs glibc", path,
			interpreter);
	return 0;
}

int target_check_elf(const char *path, int fd, struct error *why)
{
	Elf *elf;
	int r;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return 0;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return 0;
	r = check_elf(path, elf, fd, why);
	elf_end(elf);
	return r;
}
