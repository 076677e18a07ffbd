/* SPDX-License-Identifier: MIT */
/*
 * target - from the word on the command line to the program that the kernel will start.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	SCRIPT_DEPTH = 5,  /* interpreters of interpreters: the kernel stops there too */
	SCRIPT_LINE = 256, /* of "#!" that the kernel reads */
};

/* 0 when it is a program that we may execute. */
static int try_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EACCES;
	return eaccess(path, X_OK) < 0 ? -errno : 0;
}

/* As execvp searches: an entry that is there but may not be run is remembered, and the search goes
 * on. */
static int search_path(const char *command, char **ret_path)
{
	const char *at = getenv("PATH");
	int result = -ENOENT;

	if (!at)
		at = "/bin:/usr/bin";
	for (;;) {
		size_t length = strcspn(at, ":");
		char *path = xasprintf("%.*s%s%s", (int)length, at, length ? "/" : "", command);
		int r = try_path(path);

		if (r == 0) {
			*ret_path = path;
			return 0;
		}
		free(path);
		if (r == -EACCES)
			result = r;
		if (!at[length])
			return result;
		at += length + 1;
	}
}

int target_find(const char *command, char **ret_path, struct error *err)
{
	int r;

	if (strchr(command, '/')) {
		r = try_path(command);
		if (r == 0)
			*ret_path = xstrdup(command);
	} else {
		r = *command ? search_path(command, ret_path) : -ENOENT;
	}
	if (r == -ENOENT && !strchr(command, '/'))
		error_set(err, ENOENT, "'%s': command not found", command);
	else if (r < 0)
		error_set(err, -r, "cannot run '%s': %s", command, strerror(-r));
	return r;
}

/*
 * Whether the loader will be in secure mode and ignore LD_PRELOAD: the kernel's rule is that the
 * effective ids come out different from the real ones, or that a program of no root gains
 * capabilities from its file.
 */
static int check_privileges(const char *path, const struct stat *st, struct error *why)
{
	struct statvfs fs;

	if (getuid() != geteuid() || getgid() != getegid())
		return error_set(
			why, ENOTSUP,
			"ouro itself runs with another user's or group's rights: the loader "
			"ignores LD_PRELOAD");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return 0;
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID))
		return 0;
	if ((st->st_mode & S_ISUID) && st->st_uid != getuid())
		return error_set(why, ENOTSUP, "'%s' is set-uid: the loader ignores LD_PRELOAD",
				 path);
	if ((st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st->st_gid != getgid())
		return error_set(why, ENOTSUP, "'%s' is set-gid: the loader ignores LD_PRELOAD",
				 path);
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return error_set(why, ENOTSUP,
				 "'%s' has file capabilities: the loader ignores LD_PRELOAD", path);
	return 0;
}

/* "#!/usr/bin/env [-S] [-i] [NAME=VALUE] PROGRAM": the program, or NULL. Cuts line. */
static char *env_program(char *line)
{
	char *save = NULL, *word;

	for (word = strtok_r(line, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		if (!strncmp(word, "-S", 2) && word[2])
			return word + 2;
		if (!strcmp(word, "-u") || !strcmp(word, "-C"))
			strtok_r(NULL, " \t", &save);
		else if (word[0] != '-' && !strchr(word, '='))
			return word;
	}
	return NULL;
}

static int check_path(const char *path, int depth, struct error *why);

/* line is what follows "#!".  Goes one level down; SCRIPT_DEPTH bounds the recursion. */
static int check_script(char *line, int depth, struct error *why)
{
	char *interpreter, *rest, *program, *path = NULL;
	const char *base;
	int r;

	line[strcspn(line, "\n")] = '\0';
	interpreter = line + strspn(line, " \t");
	rest = interpreter + strcspn(interpreter, " \t");
	if (*rest)
		*rest++ = '\0';
	if (!*interpreter)
		return 0;
	r = check_path(interpreter, depth + 1, why);
	base = strrchr(interpreter, '/');
	if (r < 0 || strcmp(base ? base + 1 : interpreter, "env") != 0)
		return r;
	program = env_program(rest);
	if (!program || target_find(program, &path, NULL) != 0)
		return 0;
	r = check_path(path, depth + 1, why);
	free(path);
	return r;
}

static int check_path(const char *path, int depth, struct error *why)
{
	char line[SCRIPT_LINE];
	struct stat st;
	ssize_t length;
	int fd, r;

	if (depth > SCRIPT_DEPTH)
		return 0;
	/* A program that may be run but not read cannot be looked at: the handshake will tell. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return stat(path, &st) == 0 ? check_privileges(path, &st, why) : 0;
	length = pread(fd, line, sizeof line - 1, 0);
	if (length >= 2 && line[0] == '#' && line[1] == '!') {
		line[length] = '\0';
		r = check_script(line + 2, depth, why);
	} else {
		/* set-uid bits of scripts mean nothing to the kernel: only programs are asked */
		r = fstat(fd, &st) == 0 ? check_privileges(path, &st, why) : 0;
		if (r == 0)
			r = target_check_elf(path, fd, why);
	}
	close(fd);
	return r;
}

int target_check(const char *path, struct error *why)
{
	return check_path(path, 0, why);
}
