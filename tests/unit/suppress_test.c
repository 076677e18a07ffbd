/* SPDX-License-Identifier: MIT */
/* Suppression templates: what they match, what a file may contain. */
#include "suppress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* Whether one template matches a frame that has this name and nothing else. */
static bool matches(const char *template, const char *name)
{
	const struct symbol_frame frame = { .function = name };
	const struct symbol_stack stack = { .frames = &frame, .count = 1 };
	struct suppressions *s = suppressions_create();
	char *line = xasprintf("leak:%s", template);
	CHECK_EQUAL(suppressions_parse(s, "test", line, NULL), 0);
	const char *by = suppressions_match(s, &stack);
	CHECK(!by || strcmp(by, template) == 0);
	suppressions_destroy(s);
	free(line);
	return by != NULL;
}

static void templates_test(void)
{
	CHECK(matches("foo", "foo"));
	CHECK(matches("foo", "a foo b"));
	CHECK(!matches("foo", "fo"));
	CHECK(!matches("foo", "Foo"));
	CHECK(matches("^foo", "food"));
	CHECK(!matches("^foo", "a food"));
	CHECK(matches("foo$", "a foo"));
	CHECK(!matches("foo$", "food"));
	CHECK(matches("foo$", "foofoo")); /* the last of two */
	CHECK(matches("^foo$", "foo"));
	CHECK(!matches("^foo$", "foofoo"));
	CHECK(matches("a*b", "xaybz"));
	CHECK(!matches("a*b", "ba"));
	CHECK(matches("^a*b$", "ab"));
	CHECK(matches("^a*b$", "abb"));
	CHECK(!matches("^a*b$", "abc"));
	CHECK(!matches("^ab*bc$", "abc")); /* parts do not overlap */
	CHECK(matches("*foo", "a foo"));
	CHECK(matches("^*foo", "a foo"));
	CHECK(matches("foo*$", "food"));
	CHECK(matches("*", "anything"));
	CHECK(!matches("*", ""));
	CHECK(!matches("^$", "anything"));
	CHECK(matches("operator new(unsigned long)", "operator new(unsigned long)"));
}

/* Function, mangled function, module and file all count, in any frame. */
static void frames_test(void)
{
	const struct symbol_frame frames[] = {
		{ .function = "inner" },
		{ .function = "ns::outer(int)",
		  .linkage = "_ZN2ns5outerEi",
		  .file = "/src/o.cc",
		  .module = "/lib/libo.so" },
		{ .module = "/bin/unnamed" },
	};
	const struct symbol_stack stack = { .frames = frames, .count = 3 };
	static const char *const templates[] = { "inner", "ns::outer", "_ZN2ns5",
						 "o.cc$", "libo.so",   "^/bin/unnamed$" };
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		struct suppressions *s = suppressions_create();
		char *text = xasprintf("leak:none\nleak:%s\n", templates[i]);
		CHECK_EQUAL(suppressions_parse(s, "test", text, NULL), 0);
		const char *by = suppressions_match(s, &stack);
		CHECK(by && strcmp(by, templates[i]) == 0);
		free(text);
		suppressions_destroy(s);
	}
}

static void parse_test(void)
{
	struct suppressions *s = suppressions_create();
	struct error err;
	CHECK_EQUAL(suppressions_parse(s, "f", "", &err), 0);
	CHECK_EQUAL(suppressions_parse(s, "f", suppressions_builtin, &err), 0);
	CHECK_EQUAL(suppressions_parse(s, "f", "# a\n\n \t leak:x \t\r\n#leak:y", &err), 0);
	const struct symbol_frame x = { .function = "x" }, y = { .function = "y" };
	CHECK(suppressions_match(s, &(struct symbol_stack){ .frames = &x, .count = 1 }));
	CHECK(!suppressions_match(s, &(struct symbol_stack){ .frames = &y, .count = 1 }));
	CHECK_EQUAL(suppressions_parse(s, "f", "leak:z\nrace:z\n", &err), -EINVAL);
	CHECK(!strcmp(err.text, "suppressions 'f': line 2: expected leak:TEMPLATE"));
	CHECK_EQUAL(suppressions_parse(s, "f", "leak:\n", &err), -EINVAL);
	suppressions_destroy(s);
}

static void file_test(void)
{
	char path[] = "/tmp/ouro-suppress-XXXXXX";
	static const char text[] = "leak:first\nleak:second"; /* no newline at the end */
	int fd = mkstemp(path);
	CHECK(fd >= 0 && write(fd, text, sizeof(text) - 1) == sizeof(text) - 1);
	struct suppressions *s = suppressions_create();
	struct error err;
	CHECK_EQUAL(suppressions_load(s, path, &err), 0);
	const struct symbol_frame frame = { .function = "second" };
	CHECK(suppressions_match(s, &(struct symbol_stack){ .frames = &frame, .count = 1 }));
	CHECK(write(fd, "\0", 1) == 1);
	CHECK_EQUAL(suppressions_load(s, path, &err), -EINVAL);
	close(fd);
	unlink(path);
	CHECK_EQUAL(suppressions_load(s, path, &err), -ENOENT);
	CHECK(strstr(err.text, path));
	CHECK_EQUAL(suppressions_load(s, "/", &err), -EIO);
	suppressions_destroy(s);
}

int main(void)
{
	templates_test();
	frames_test();
	parse_test();
	file_test();
	return check_status();
}
