/* SPDX-License-Identifier: MIT */
/*
 * util - errors as values, memory that does not fail quietly, numbers and foreign text for people.
 *
 * The analyzer is one short-lived process: an allocation that fails has no better answer than to
 * say so and stop with the status that means "ouro itself failed", so no caller carries that
 * branch. Everything here is linear in its input and keeps no state.
 */
#include "util.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int error_set(struct error *err, int code, const char *fmt, ...)
{
	if (err) {
		va_list args;
		va_start(args, fmt);
		vsnprintf(err->text, sizeof(err->text), fmt, args);
		va_end(args);
	}
	return -code;
}

/* write(2), since stdio would want memory to say that there is none. */
__attribute__((noreturn)) static void out_of_memory(void)
{
	static const char message[] = "ouro: out of memory\n";
	ssize_t unused = write(STDERR_FILENO, message, sizeof(message) - 1);
	(void)unused;
	_exit(EXIT_FAILED);
}

/* From here on malloc maps an array by itself. */
enum {
	ARRAY_MAPPED = 128 << 10, /* the C library's own first threshold */
	ARRAY_LARGE = 8 << 20,
};

void *xcalloc(size_t count, size_t size)
{
	static bool told;
	if (!told) /* else the first large array that is freed would raise the threshold */
		told = mallopt(M_MMAP_THRESHOLD, ARRAY_MAPPED);
	void *p = calloc(count ? count : 1, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

/* An analysis of millions of blocks spends half of its time in page faults; asked for together,
 * pages cost less. Not huge ones: on a virtual machine whose host takes free memory back they were
 * a third faster one time and three times slower the next. */
void *xcalloc_whole(size_t count, size_t size)
{
	void *p = xcalloc(count, size);
	if (count && size >= ARRAY_LARGE / count) {
		uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
		uintptr_t start = ((uintptr_t)p + page - 1) & ~(page - 1);
		uintptr_t end = ((uintptr_t)p + count * size) & ~(page - 1);
		if (start < end) /* may fail: nothing depends on it */
			madvise((void *)start, end - start, MADV_POPULATE_WRITE);
	}
	return p;
}

void *xreallocarray(void *p, size_t count, size_t size)
{
	void *grown = reallocarray(p, count ? count : 1, size ? size : 1);
	if (!grown)
		out_of_memory();
	return grown;
}

void *xmalloc(size_t size)
{
	return xcalloc(1, size);
}

void *xrealloc(void *p, size_t size)
{
	return xreallocarray(p, 1, size);
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);
	if (!copy)
		out_of_memory();
	return copy;
}

char *xstrndup(const char *s, size_t n)
{
	char *copy = strndup(s, n);
	if (!copy)
		out_of_memory();
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0)
		out_of_memory();
	return text;
}

const char *format_count(uint64_t n, char ret[32])
{
	char digits[24];
	int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	char *to = ret;
	for (int i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return ret;
}

const char *format_bytes(uint64_t bytes, char ret[32])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	enum { UNITS = sizeof(units) / sizeof(units[0]) };
	if (bytes < 1024) {
		snprintf(ret, 32, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
		return ret;
	}
	/* 1023.95 and more would print as 1024.0: the next unit says it better */
	double value = (double)bytes / 1024;
	unsigned unit = 0;
	for (; value >= 1023.95 && unit + 1 < UNITS; unit++)
		value /= 1024;
	snprintf(ret, 32, "%.1f %s", value, units[unit]);
	return ret;
}

/* Overlong forms, surrogates and what lies beyond U+10FFFF are not valid. */
size_t text_decode(const char *text, uint32_t *ret_code)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = s[0] < 0x80		? 1
			: (s[0] & 0xe0) == 0xc0 ? 2
			: (s[0] & 0xf0) == 0xe0 ? 3
			: (s[0] & 0xf8) == 0xf0 ? 4
						: 0;
	if (!length)
		return 0;
	uint32_t code = length == 1 ? s[0] : s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80) /* the terminator too: never read past it */
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return length;
}

bool text_code_is_unsafe(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} unsafe[] = {
		{ 0x00, 0x1f },	      { 0x7f, 0x9f },	    /* C0, DEL, C1 */
		{ 0xad, 0xad },	      { 0x61c, 0x61c },	    /* soft hyphen, arabic letter mark */
		{ 0x180e, 0x180e },   { 0x200b, 0x200f },   /* zero widths, marks of direction */
		{ 0x2028, 0x202e },   { 0x2060, 0x206f },   /* separators, overrides, isolates */
		{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   /* variation selectors, BOM */
		{ 0xfff9, 0xfffb },   { 0xfffe, 0xffff },   /* annotations, no characters */
		{ 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff } /* tags, private use */
	};
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (code >= unsafe[i].first && code <= unsafe[i].last)
			return true;
	return false;
}

/* How many bytes from s on are letters, digits and the like: most text is nothing else. */
static size_t text_plain(const char *s)
{
	size_t length = 0;
	while (s[length] >= ' ' && s[length] <= '~')
		length++;
	return length;
}

void text_escape(FILE *out, const char *s)
{
	for (;;) {
		uint32_t code = 0;
		size_t plain = text_plain(s);
		if (plain)
			fwrite(s, 1, plain, out);
		s += plain;
		if (!*s)
			return;
		size_t length = text_decode(s, &code);
		if (!length) {
			fprintf(out, "\\x%02x", (unsigned char)*s);
			length = 1;
		} else if (!text_code_is_unsafe(code)) {
			fwrite(s, 1, length, out);
		} else if (code < 0x80) {
			fprintf(out, "\\x%02x", (unsigned)code);
		} else {
			fprintf(out, "\\u{%04x}", (unsigned)code);
		}
		s += length;
	}
}

char *text_escaped(const char *s)
{
	char *text = NULL;
	size_t size = 0;
	if (!s[text_plain(s)])
		return xstrdup(s);
	FILE *out = open_memstream(&text, &size);
	if (!out)
		out_of_memory();
	text_escape(out, s);
	if (fclose(out))
		out_of_memory();
	return text;
}
