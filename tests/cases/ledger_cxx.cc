// SPDX-License-Identifier: MIT
// The C++ side: a class that inherits its count, a smart pointer that says who holds it, a pointer
// with the standard library's deleter.
//
// run: balanced
// args: balanced
// expect: coverage retain_records=0
// run: cycle
// args: cycle
// expect: cycle findings=1 blocks=2 bytes=48
// finding: cycle type=Person refcount=1 held=1 members=2 counts=every_count_is_explained
// run: over
// args: over
// expect: over-retained findings=1 blocks=1 bytes=24
// finding: over-retained type=Person refcount=2 held=1 stack=forget,main
// retain: kind=plain count=1 held=0 holder=none stack=forget
// run: held
// args: held
// expect: reachable blocks>=3
#include <memory>
#include <utility>
#include <vector>
#include "counted.h"

struct person;

/* A pointer that owns, as a member: who holds it is named once, where it is made. */
class owner
{
      public:
	explicit owner(const void *holder) : holder_(~(uintptr_t)holder)
	{
	}
	owner(const owner &) = delete;
	owner &operator=(const owner &) = delete;
	~owner()
	{
		set(nullptr);
	}
	void set(person *p);
	person *get() const
	{
		return p_;
	}

      private:
	person *p_ = nullptr;
	uintptr_t holder_; /* hidden: it is no reference */
};

struct person : ouro::counted<person> {
	person() : ouro::counted<person>("Person"), spouse(this)
	{
	}
	owner spouse;
};

void owner::set(person *p)
{
	person *old = p_;

	if (p)
		p->retain_by((const void *)~holder_);
	p_ = p;
	if (old)
		old->release_by((const void *)~holder_);
}

/* Static, and never taken down. */
alignas(owner) char storage[sizeof(owner)];
owner &root = *new (storage) owner(storage);

static NOINLINE void forget(person *p)
{
	p->retain();
}

static NOINLINE void over()
{
	root.set(new person);
	forget(root.get());
	STAY();
}

static NOINLINE void with_deleter()
{
	person *p = new person;

	p->retain();
	std::unique_ptr<person, ouro::deleter> sole(p);
	must(p->use_count() == 1);
	count_is(p, 1);
}

struct window {
	explicit window(node *menu) : menu(menu), menu_held(menu, this)
	{
		ouro_object(this, sizeof(*this), "Window");
	}
	node *menu;
	ouro::held menu_held;
};

auto &windows = *new std::vector<std::unique_ptr<window>>;

static NOINLINE void held()
{
	node *menu = make_object("Menu");

	windows.emplace_back(new window(menu));
	windows.emplace_back(new window(menu));
	count_is(menu, 2);
	{
		ouro::held guest(menu), copy(guest), moved(std::move(guest));
		count_is(menu, 4);
	}
	count_is(menu, 2);
}

static NOINLINE void pair(bool cycle)
{
	person *a = new person, *b = new person;

	root.set(a);
	a->spouse.set(b);
	if (cycle)
		b->spouse.set(a);
	root.set(nullptr);
}

int main(int argc, char **argv)
{
	must(argc == 2);
	if (!strcmp(argv[1], "held")) {
		held();
	} else if (!strcmp(argv[1], "over")) {
		over();
	} else {
		with_deleter();
		pair(argv[1][0] == 'c');
	}
	return 0;
}
