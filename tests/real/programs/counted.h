/* SPDX-License-Identifier: MIT */
/* A counted library as others write them: nothing here knows of ouro. */
#ifndef COUNTED_H
#define COUNTED_H

#ifdef __cplusplus
extern "C" {
#endif

struct thing {
	int count;
	double sum;
	struct thing *other;
};

/* `count` numbers follow, an int and a double by turns. */
struct thing *thing_new(int count, ...);
struct thing *thing_ref(struct thing *thing);
void thing_unref(struct thing *thing);

/* The owner keeps a reference. */
void thing_keep(struct thing **owner, struct thing *thing);
void thing_drop(struct thing **owner, struct thing *thing);

/* A retain with more arguments than there are registers; returns their sum. */
double thing_share(struct thing *thing, double a, double b, double c, double d, double e, double f,
		   double g, double h, double i, double j, long k, long l, long m, long n, long o,
		   long p, long q);

/* Both count before they fail: one by longjmp, one by an exception. */
struct thing *thing_jump(void *jump_buffer);
struct thing *thing_throw(void);

/* Functions by pointer, as tables of methods have them. */
struct thing_methods {
	struct thing *(*ref)(struct thing *thing);
	void (*unref)(struct thing *thing);
};
extern const struct thing_methods thing_methods;

#ifdef __cplusplus
}
#endif

#endif
