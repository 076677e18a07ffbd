/* SPDX-License-Identifier: MIT */
/*
 * exec_target - looks at the file before the kernel does.
 *
 * Two things must be known before the image is gone.  Will it fail for sure?  Then no snapshot is
 * taken: programs that search PATH themselves fail many times.  And can the library go with it?  A
 * loader that cannot take it (another class, musl) would complain on standard error.
 */
#include "exec_target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

enum {
	TARGET_HEAD = 256,	 /* what the kernel reads of a script's first line */
	TARGET_INTERPRETERS = 5, /* scripts of scripts: the kernel's bound */
	TARGET_SEGMENTS = 64,
};

static const char glibc_loader[] = "/lib64/ld-linux-x86-64.so.2";

/* The interpreter of "#! path args" in head, terminated in place.  NULL: it names none. */
static const char *script_interpreter(char *head, size_t n)
{
	size_t at = 2;

	while (at < n && (head[at] == ' ' || head[at] == '\t'))
		at++;
	size_t start = at;
	while (at < n && head[at] != ' ' && head[at] != '\t' && head[at] != '\n' && head[at])
		at++;
	if (at == start || at == n)
		return NULL;
	head[at] = '\0';
	return head + start;
}

static bool elf_is_ours(int fd, const Elf64_Ehdr *ehdr)
{
	char loader[sizeof(glibc_loader)];
	Elf64_Phdr phdr = { 0 };

	if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 || ehdr->e_machine != EM_X86_64 ||
	    ehdr->e_phentsize != sizeof(phdr))
		return false;
	for (uint32_t i = 0; i < ehdr->e_phnum && i < TARGET_SEGMENTS; i++) {
		uint64_t at = ehdr->e_phoff + i * sizeof(phdr);
		if (sys_call4(SYS_pread64, fd, &phdr, sizeof(phdr), at) != sizeof(phdr))
			return false;
		if (phdr.p_type != PT_INTERP)
			continue;
		return phdr.p_filesz == sizeof(loader) &&
		       sys_call4(SYS_pread64, fd, loader, sizeof(loader), phdr.p_offset) ==
			       sizeof(loader) &&
		       !loader[sizeof(loader) - 1] && sys_streq(loader, glibc_loader);
	}
	return false;
}

/* The kernel asks with the effective ids.  Kernels before 5.8 cannot tell us: then execve will. */
static bool may_run(int fd, const char *path, int flags, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || !(st->st_mode & 0111))
		return false;
	long err = sys_call4(SYS_faccessat2, fd, path, X_OK,
			     AT_EACCESS | (flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)));
	return err != -EACCES && err != -ENOENT && err != -ENOTDIR && err != -ELOOP;
}

enum exec_target exec_target_at(int fd, const char *path, int flags)
{
	union {
		char text[TARGET_HEAD];
		Elf64_Ehdr ehdr;
	} head = { 0 };
	struct stat st = { 0 };

	for (int i = 0; i < TARGET_INTERPRETERS; i++) {
		/* Of a bad pointer execve is to complain, not we. */
		if (sys_call4(SYS_newfstatat, fd, path, &st, flags) < 0 ||
		    !may_run(fd, path, flags, &st))
			return EXEC_TARGET_FAILS;
		if (st.st_mode & (S_ISUID | S_ISGID))
			return EXEC_TARGET_FOREIGN;
		bool by_fd = !path[0];
		long file = by_fd ? fd : sys_call3(SYS_openat, fd, path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			return EXEC_TARGET_FOREIGN;
		long n = sys_call4(SYS_pread64, file, &head, sizeof(head), 0);
		bool elf = n >= (long)sizeof(head.ehdr) && head.text[0] == ELFMAG0 &&
			   head.text[1] == ELFMAG1 && head.text[2] == ELFMAG2 &&
			   head.text[3] == ELFMAG3;
		bool ours = elf && elf_is_ours((int)file, &head.ehdr);
		if (!by_fd)
			sys_call1(SYS_close, file);
		if (elf)
			return ours ? EXEC_TARGET_OURS : EXEC_TARGET_FOREIGN;
		if (n < 3 || head.text[0] != '#' || head.text[1] != '!')
			return EXEC_TARGET_FOREIGN;
		path = script_interpreter(head.text, (size_t)n);
		if (!path)
			return EXEC_TARGET_FOREIGN;
		fd = AT_FDCWD;
		flags = 0;
	}
	return EXEC_TARGET_FAILS;
}

enum exec_target exec_target_search(const char *file, const char *path_list)
{
	char path[PATH_MAX];
	size_t length = sys_strlen(file);

	for (size_t i = 0; i < length; i++)
		if (file[i] == '/')
			return exec_target_at(AT_FDCWD, file, 0);
	if (!length)
		return EXEC_TARGET_FAILS;
	for (const char *dir = path_list ? path_list : "/bin:/usr/bin";;) {
		size_t n = 0;
		while (dir[n] && dir[n] != ':')
			n++;
		if (n + 1 + length < sizeof(path)) {
			sys_memcpy(path, dir, n);
			path[n] = '/';
			sys_memcpy(path + (n ? n + 1 : 0), file, length + 1);
			enum exec_target target = exec_target_at(AT_FDCWD, path, 0);
			if (target != EXEC_TARGET_FAILS)
				return target;
		}
		if (!dir[n])
			return EXEC_TARGET_FAILS;
		dir += n + 1;
	}
}
