/* SPDX-License-Identifier: MIT */
/*
 * ouro.h - tell ouro who retains what, and ask it what can no longer be reached.
 *
 * Include it and call; there is nothing to link.  Where libouro.so is preloaded the calls are the
 * real thing; otherwise each is a load, a test and a branch not taken.  -DOURO_OFF, for the whole
 * program, compiles all of it away.  C89 and C++98 are enough; C++ finds helpers at the end.
 *
 * ouro.h is longer than a file should be because one include is all that a program has to take.
 */
#ifndef OURO_H
#define OURO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names one hold of an object; 0 is none. */
typedef uint64_t ouro_cookie;

/* A point in time, for ouro_check_scope(). */
typedef uint64_t ouro_mark;

enum { OURO_GENERATIONS = 3 };

/* What one call of ouro_collect() found. */
struct ouro_collection {
	int generation;
	int complete;	    /* 0: the snapshot failed; the counts mean nothing */
	size_t unreachable; /* blocks that nothing reaches any more */
	size_t unreachable_bytes;
	size_t live; /* blocks in all */
	uint64_t duration_ns;
};

/* What all collections of a generation found, together. */
struct ouro_stats {
	size_t collections;
	size_t unreachable;
	size_t failed;
};

/* A live block, or a declared object. */
struct ouro_info {
	const void *address;
	size_t size;	  /* bytes */
	const char *type; /* as given to ouro_object(), NULL unknown */
	int generation;	  /* 0 youngest .. 2 oldest */
};

enum ouro_from { OURO_FROM_BLOCK = 0, OURO_FROM_ROOT };

/* A reference: the word at `where`, in the block at `block` (NULL: in a root), `offset` bytes from
 * its start, points to `target`. */
struct ouro_reference {
	enum ouro_from from;
	const void *block;
	size_t offset;
	const void *where; /* NULL: a register */
	const void *target;
	int owns; /* 0: the slot is weak */
};

enum ouro_phase { OURO_PHASE_START = 0, OURO_PHASE_STOP };

/* Called before and after a collection, in the thread that collects; info is complete in STOP. */
typedef void (*ouro_callback)(enum ouro_phase phase, const struct ouro_collection *info, void *arg);

enum ouro_debug {
	OURO_DEBUG_STATS = 1,
	OURO_DEBUG_COLLECTABLE = 2,
	OURO_DEBUG_UNCOLLECTABLE = 4,
	OURO_DEBUG_SAVEALL = 32,
	OURO_DEBUG_LEAK = 2 | 4 | 32
};

/* What libouro.so hands out.  Members are only ever added, at the end; size says how many there
 * are. */
struct ouro_calls {
	size_t size;
	void (*retain)(const void *obj);
	void (*release)(const void *obj);
	void (*retain_by)(const void *obj, const void *holder);
	void (*release_by)(const void *obj, const void *holder);
	ouro_cookie (*hold)(const void *obj);
	void (*unhold)(ouro_cookie cookie);
	void (*object)(const void *obj, size_t size, const char *type);
	void (*object_end)(const void *obj);
	void (*weak)(const void *slot);
	void (*strong)(const void *slot);
	void (*root)(const void *p, size_t n);
	void (*unroot)(const void *p, size_t n);
	void (*ignore)(const void *p);
	long (*refcount)(const void *obj);
	/* the gc module */
	long (*collect)(int generation);
	void (*enable)(void);
	void (*disable)(void);
	int (*is_enabled)(void);
	void (*set_threshold)(size_t net0, unsigned every1, unsigned every2);
	void (*get_threshold)(size_t *ret_net0, unsigned *ret_every1, unsigned *ret_every2);
	void (*get_count)(long ret_count[OURO_GENERATIONS]);
	void (*get_stats)(struct ouro_stats ret_stats[OURO_GENERATIONS]);
	size_t (*get_objects)(int generation, struct ouro_info *ret, size_t room);
	size_t (*get_referrers)(const void *obj, struct ouro_reference *ret, size_t room);
	size_t (*get_referents)(const void *obj, struct ouro_reference *ret, size_t room);
	int (*is_tracked)(const void *obj);
	int (*is_finalized)(const void *obj);
	void (*freeze)(void);
	void (*unfreeze)(void);
	size_t (*get_freeze_count)(void);
	size_t (*get_garbage)(struct ouro_info *ret, size_t room);
	int (*callback_add)(ouro_callback callback, void *arg);
	int (*callback_remove)(ouro_callback callback, void *arg);
	void (*set_debug)(unsigned flags);
	unsigned (*get_debug)(void);
	long (*get_cycles)(void);
	ouro_mark (*scope_begin)(void);
	long (*check_scope)(ouro_mark mark);
};

#ifndef OURO_CALLS_ONLY

/* --- how a call gets there ------------------------------------------------------------------- */

#if !defined(__GNUC__) || !defined(__ELF__)
#ifndef OURO_OFF
#define OURO_OFF /* there is no libouro for it */
#endif
#endif

#ifdef __GNUC__
/* Artificial: no frame of its own in a stack, which begins at the line that calls. */
#define OURO_INLINE static __inline__ __attribute__((always_inline, artificial, unused))
/* After a call that records a stack: without it, a call at the end of a function becomes a jump,
 * and the function that made it is missing. */
#define OURO_STAY __asm__ __volatile__("")
#elif defined(__cplusplus) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L)
#define OURO_INLINE static inline
#define OURO_STAY
#else
#define OURO_INLINE static
#define OURO_STAY
#endif

/* The nth argument is but an address: gcc need not warn that what is there has no value yet. */
#if defined(__GNUC__) && __GNUC__ >= 11 && !defined(__clang__)
#define OURO_AT(n) __attribute__((access(none, n)))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#else
#define OURO_AT(n)
#endif

#ifdef OURO_OFF
#define OURO_IS_THERE(calls) ((calls) != NULL && 0)
#else
#define OURO_IS_THERE(calls) ((calls) != NULL)
#endif

/*
 * The library's table, NULL without the library.  Its address is asked of the global offset table,
 * which the dynamic linker fills in: a weak reference in plain C would be settled, as 0, when an
 * executable at a fixed address is linked.
 */
#if !defined(OURO_OFF) && !(defined(__x86_64__) && !defined(__ILP32__)) && !defined(__aarch64__)
extern const struct ouro_calls ouro_calls __attribute__((weak));
#endif

OURO_INLINE const struct ouro_calls *ouro_library(void)
{
#if defined(OURO_OFF)
	return NULL;
#elif defined(__x86_64__) && !defined(__ILP32__)
	const struct ouro_calls *calls;

	__asm__(".weak ouro_calls\n\t"
		"{movq ouro_calls@GOTPCREL(%%rip), %0|mov %0, QWORD PTR ouro_calls@GOTPCREL[rip]}"
		: "=r"(calls));
	return calls;
#elif defined(__aarch64__)
	const struct ouro_calls *calls;

	__asm__(".weak ouro_calls\n\t"
		"adrp %0, :got:ouro_calls\n\t"
		"ldr %0, [%0, :got_lo12:ouro_calls]"
		: "=r"(calls));
	return calls;
#else
	return &ouro_calls;
#endif
}

#define OURO_TELL(call)                                               \
	do {                                                          \
		const struct ouro_calls *ouro_there = ouro_library(); \
		if (OURO_IS_THERE(ouro_there)) {                      \
			ouro_there->call;                             \
			OURO_STAY;                                    \
		}                                                     \
	} while (0)

#define OURO_ASK(type, call, otherwise)                               \
	do {                                                          \
		const struct ouro_calls *ouro_there = ouro_library(); \
		type ouro_answer = otherwise;                         \
		if (OURO_IS_THERE(ouro_there)) {                      \
			ouro_answer = ouro_there->call;               \
			OURO_STAY;                                    \
		}                                                     \
		return ouro_answer;                                   \
	} while (0)

/*
 * --- who retains what ---
 *
 * An object is known by its address.  Its count starts at 0: announce the first reference too,
 * where the object is made.  Announce a retain before others can see it, and a release before it is
 * carried out: afterwards the object may be gone.
 *
 * All of these may be called by any thread and in signal handlers, and leave errno alone.  They are
 * about addresses: nothing is read or written through them.  NULL is no object, and nothing
 * happens.
 */

/* One reference more to obj; one less.  A release below 0 leaves the count at 0 and is reported as
 * over-released; so are both after the object's end. */
OURO_INLINE OURO_AT(1) void ouro_retain(const void *obj)
{
	OURO_TELL(retain(obj));
}

OURO_INLINE OURO_AT(1) void ouro_release(const void *obj)
{
	OURO_TELL(release(obj));
}

/* The same by a holder: the object, named by its address, that keeps the pointer to obj.  Such a
 * retain is held while the holder lives and has a pointer to obj.  A holder of NULL is nobody; a
 * release by a holder of whom no retain is outstanding counts as one by nobody. */
OURO_INLINE OURO_AT(1) OURO_AT(2) void ouro_retain_by(const void *obj, const void *holder)
{
	OURO_TELL(retain_by(obj, holder));
}

OURO_INLINE OURO_AT(1) OURO_AT(2) void ouro_release_by(const void *obj, const void *holder)
{
	OURO_TELL(release_by(obj, holder));
}

/* One reference more, and the cookie that takes back exactly this one, in any thread.  0: it was
 * not recorded; to unhold that is nothing, so there is no need to ask.  To unhold a cookie twice is
 * reported as over-released. */
OURO_INLINE OURO_AT(1) ouro_cookie ouro_hold(const void *obj)
{
	OURO_ASK(ouro_cookie, hold(obj), 0);
}

OURO_INLINE void ouro_unhold(ouro_cookie cookie)
{
	OURO_TELL(unhold(cookie));
}

/* The size bytes at obj are an object called type.  Inside a block (a pool, an arena) it becomes a
 * block of its own: found lost, or in a cycle, by itself.  At a block's start with size 0 or the
 * block's own, it is that block, which gets a name.  type: a string that stays for good, or NULL.
 * Retains nothing.  Say it again and the size and the type are new. */
OURO_INLINE OURO_AT(1) void ouro_object(const void *obj, size_t size, const char *type)
{
	OURO_TELL(object(obj, size, type));
}

/* The object is no more: what is left of its count is reported as over-retained.  free() of the
 * block around it says the same. */
OURO_INLINE OURO_AT(1) void ouro_object_end(const void *obj)
{
	OURO_TELL(object_end(obj));
}

/* The count now; -1: nothing is known of obj, or there is no library. */
OURO_INLINE OURO_AT(1) long ouro_refcount(const void *obj)
{
	OURO_ASK(long, refcount(obj), -1);
}

/*
 * --- what a pointer means ---
 *
 * By any thread; errno is left alone.
 */

/* The pointer that is stored at slot does not own: it keeps nothing alive, and closes no cycle. For
 * the word at that address, whatever is stored there, until ouro_strong() or the end of its block.
 */
OURO_INLINE OURO_AT(1) void ouro_weak(const void *slot)
{
	OURO_TELL(weak(slot));
}

OURO_INLINE OURO_AT(1) void ouro_strong(const void *slot)
{
	OURO_TELL(strong(slot));
}

/* The n bytes at p are roots: what they point to is not lost.  For memory of which the library
 * cannot know that it holds pointers.  Unroot with the same p and n. */
OURO_INLINE OURO_AT(1) void ouro_root(const void *p, size_t n)
{
	OURO_TELL(root(p, n));
}

OURO_INLINE OURO_AT(1) void ouro_unroot(const void *p, size_t n)
{
	OURO_TELL(unroot(p, n));
}

/* The block that p points to is meant to stay: it is not reported, nor is what it holds. */
OURO_INLINE OURO_AT(1) void ouro_ignore(const void *p)
{
	OURO_TELL(ignore(p));
}

/*
 * --- the gc module ---
 *
 * After CPython's, but nothing is ever freed.  Blocks have generations: 0 is born since the last
 * collection, 1 since the last one of generation 2, 2 is older.  By any thread, not in signal
 * handlers.  A collection stops all threads for the time of a fork(); one runs at a time, others
 * wait.  Without the library each returns what is said in brackets.
 */

/* Takes a snapshot and judges it now.  Returns how many blocks of that generation and the younger
 * ones are unreachable; -1 [-1]: it failed, or there is no such generation. */
OURO_INLINE long ouro_collect(int generation)
{
	OURO_ASK(long, collect(generation), -1);
}

/* Blocks that are allocated between disable and enable are not tracked: never reported.  The two do
 * not nest.  [0] */
OURO_INLINE void ouro_enable(void)
{
	OURO_TELL(enable());
}

OURO_INLINE void ouro_disable(void)
{
	OURO_TELL(disable());
}

OURO_INLINE int ouro_is_enabled(void)
{
	OURO_ASK(int, is_enabled(), 0);
}

/* A collection by itself when the allocations, less the frees, since the last one pass net0 blocks
 * (0: never, as at first), in the thread that allocates.  As in CPython it is of generation 1 when
 * count[1] of ouro_get_count() exceeds every1, of 2 when count[2] exceeds every2, of 0 otherwise.
 * [0, 0, 0] */
OURO_INLINE void ouro_set_threshold(size_t net0, unsigned every1, unsigned every2)
{
	OURO_TELL(set_threshold(net0, every1, every2));
}

OURO_INLINE void ouro_get_threshold(size_t *ret_net0, unsigned *ret_every1, unsigned *ret_every2)
{
	*ret_net0 = 0;
	*ret_every1 = 0;
	*ret_every2 = 0;
	OURO_TELL(get_threshold(ret_net0, ret_every1, ret_every2));
}

/* Allocations less frees since the last collection; collections of generation 0 since the last of
 * 1; of 1 since the last of 2.  [0, 0, 0] */
OURO_INLINE void ouro_get_count(long ret_count[OURO_GENERATIONS])
{
	ret_count[0] = ret_count[1] = ret_count[2] = 0;
	OURO_TELL(get_count(ret_count));
}

/* What the collections of each generation found.  [zeros] */
OURO_INLINE void ouro_get_stats(struct ouro_stats ret_stats[OURO_GENERATIONS])
{
	int i;

	for (i = 0; i < OURO_GENERATIONS; i++)
		ret_stats[i].collections = ret_stats[i].unreachable = ret_stats[i].failed = 0;
	OURO_TELL(get_stats(ret_stats));
}

/* The four below fill in at most room elements and return how many there are [0]; room 0 and ret
 * NULL ask for that alone.  The first three stop all threads as a collection does, and answer for
 * that moment. */

/* Live blocks of a generation; -1: of all. */
OURO_INLINE size_t ouro_get_objects(int generation, struct ouro_info *ret, size_t room)
{
	OURO_ASK(size_t, get_objects(generation, ret, room), 0);
}

/* The words, in blocks and roots, that point to the block at obj or into it. */
OURO_INLINE OURO_AT(1) size_t
	ouro_get_referrers(const void *obj, struct ouro_reference *ret, size_t room)
{
	OURO_ASK(size_t, get_referrers(obj, ret, room), 0);
}

/* The words of the block at obj that point to blocks. */
OURO_INLINE OURO_AT(1) size_t
	ouro_get_referents(const void *obj, struct ouro_reference *ret, size_t room)
{
	OURO_ASK(size_t, get_referents(obj, ret, room), 0);
}

/* What the last collection found unreachable, and has not been freed since. */
OURO_INLINE size_t ouro_get_garbage(struct ouro_info *ret, size_t room)
{
	OURO_ASK(size_t, get_garbage(ret, room), 0);
}

/* Whether obj is a declared object, or the start of a live block that is not ignored.  [0] */
OURO_INLINE OURO_AT(1) int ouro_is_tracked(const void *obj)
{
	OURO_ASK(int, is_tracked(obj), 0);
}

/* Whether the last release was seen, but the memory is not freed yet.  [0] */
OURO_INLINE OURO_AT(1) int ouro_is_finalized(const void *obj)
{
	OURO_ASK(int, is_finalized(obj), 0);
}

/* What is live now is exempt: not reported, nor what it holds; until unfreeze.  For start-up, and
 * before fork().  The count is of blocks.  [0] */
OURO_INLINE void ouro_freeze(void)
{
	OURO_TELL(freeze());
}

OURO_INLINE void ouro_unfreeze(void)
{
	OURO_TELL(unfreeze());
}

OURO_INLINE size_t ouro_get_freeze_count(void)
{
	OURO_ASK(size_t, get_freeze_count(), 0);
}

/* Calls callback(phase, info, arg) before and after every collection, in the order of adding.  It
 * may not collect.  Returns 0, or -1 [-1]: no room for one more; no such pair to remove. */
OURO_INLINE int ouro_callback_add(ouro_callback callback, void *arg)
{
	OURO_ASK(int, callback_add(callback, arg), -1);
}

OURO_INLINE int ouro_callback_remove(ouro_callback callback, void *arg)
{
	OURO_ASK(int, callback_remove(callback, arg), -1);
}

/* Bits of enum ouro_debug.  [0] */
OURO_INLINE void ouro_set_debug(unsigned flags)
{
	OURO_TELL(set_debug(flags));
}

OURO_INLINE unsigned ouro_get_debug(void)
{
	OURO_ASK(unsigned, get_debug(), 0);
}

/* How many cycles the last collection found; -1 [-1]: there was none. */
OURO_INLINE long ouro_get_cycles(void)
{
	OURO_ASK(long, get_cycles(), -1);
}

/* --- unit tests --- */

/* Where a test begins; then, how many blocks born since are unreachable by now, -1 [-1]: nobody
 * could look.  Other threads' blocks are counted too. */
OURO_INLINE ouro_mark ouro_scope_begin(void)
{
	OURO_ASK(ouro_mark, scope_begin(), 0);
}

OURO_INLINE long ouro_check_scope(ouro_mark mark)
{
	OURO_ASK(long, check_scope(mark), -1);
}

/* As assert(), and from the same <assert.h>, which the caller includes: ends a test that has made
 * something unreachable.  Passes where nobody could look. */
#define OURO_ASSERT_SCOPE(mark) assert(ouro_check_scope(mark) <= 0)

#endif /* OURO_CALLS_ONLY */

#ifdef __cplusplus
}
#endif

/* --- C++ --- */

#if defined(__cplusplus) && !defined(OURO_CALLS_ONLY)

#if __cplusplus >= 201103L
#define OURO_NOEXCEPT noexcept
#else
#define OURO_NOEXCEPT throw()
#endif

#ifdef __GNUC__
#define OURO_METHOD __inline__ __attribute__((always_inline, artificial))
#else
#define OURO_METHOD inline
#endif

namespace ouro
{

/*
 * One reference to an object, by a holder or by nobody, announced for as long as this lives, as a
 * local or as a member beside the pointer that it speaks of.
 *
 *	class window {
 *		menu *menu_;
 *		ouro::held menu_held_;
 *	public:
 *		explicit window(menu *m) : menu_(m), menu_held_(m, this) {}
 *	};
 *
 * A copy is one reference more by the same holder; an owner that is copied names itself instead:
 * menu_held_(other.menu_held_, this).  What was moved from holds nothing.  Not for two threads at a
 * time, like any value.
 */
class held
{
      public:
	OURO_METHOD held() OURO_NOEXCEPT : object_(0), holder_(0)
	{
	}

	OURO_METHOD OURO_AT(2)
		OURO_AT(3) explicit held(const void *obj, const void *holder = NULL) OURO_NOEXCEPT
	    : object_(hide(obj)),
	      holder_(hide(holder))
	{
		ouro_retain_by(obj, holder);
	}

	OURO_METHOD held(const held &other) OURO_NOEXCEPT : object_(other.object_),
							    holder_(other.holder_)
	{
		ouro_retain_by(object(), holder());
	}

	OURO_METHOD OURO_AT(3) held(const held &other, const void *holder) OURO_NOEXCEPT
	    : object_(other.object_),
	      holder_(hide(holder))
	{
		ouro_retain_by(object(), holder);
	}

#if __cplusplus >= 201103L
	OURO_METHOD held(held &&other) noexcept : object_(other.object_), holder_(other.holder_)
	{
		other.object_ = 0;
	}
#endif

	/* Of a copy, or of what was moved here. */
	OURO_METHOD held &operator=(held other) OURO_NOEXCEPT
	{
		swap(other);
		return *this;
	}

	OURO_METHOD ~held()
	{
		ouro_release_by(object(), holder());
	}

	/* Retains the new object, then releases the old one; the holder stays. */
	OURO_METHOD OURO_AT(2) void reset(const void *obj = NULL) OURO_NOEXCEPT
	{
		held other(obj, holder());

		swap(other);
	}

	OURO_METHOD void swap(held &other) OURO_NOEXCEPT
	{
		const uintptr_t object = object_, holder = holder_;

		object_ = other.object_;
		holder_ = other.holder_;
		other.object_ = object;
		other.holder_ = holder;
	}

	OURO_METHOD const void *object() const OURO_NOEXCEPT
	{
		return show(object_);
	}

	OURO_METHOD const void *holder() const OURO_NOEXCEPT
	{
		return show(holder_);
	}

      private:
	/* Complemented, NULL is 0: a note about a pointer must not pass for a pointer itself. */
	OURO_METHOD OURO_AT(1) static uintptr_t hide(const void *p) OURO_NOEXCEPT
	{
		return p ? ~reinterpret_cast<uintptr_t>(p) : 0;
	}

	OURO_METHOD static const void *show(uintptr_t hidden) OURO_NOEXCEPT
	{
		return hidden ? reinterpret_cast<const void *>(~hidden) : NULL;
	}

	uintptr_t object_, holder_;
};

#ifdef __GNUC__
/*
 * An intrusive count that announces itself: one line annotates a class.
 *
 *	class node : public ouro::counted<node> { ... };
 *	boost::intrusive_ptr<node> root(new node);
 *
 * The count starts at 0, is thread-safe, and deletes the object when it comes back to 0.  A copy of
 * an object has a count of its own.  A type that no virtual function tells may be named:
 * node() : ouro::counted<node>("node") {}
 */
template <class T> class counted
{
      public:
	OURO_METHOD OURO_AT(2) void retain_by(const void *holder) const OURO_NOEXCEPT
	{
		ouro_retain_by(self(), holder);
		__atomic_add_fetch(&count_, 1, __ATOMIC_RELAXED);
	}

	OURO_METHOD OURO_AT(2) void release_by(const void *holder) const
	{
		ouro_release_by(self(), holder);
		if (__atomic_sub_fetch(&count_, 1, __ATOMIC_ACQ_REL) == 0)
			delete self();
	}

	OURO_METHOD void retain() const OURO_NOEXCEPT
	{
		retain_by(NULL);
	}

	OURO_METHOD void release() const
	{
		release_by(NULL);
	}

	OURO_METHOD long use_count() const OURO_NOEXCEPT
	{
		return __atomic_load_n(&count_, __ATOMIC_RELAXED);
	}

	/* What boost::intrusive_ptr, and ouro::deleter, look for. */
	OURO_METHOD friend void intrusive_ptr_add_ref(const counted *obj) OURO_NOEXCEPT
	{
		obj->retain();
	}

	OURO_METHOD friend void intrusive_ptr_release(const counted *obj)
	{
		obj->release();
	}

      protected:
	OURO_METHOD counted() OURO_NOEXCEPT : count_(0)
	{
	}

	OURO_METHOD explicit counted(const char *type) OURO_NOEXCEPT : count_(0)
	{
		ouro_object(self(), 0, type);
	}

	OURO_METHOD counted(const counted &) OURO_NOEXCEPT : count_(0)
	{
	}

	OURO_METHOD counted &operator=(const counted &) OURO_NOEXCEPT
	{
		return *this;
	}

	OURO_METHOD ~counted()
	{
		ouro_object_end(self());
	}

      private:
	OURO_METHOD const T *self() const OURO_NOEXCEPT
	{
		return static_cast<const T *>(this);
	}

	mutable long count_;
};
#endif

/* For std::unique_ptr and std::shared_ptr, as owner of one reference of a boost-style count:
 * std::unique_ptr<node, ouro::deleter>. */
struct deleter {
	template <class T> OURO_METHOD void operator()(T *obj) const
	{
		intrusive_ptr_release(obj);
	}
};

/*
 * What a unit test made and lost, from here on.
 *
 *	ouro::scope_check scope;
 *	...
 *	EXPECT_TRUE(scope.is_clean());
 */
class scope_check
{
      public:
	OURO_METHOD scope_check() OURO_NOEXCEPT : mark_(ouro_scope_begin())
	{
	}

	/* As ouro_check_scope(). */
	OURO_METHOD long unreachable() const OURO_NOEXCEPT
	{
		return ouro_check_scope(mark_);
	}

	/* Also where nobody could look. */
	OURO_METHOD bool is_clean() const OURO_NOEXCEPT
	{
		return unreachable() <= 0;
	}

      private:
	ouro_mark mark_;
};

} /* namespace ouro */

#endif

#if !defined(OURO_CALLS_ONLY) && defined(__GNUC__) && __GNUC__ >= 11 && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif
