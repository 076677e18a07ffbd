// SPDX-License-Identifier: MIT
// Every operator new with every operator delete that may free what it made; then one leak of each.
//
// cflags: -fsized-deallocation
// run: paired
// expect: coverage unknown_frees=0 untracked=0
// run: leaked
// args: leak
// expect: lost findings=8 blocks=8 bytes=836
// expect: coverage unknown_frees=0 untracked=0
// finding: lost blocks=1 bytes=101 stack=plain,make,main
// finding: lost blocks=1 bytes=102 stack=array,make,main
// finding: lost blocks=1 bytes=103 stack=plain_nothrow,make,main
// finding: lost blocks=1 bytes=104 stack=array_nothrow,make,main
// finding: lost blocks=1 bytes=105 stack=aligned,make,main
// finding: lost blocks=1 bytes=106 stack=aligned_array,make,main
// finding: lost blocks=1 bytes=107 stack=aligned_nothrow,make,main
// finding: lost blocks=1 bytes=108 stack=aligned_array_nothrow,make,main
#include <new>
#include "case.h"

static const std::align_val_t line{ 64 };

static NOINLINE void *plain()
{
	return keep(::operator new(101));
}

static NOINLINE void *array()
{
	return keep(::operator new[](102));
}

static NOINLINE void *plain_nothrow()
{
	return keep(::operator new(103, std::nothrow));
}

static NOINLINE void *array_nothrow()
{
	return keep(::operator new[](104, std::nothrow));
}

static NOINLINE void *aligned()
{
	return keep(::operator new(105, line));
}

static NOINLINE void *aligned_array()
{
	return keep(::operator new[](106, line));
}

static NOINLINE void *aligned_nothrow()
{
	return keep(::operator new(107, line, std::nothrow));
}

static NOINLINE void *aligned_array_nothrow()
{
	return keep(::operator new[](108, line, std::nothrow));
}

static NOINLINE void *make(int i)
{
	void *p = nullptr;

	switch (i) {
	case 0:
		p = plain();
		break;
	case 1:
		p = array();
		break;
	case 2:
		p = plain_nothrow();
		break;
	case 3:
		p = array_nothrow();
		break;
	case 4:
		p = aligned();
		break;
	case 5:
		p = aligned_array();
		break;
	case 6:
		p = aligned_nothrow();
		break;
	case 7:
		p = aligned_array_nothrow();
		break;
	}
	must(p && (i < 4 || reinterpret_cast<uintptr_t>(p) % 64 == 0));
	return keep(p);
}

static NOINLINE void pairs()
{
	for (int i = 0; i < 8; i += 2) {
		const size_t scalar = 101 + static_cast<size_t>(i), vector = scalar + 1;

		if (i < 4) {
			::operator delete(make(i));
			::operator delete(make(i), std::nothrow);
			::operator delete(make(i), scalar);
			::operator delete[](make(i + 1));
			::operator delete[](make(i + 1), std::nothrow);
			::operator delete[](make(i + 1), vector);
		} else {
			::operator delete(make(i), line);
			::operator delete(make(i), line, std::nothrow);
			::operator delete(make(i), scalar, line);
			::operator delete[](make(i + 1), line);
			::operator delete[](make(i + 1), line, std::nothrow);
			::operator delete[](make(i + 1), vector, line);
		}
	}
	::operator delete(nullptr);
}

int main(int argc, char **)
{
	pairs();
	for (int i = 0; argc > 1 && i < 8; i++)
		make(i);
	return 0;
}
