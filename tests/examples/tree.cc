// SPDX-License-Identifier: MIT
// A tree of widgets with a count inside; one base class annotates it.
//
// ouro::counted is the count, and announces it. A widget names itself as the holder of its
// children. find() returns a widget that is retained for the caller, as COM's and many toolkits'
// functions do: greet() gives it up again, by way of a smart pointer; look() uses it and forgets
// it. When the tree is gone, its count is still 1, and nobody is there who could give it up. The
// report names the retain in find() that was never matched.
//
// builds: gcc-O0 gcc-O2 clang-O2
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained bytes=48 type=widget refcount=1 held=0 stack=widget::find,look,main
// retain: kind=plain count=1 held=0 holder=none stack=widget::find,look,main
// valgrind: blocks=1 bytes=48 to Valgrind it is simply lost
#include <cstring>
#include <memory>
#include <vector>

#include "ouro.h"

class widget : public ouro::counted<widget>
{
      public:
	explicit widget(const char *name, widget *parent = nullptr)
	    : ouro::counted<widget>("widget"), name_(name), parent_(parent)
	{
		ouro_weak(&parent_);
		if (parent)
			parent->adopt(this);
	}

	~widget()
	{
		for (widget *child : children_)
			child->release_by(this);
	}

	// Retained for the caller.
	widget *find(const char *name)
	{
		if (std::strcmp(name_, name) == 0) {
			retain();
			return this;
		}
		for (widget *child : children_)
			if (widget *found = child->find(name))
				return found;
		return nullptr;
	}

	size_t depth() const
	{
		return parent_ ? 1 + parent_->depth() : 0;
	}

      private:
	void adopt(widget *child)
	{
		child->retain_by(this);
		children_.push_back(child);
	}

	const char *name_;
	widget *parent_; // does not own
	std::vector<widget *> children_;
};

using handle = std::unique_ptr<widget, ouro::deleter>;

static handle build()
{
	widget *const window = new widget("window");
	window->retain();

	widget *const form = new widget("form", window);
	new widget("ok", form);
	new widget("cancel", form);
	return handle(window);
}

__attribute__((noinline)) static size_t greet(widget &window)
{
	const handle ok(window.find("ok"));

	return ok->depth();
}

__attribute__((noinline)) static size_t look(widget &window)
{
	return window.find("cancel")->depth(); // who gives it up?
}

__attribute__((noinline)) static bool run()
{
	const handle window = build();

	return greet(*window) == look(*window);
}

int main()
{
	return run() ? 0 : 1;
}
