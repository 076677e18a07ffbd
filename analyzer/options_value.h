/* SPDX-License-Identifier: MIT */
/*
 * options_value - one value, as its row of the table says, into struct options.
 */
#ifndef OURO_OPTIONS_VALUE_H
#define OURO_OPTIONS_VALUE_H

#include "options.h"

/* where names the option or key in messages.  -EINVAL with one for the user. */
int option_apply(const struct option_row *row, const char *value, const char *where,
		 struct options *o, struct error *err);

/* One more key=value for the library, into o->library. */
void option_hand_on(struct options *o, const char *key, const char *value);

#endif
