/* SPDX-License-Identifier: MIT */
/*
 * options_rule - checks what the library would silently pass over: it has nobody to complain to.
 * Linear in the text.
 */
#include "options_rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the library has room for. */
enum { RULES_LENGTH = 1023, RULES_MOST = 64 };

#define RULE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* Takes word off the text at *at, if it begins with it. */
static bool take_word(const char **at, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

/* The number of an argument that a call passes in a register. */
static bool take_number(const char **at)
{
	if (**at < '0' || **at > '5')
		return false;
	++*at;
	return true;
}

/* A symbol: what a compiler may call a function. */
static bool take_name(const char **at)
{
	if (!**at || !strchr(RULE_LETTERS, **at))
		return false;
	*at += strspn(*at, RULE_LETTERS "0123456789.$");
	return true;
}

/* NAME[:argN][:by=argM], or NAME:ret. */
static bool take_rule(const char **at, bool gives)
{
	if (!take_name(at))
		return false;
	if (!gives || !take_word(at, ":ret")) {
		if (take_word(at, ":arg") && !take_number(at))
			return false;
		if (take_word(at, ":by=arg") && !take_number(at))
			return false;
	}
	return !**at || **at == ',';
}

int option_rules_add(char **list, const char *value, bool gives, const char *where,
		     struct error *err)
{
	const char *at = value;
	char *longer;

	for (bool more = true; more;) {
		const char *rule = at;

		if (!take_rule(&at, gives))
			return error_set(err, EINVAL,
					 "%s: '%.*s' is %sNAME[:argN][:by=argM], with N and M "
					 "from 0 to 5",
					 where, (int)strcspn(rule, ","), rule,
					 gives ? "neither NAME:ret nor " : "not ");
		more = *at++ == ',';
	}
	if ((*list ? strlen(*list) + 1 : 0) + strlen(value) > RULES_LENGTH)
		return error_set(err, EINVAL, "%s: the rules are longer than %d bytes in all",
				 where, RULES_LENGTH);
	longer = *list ? xasprintf("%s,%s", *list, value) : xstrdup(value);
	free(*list);
	*list = longer;
	return 0;
}

static size_t rules_count(const char *list)
{
	size_t count = list != NULL;

	for (; list && *list; list++)
		count += *list == ',';
	return count;
}

int option_rules_check(const char *retain, const char *release, struct error *err)
{
	if (rules_count(retain) + rules_count(release) > RULES_MOST)
		return error_set(err, EINVAL,
				 "more than %d rules for --retain and --release together",
				 RULES_MOST);
	return 0;
}
