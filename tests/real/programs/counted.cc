// SPDX-License-Identifier: MIT
// The library itself.
#include "counted.h"

#include <cerrno>
#include <csetjmp>
#include <cstdarg>
#include <cstdlib>
#include <stdexcept>

extern "C" struct thing *thing_new(int count, ...)
{
	va_list args;
	auto *thing = static_cast<struct thing *>(calloc(1, sizeof(struct thing)));

	va_start(args, count);
	for (int i = 0; i < count; i++)
		thing->sum += i % 2 ? va_arg(args, double) : va_arg(args, int);
	va_end(args);
	thing->count = 1;
	errno = EDOM;
	return thing;
}

extern "C" struct thing *thing_ref(struct thing *thing)
{
	if (thing)
		thing->count++;
	return thing;
}

extern "C" void thing_unref(struct thing *thing)
{
	if (!thing || --thing->count)
		return;
	thing_unref(thing->other);
	free(thing);
}

extern "C" void thing_keep(struct thing **owner, struct thing *thing)
{
	thing->count++;
	*owner = thing;
}

extern "C" void thing_drop(struct thing **owner, struct thing *thing)
{
	*owner = nullptr;
	thing->count--;
}

extern "C" double thing_share(struct thing *thing, double a, double b, double c, double d, double e,
			      double f, double g, double h, double i, double j, long k, long l,
			      long m, long n, long o, long p, long q)
{
	thing->count++;
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j +
	       11. * k + 12. * l + 13. * m + 14. * n + 15. * o + 16. * p + 17. * q;
}

extern "C" struct thing *thing_jump(void *jump_buffer)
{
	longjmp(*static_cast<jmp_buf *>(jump_buffer), 7);
}

extern "C" struct thing *thing_throw()
{
	throw std::runtime_error("thrown through the thunk");
}

extern "C" const struct thing_methods thing_methods = { thing_ref, thing_unref };
