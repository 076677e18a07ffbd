// SPDX-License-Identifier: MIT
// The C++ helpers, seen through the count; as every.c, it expects the library where there is an
// argument.
#include <stdio.h>

#if __cplusplus >= 201103L
#include <memory>
#include <type_traits>
#include <utility>
#endif

#include "ouro.h"

namespace
{

int wrong;
bool there;

void expect(const void *object, long count, int line)
{
	const long got = ouro_refcount(object);

	if (got != (there ? count : -1)) {
		printf("line %d: %ld, not %ld\n", line, got, count);
		wrong = 1;
	}
}

void expect(bool ok, int line)
{
	if (!ok) {
		printf("line %d\n", line);
		wrong = 1;
	}
}

struct owner {
	explicit owner(const void *object) : held_(object, this)
	{
	}

	owner(const owner &other) : held_(other.held_, this)
	{
	}

	ouro::held held_;
};

void test_held()
{
	static int first, second;

	{
		ouro::held nothing, one(&first), &alias = nothing;

		expect(nothing.object() == NULL && one.object() == &first, __LINE__);
		expect(&first, 1, __LINE__);

		ouro::held two(one);
		expect(&first, 2, __LINE__);
		nothing = two;
		expect(&first, 3, __LINE__);
		nothing = alias;
		expect(&first, 3, __LINE__);
		nothing.reset(&second);
		expect(&first, 2, __LINE__);
		expect(&second, 1, __LINE__);
		nothing.reset();
		expect(&second, 0, __LINE__);
		nothing.swap(two);
		expect(two.object() == NULL && nothing.object() == &first, __LINE__);
		expect(&first, 2, __LINE__);

		owner a(&first), b(a);
		expect(a.held_.holder() == &a && b.held_.holder() == &b, __LINE__);
		expect(&first, 4, __LINE__);
	}
	expect(&first, 0, __LINE__);
#if __cplusplus >= 201103L
	static_assert(std::is_nothrow_move_constructible<ouro::held>::value, "");
	static_assert(std::is_nothrow_move_assignable<ouro::held>::value, "");
	{
		ouro::held one(&second);
		ouro::held two(std::move(one));

		expect(&second, 1, __LINE__);
		one = std::move(two);
		expect(&second, 1, __LINE__);
	}
	expect(&second, 0, __LINE__);
#endif
}

int alive;

struct node : public ouro::counted<node> {
	node() : ouro::counted<node>("node")
	{
		alive++;
	}

	node(const node &other) : ouro::counted<node>(other)
	{
		alive++;
	}

	node &operator=(const node &other)
	{
		ouro::counted<node>::operator=(other);
		return *this;
	}

	~node()
	{
		alive--;
	}
};

// The count lies behind the class's own first base: what counts is the whole object.
struct base {
	virtual ~base()
	{
	}
};

struct derived : public base, public ouro::counted<derived> {
};

void test_counted()
{
	node *const one = new node;

	intrusive_ptr_add_ref(one);
	one->retain_by(&wrong);
	expect(one, 2, __LINE__);
	expect(one->use_count() == 2, __LINE__);

	node *const two = new node(*one);
	expect(two->use_count() == 0, __LINE__);
	two->retain();
	*two = *one;
	expect(two, 1, __LINE__);
	ouro::deleter()(two);
	expect(alive == 1, __LINE__);
	one->release_by(&wrong);
	expect(one, 1, __LINE__);
	intrusive_ptr_release(one);
	expect(alive == 0, __LINE__);

	// Nobody ever refers to these: their ends are nothing to report.
	{
		node local, copy(local);

		delete new node(copy);
	}
	expect(alive == 0, __LINE__);

	derived *const third = new derived;
	intrusive_ptr_add_ref(third);
	expect(static_cast<const base *>(third), 1, __LINE__);
#if __cplusplus >= 201103L
	std::unique_ptr<derived, ouro::deleter> keeper(third);
	expect(third, 1, __LINE__);
#else
	intrusive_ptr_release(third);
#endif
}

void test_scope()
{
	const ouro::scope_check scope;

	expect(scope.is_clean(), __LINE__);
	expect(scope.unreachable() == (there ? 0 : -1), __LINE__);
}

} // namespace

int main(int argc, char **)
{
	there = argc > 1;
	test_held();
	test_counted();
	test_scope();
	return wrong;
}
