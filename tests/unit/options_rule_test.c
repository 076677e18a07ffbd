/* SPDX-License-Identifier: MIT */
/* Rules for retain and release functions: which are taken, which are refused, and with what words.
 */
#include "options_rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "options.h"

static void good(const char *value, bool gives)
{
	char *list = NULL;
	struct error err;
	CHECK_EQUAL(option_rules_add(&list, value, gives, "option '--retain'", &err), 0);
	CHECK(list && !strcmp(list, value));
	free(list);
}

static void bad(const char *value, bool gives, const char *message)
{
	char *list = xstrdup("before");
	struct error err = { 0 };
	CHECK_EQUAL(-option_rules_add(&list, value, gives, "option '--x'", &err), EINVAL);
	CHECK(!strcmp(list, "before"));
	if (strcmp(err.text, message) != 0) {
		check_failures++;
		fprintf(stderr, "'%s' is refused with\n%s\nnot\n%s\n", value, err.text, message);
	}
	free(list);
}

/* No more than the library has room for: 1023 bytes of each, 64 rules in all. */
static void room_test(void)
{
	char *list = NULL, name[1025];
	struct error err = { 0 };
	memset(name, 'n', sizeof(name));
	name[1021] = '\0';
	CHECK_EQUAL(option_rules_add(&list, name, true, "x", &err), 0);
	CHECK_EQUAL(-option_rules_add(&list, "aa", true, "x", &err), EINVAL);
	CHECK(!strcmp(err.text, "x: the rules are longer than 1023 bytes in all"));
	CHECK_EQUAL(option_rules_add(&list, "a", true, "x", &err), 0);
	CHECK_EQUAL(strlen(list), 1023);
	free(list);

	list = NULL;
	for (int i = 0; i < 63; i++)
		CHECK_EQUAL(option_rules_add(&list, "a", true, "x", &err), 0);
	CHECK_EQUAL(option_rules_check(list, "b", &err), 0);
	CHECK_EQUAL(-option_rules_check("b,b", list, &err), EINVAL);
	CHECK(!strcmp(err.text, "more than 64 rules for --retain and --release together"));
	CHECK_EQUAL(option_rules_check(NULL, NULL, &err), 0);
	free(list);
}

/* From the environment and the command line together, once each. */
static void handed_on_test(void)
{
	char *words[] = {
		"--retain=b:arg1", "--retain", "c", "--follow", "prog", "--release", NULL
	};
	struct options o;
	struct error err = { 0 };
	setenv("OURO_OPTIONS", "retain='a_new:ret,a:by=arg1':release=a_free", 1);
	CHECK_EQUAL(options_parse(OPTION_RUN, 6, words, &o, &err), 0);
	CHECK(!strcmp(o.library, "follow=1:retain='a_new:ret,a:by=arg1,b:arg1,c':release=a_free"));
	CHECK_EQUAL(o.operand_count, 2);
	options_deinit(&o);

	setenv("OURO_OPTIONS", "retain=a:arg1", 1);
	CHECK_EQUAL(-options_parse(OPTION_RUN, 5, words, &o, &err), EINVAL);
	CHECK(strstr(err.text, "a colon stands in single quotes"));
	setenv("OURO_OPTIONS", "release='a:ret'", 1); /* checked by those who do not obey it, too */
	CHECK_EQUAL(-options_parse(OPTION_REPORT, 0, words, &o, &err), EINVAL);
	CHECK(strstr(err.text, "OURO_OPTIONS: 'release': 'a:ret' is not NAME[:argN]"));
	unsetenv("OURO_OPTIONS");
}

int main(void)
{
	static const char *const wrong[] = {
		"",
		"1ref",
		"foo:",
		"foo:arg",
		"foo:arg6",
		"foo:arg12",
		"foo:returned",
		"foo:by=2",
		"foo:by=ret",
		"foo:by=arg",
		"foo::arg0",
		"foo bar",
		"foo:arg0:x",
		"foo(void *)",
		"foo:by=arg1:arg0",
		"make:ret:by=arg3",
	};
	char wanted[256];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(wanted, sizeof(wanted),
			 "option '--x': '%s' is neither NAME:ret nor NAME[:argN][:by=argM], with "
			 "N and M from 0 to 5",
			 wrong[i]);
		bad(wrong[i], true, wanted);
	}
	bad("good,foo:arg7,good", false,
	    "option '--x': 'foo:arg7' is not NAME[:argN][:by=argM], with N and M from 0 to 5");
	bad("good,", true,
	    "option '--x': '' is neither NAME:ret nor NAME[:argN][:by=argM], with N and M from 0 "
	    "to 5");
	bad("foo:ret", false,
	    "option '--x': 'foo:ret' is not NAME[:argN][:by=argM], with N and M from 0 to 5");
	good("foo", false);
	good("_ZN3Foo3refEv", true);
	good("foo:arg5,foo_new:ret,bar:by=arg1,b.part$0:arg2:by=arg0", true);

	char *list = NULL;
	struct error err;
	CHECK_EQUAL(option_rules_add(&list, "a", true, "x", &err), 0);
	CHECK_EQUAL(option_rules_add(&list, "b:ret,c", true, "x", &err), 0);
	CHECK(!strcmp(list, "a,b:ret,c"));
	free(list);
	room_test();
	handed_on_test();
	return check_status();
}
