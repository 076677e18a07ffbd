/* SPDX-License-Identifier: MIT */
/* What is annotated need not have a value yet: no compiler warns, in C or C++. */
#include <stdlib.h>

#include "ouro.h"

void *made(void);
void local(void);

void *made(void)
{
	void *p = malloc(32);

	ouro_object(p, 32, "p");
	ouro_retain(p);
	ouro_unhold(ouro_hold(p));
	return p;
}

void local(void)
{
	int object, holder;
	void *slot;

	ouro_weak(&slot);
	ouro_retain_by(&object, &holder);
	ouro_release_by(&object, &holder);
	ouro_root(&slot, sizeof(slot));
	ouro_unroot(&slot, sizeof(slot));
#ifdef __cplusplus
	ouro::held one(&object, &holder), two(one, &slot);
	one.reset(&slot);
#endif
}
