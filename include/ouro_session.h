/* SPDX-License-Identifier: MIT */
/*
 * ouro_session.h - the session file: the only contract between the preloaded library and the
 * analyzer.  man/ouro_session.5 says the same in prose.
 *
 * One file a process.  The shim maps it MAP_SHARED and writes it in place, so a process that is
 * killed leaves a file that is complete up to its last committed record.  A reader trusts nothing
 * in it: every offset, count, kind and id is checked before use.
 *
 * Glossary
 *   session    this file: what one process image did, from its first malloc to its end
 *   segment    a run of bytes of one kind, named in the directory; segments never overlap or move
 *   granule    16 bytes of address space: the alignment of malloc's blocks
 *   region     2^18 bytes of address space: what one SHADOW segment holds the block table of
 *   slot       the 8-byte record of the block that starts in these 32 bytes, malloc's least
 *              distance between two blocks: it says in which of the two granules
 *   node       one frame of the stack tree; a stack is the path from a node up to its THREAD node
 *   generation an age: it rises with every snapshot and every mark that the program sets
 *   ordinal    the number of a block in a snapshot, in order of address (large blocks last)
 *   mark       what a snapshot says of a block: unreached, held by a root, or held by another block
 *   object     what the program retains and releases: a record of the ledger, by address
 *   retain     a record of the ledger: some outstanding retains of one object, alike
 *   inner      an object that lies in a bigger block (a pool) or outside of the heap, and is judged
 *              as a block of its own
 *
 * Why ouro_session is one long file: the contract is read, and compared with its manual page, as a
 * whole.
 *
 * Byte order and word size are the target's and stand in the header; this version is little-endian
 * and 64-bit.  All structures are naturally aligned and have no padding.  Records commit by the
 * one word named in their comment: it is stored last (release), and zero means "not there".
 */
#ifndef OURO_SESSION_H
#define OURO_SESSION_H

#include <stddef.h>
#include <stdint.h>

#define OUROS_MAGIC "OUROSES1"

enum {
	OUROS_VERSION = 2,
	OUROS_HEADER_SIZE = 4096,
	OUROS_GRANULE_SHIFT = 4,
	OUROS_REGION_SHIFT = 18,
	OUROS_SLOT_SHIFT = 5,
	OUROS_REGION_GRANULES = 1 << (OUROS_REGION_SHIFT - OUROS_GRANULE_SHIFT), /* 16384 */
	OUROS_REGION_SLOTS = 1 << (OUROS_REGION_SHIFT - OUROS_SLOT_SHIFT),	 /* 8192 */
	OUROS_REGION_BYTES = OUROS_REGION_SLOTS * 8, /* of one SHADOW segment */
	OUROS_LARGE_SIZE = 1 << 17, /* blocks of this size and more are LARGE records */
	OUROS_BUILD_ID_MAX = 32,
	OUROS_THREAD_NAME = 16,
};

/* A string: LENGTH bytes (no terminator counted) at absolute file OFFSET, inside a STRINGS segment.
 * OFFSET 0 means "no string". */
struct ouros_string {
	uint64_t offset;
	uint64_t length;
};
_Static_assert(sizeof(struct ouros_string) == 16, "format");

/* Where the life of the recording stands (header.status). */
enum ouros_status {
	OUROS_STATUS_STARTING = 0, /* created, the constructor has not finished */
	OUROS_STATUS_RECORDING,	   /* all is well; if the process is dead, it was killed */
	OUROS_STATUS_FROZEN,	   /* recording stopped early: header.reason says why */
	OUROS_STATUS_FINISHED,	   /* the final snapshot was attempted: see its own status */
};

/* Why something is missing (header.reason, snapshot.reason). */
enum ouros_reason {
	OUROS_REASON_NONE = 0,
	OUROS_REASON_NO_SPACE,	    /* the file system was full */
	OUROS_REASON_FILE_LIMIT,    /* RLIMIT_FSIZE */
	OUROS_REASON_ADDRESS_LIMIT, /* RLIMIT_AS, or mmap failed */
	OUROS_REASON_FILE_GONE,	    /* it could not be opened again to grow (chroot, setuid) */
	OUROS_REASON_TABLE_FULL,    /* a table reached its end (2^31 stack nodes, ...) */
	OUROS_REASON_NO_UNWINDER,   /* libunwind could not be loaded */
	OUROS_REASON_CLONE_FAILED,  /* no process could be made for the snapshot */
	OUROS_REASON_CLONE_DIED,    /* the snapshot's process died of a signal */
	OUROS_REASON_DEADLINE,	    /* the snapshot took longer than it may */
	OUROS_REASON_MEMORY,	    /* the snapshot's process could not get memory */
	OUROS_REASON_DISABLED,	    /* asked for: detect_leaks=0, __lsan_is_turned_off */
	OUROS_REASON_COUNT
};

/* How the process image ended, as far as the shim saw it (header.end). */
enum ouros_end {
	OUROS_END_UNKNOWN = 0, /* still running, or killed */
	OUROS_END_EXIT,	       /* exit() or return from main; end_value = status */
	OUROS_END_QUICK_EXIT,  /* quick_exit() */
	OUROS_END_RAW_EXIT,    /* _exit(), _Exit() */
	OUROS_END_SIGNAL,      /* a fatal signal; end_value = its number */
	OUROS_END_EXEC,	       /* replaced itself by execve() */
	OUROS_END_COUNT
};

/* Which blocks have a stack (header.stacks).  All blocks are in the table, whichever. */
enum ouros_stacks {
	OUROS_STACKS_ALL = 0,
	OUROS_STACKS_NONE,
	/* Those in which a sampled byte lies: a block of s bytes with probability 1 - exp(-s /
	 * mean) (s: 1 at least), all if the mean is 1, and also each whose stack is BARE.  Objects
	 * of the ledger always have one. */
	OUROS_STACKS_SAMPLED,
	OUROS_STACKS_COUNT
};

/* What the recording could not do, counted by the shim; a thread counts in its ouros_thread. */
struct ouros_coverage {
	uint64_t untracked;	   /* allocations forwarded without a record */
	uint64_t dropped;	   /* records lost to a frozen session */
	uint64_t unknown_frees;	   /* frees of pointers never recorded */
	uint64_t truncated_stacks; /* captures that did not reach the outermost frame */
	uint64_t nested;	   /* recorded with a bare stack: by a signal handler in our hook */
	uint64_t prestart;	   /* recorded with a bare stack: before our constructor */
	uint64_t verified;	   /* captures compared with libunwind's cursor (verify_stacks=1) */
	uint64_t mismatched;	   /* of these, not equal frame by frame */
	uint64_t rules;		   /* unwind rules learnt */
	uint64_t walked;	   /* captures that needed libunwind's full walk */
	uint64_t paused;	   /* blocks made while the program had stopped recording */
	uint64_t stray_cookies;	   /* cookies given back that name no hold of a known object */
	uint64_t spare[4];
};
_Static_assert(sizeof(struct ouros_coverage) == 128, "format");

/* At file offset 0, in a page of its own. */
struct ouros_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint8_t word_size;  /* 8 */
	uint8_t byte_order; /* 1 little, 2 big: ELFDATA2LSB, ELFDATA2MSB */
	uint16_t machine;   /* ELF e_machine of the target */
	uint32_t features;  /* 0 in version 1: a reader refuses bits that it does not know */
	uint64_t directory; /* offset of the first directory page; written last at creation */
	uint64_t used;	    /* bytes of the file handed out to segments */
	uint32_t pid;
	uint32_t ppid;
	uint64_t start_ns; /* CLOCK_REALTIME at creation */
	struct ouros_string exe;
	struct ouros_string argv; /* NUL between arguments, as in /proc/PID/cmdline */
	struct ouros_string cwd;
	uint32_t status; /* enum ouros_status */
	uint32_t reason; /* enum ouros_reason, of FROZEN */
	uint32_t end;	 /* enum ouros_end */
	int32_t end_value;
	uint32_t generation; /* of blocks born now */
	uint32_t snapshot;   /* 1 + index of the last complete snapshot; 0 none */
	struct ouros_coverage coverage;
	struct ouros_string parent_exe;
	struct ouros_string suppressions; /* of the program's __lsan_default_suppressions() */
	struct ouros_string unbound; /* "--retain NAME" that no module calls, a NUL behind each */
	uint32_t stacks;	     /* enum ouros_stacks; stored behind what follows */
	uint32_t stack_depth;	     /* frames of a stack, at most; 0 all there are */
	uint64_t sample_bytes;	     /* SAMPLED: the mean, see enum ouros_stacks */
};
_Static_assert(sizeof(struct ouros_header) == 320, "format");
_Static_assert(offsetof(struct ouros_header, coverage) == 128, "format");

/* What a segment holds, and what its key means. */
enum ouros_kind {
	OUROS_KIND_NONE = 0,
	OUROS_KIND_DIRECTORY, /* key 0; a page: struct ouros_directory */
	OUROS_KIND_STRINGS,   /* bytes; key 0 */
	OUROS_KIND_STACKS,    /* struct ouros_node[]; key = id of the first */
	OUROS_KIND_MODULES,   /* struct ouros_module[]; key = index of the first */
	OUROS_KIND_THREADS,   /* struct ouros_thread[]; key = index of the first */
	OUROS_KIND_SHADOW,    /* uint64_t slot[OUROS_REGION_SLOTS]; key = the region's address */
	OUROS_KIND_LARGE,     /* struct ouros_large[]; key 0; order without meaning */
	/* of a snapshot: key = its index, count = exact number of elements */
	OUROS_KIND_SNAPSHOT,	/* struct ouros_snapshot, one */
	OUROS_KIND_SNAP_STARTS, /* struct ouros_starts[], by ascending region */
	OUROS_KIND_SNAP_LARGE,	/* struct ouros_large[], by ascending address */
	OUROS_KIND_SNAP_MARKS,	/* uint32_t[], by ordinal: enum ouros_mark */
	OUROS_KIND_SNAP_ROOTS,	/* struct ouros_rootref[]: what holds the root-held, by ordinal */
	OUROS_KIND_SNAP_BLOCKS, /* struct ouros_block[]: the unreached and possible, by ordinal */
	OUROS_KIND_SNAP_EDGES,	/* struct ouros_edge[]: references between these, by from, offset */
	/* the ledger */
	OUROS_KIND_OBJECTS,	 /* struct ouros_object[]; key = id of the first */
	OUROS_KIND_RETAINS,	 /* struct ouros_retain[]; key = id of the first */
	OUROS_KIND_SNAP_OBJECTS, /* struct ouros_counted[]: objects in use, by ascending id */
	OUROS_KIND_SNAP_RETAINS, /* struct ouros_retain[]: theirs, by ascending object; next = 0 */
	OUROS_KIND_SNAP_INNER,	 /* struct ouros_inner[]: by ascending address; ordinals go on */
	OUROS_KIND_SNAP_REFS, /* struct ouros_ref[]: who points to objects, by ascending object */
	OUROS_KIND_COUNT
};

/* One entry of the directory.  Commits by state. */
struct ouros_segment {
	uint32_t kind;	/* enum ouros_kind */
	uint32_t state; /* 0 not there, 1 committed; given back: 0, as kind is then */
	uint64_t key;
	uint64_t offset; /* in the file, a multiple of 8 */
	uint64_t size;	 /* bytes */
	uint64_t count;	 /* elements; for segments that are appended to: how many fit */
};
_Static_assert(sizeof(struct ouros_segment) == 40, "format");

enum { OUROS_DIRECTORY_ENTRIES = 102 };

/* A page of the directory.  Entries are appended; a reader skips uncommitted ones. */
struct ouros_directory {
	uint64_t next; /* offset of the next page, 0 = last; commits by itself */
	uint64_t spare;
	struct ouros_segment entry[OUROS_DIRECTORY_ENTRIES];
};
_Static_assert(sizeof(struct ouros_directory) == 4096, "format");

/* What a node of the stack tree stands for: the top byte of its word. */
enum ouros_node_kind {
	OUROS_NODE_NONE = 0,
	OUROS_NODE_RETURN,    /* value = return address: the call is the instruction before it */
	OUROS_NODE_EXACT,     /* value = address of the instruction itself: a signal came there */
	OUROS_NODE_THREAD,    /* value = index of the thread; parent 0: the root of its paths */
	OUROS_NODE_TRUNCATED, /* frames between here and the thread are not known; value = 0 */
	OUROS_NODE_BARE,      /* no stack was taken; value = enum ouros_bare */
	OUROS_NODE_CUT,	      /* as asked, what lies between here and the thread was left out */
	OUROS_NODE_KIND_COUNT
};

enum ouros_bare { OUROS_BARE_NESTED = 1, OUROS_BARE_PRESTART };

/* One frame.  Ids count from 1; 0 is "no stack".  A child's id is greater than its parent's.
 * Commits by word. */
struct ouros_node {
	uint32_t parent; /* id of the caller's node; 0 only for THREAD */
	uint32_t module; /* 1 + index of the module that the address lies in, 0 = none */
	uint64_t word;	 /* kind << 56 | value (48 bits) */
};
_Static_assert(sizeof(struct ouros_node) == 16, "format");

enum {
	OUROS_NODE_KIND_SHIFT = 56,
	OUROS_NODE_MAX = 0x7fffffff, /* ids fit in 31 bits */
};
#define OUROS_NODE_VALUE_MASK ((UINT64_C(1) << 48) - 1)

enum ouros_module_flag {
	OUROS_MODULE_MAIN = 1,
	OUROS_MODULE_VDSO = 2,
	OUROS_MODULE_LOADER = 4,
	OUROS_MODULE_OURO = 8, /* libouro.so itself: its frames are not shown */
};

/* A loaded ELF file, or one that was.  Two modules may share addresses if their lives do not
 * overlap.  Commits by committed. */
struct ouros_module {
	uint64_t bias; /* what to subtract from an address to get the file's own (l_addr) */
	uint64_t start;
	uint64_t end; /* of the mapped range, exclusive */
	struct ouros_string path;
	uint32_t flags;	   /* enum ouros_module_flag */
	uint32_t unloaded; /* 0 loaded, 1 gone */
	uint32_t build_id_length;
	uint32_t committed;
	uint8_t build_id[OUROS_BUILD_ID_MAX];
	uint64_t spare[2];
};
_Static_assert(sizeof(struct ouros_module) == 104, "format");

enum ouros_thread_flag {
	OUROS_THREAD_MAIN = 1,
	OUROS_THREAD_ENDED = 2,
	OUROS_THREAD_MISSED = 4, /* did not stop for the last snapshot */
};

/* A thread that allocated or freed something.  Its counts are plain stores.  Commits by tid. */
struct ouros_thread {
	uint32_t tid;
	uint32_t flags; /* enum ouros_thread_flag */
	char name[OUROS_THREAD_NAME];
	uint64_t allocs; /* records made */
	uint64_t frees;	 /* records removed */
	uint64_t spare[3];
};
_Static_assert(sizeof(struct ouros_thread) == 64, "format");

/*
 * The word of a block (a slot of SHADOW, or ouros_large.word):
 *   bits  0..16  size in bytes (LARGE: 0, the record has its own)
 *   bits 17..28  generation, saturating at 4095
 *   bits 29..32  flags: live, ignored, counted, upper (starts in its slot's upper granule)
 *   bits 33..63  stack: id of the leaf node, 0 = none
 * A slot that is not zero and not live is where a block was: the word is the dead block's.
 */
enum {
	OUROS_BLOCK_SIZE_BITS = 17,
	OUROS_BLOCK_GEN_SHIFT = 17,
	OUROS_BLOCK_GEN_BITS = 12,
	OUROS_BLOCK_STACK_SHIFT = 33,
};
#define OUROS_BLOCK_SIZE_MASK ((UINT64_C(1) << OUROS_BLOCK_SIZE_BITS) - 1)
#define OUROS_BLOCK_LIVE      (UINT64_C(1) << 29)
#define OUROS_BLOCK_IGNORED   (UINT64_C(1) << 30) /* never reported, and a root */
#define OUROS_BLOCK_UPPER     (UINT64_C(1) << 32) /* only in slots, and copies of them */
#define OUROS_BLOCK_COUNTED   (UINT64_C(1) << 31) /* the ledger knows something in it */
/* How far behind its slot's first address the block of a word starts. */
#define OUROS_SLOT_OFFSET(word) (((word)&OUROS_BLOCK_UPPER) >> (32 - OUROS_GRANULE_SHIFT))

/* --- the ledger ------------------------------------------------------------------------------ */

/* How an object's life stands.  Zero: the record is free. */
enum ouros_object_state {
	OUROS_OBJECT_NONE = 0,
	OUROS_OBJECT_LIVE,
	OUROS_OBJECT_FREED, /* its memory is gone, but it was still retained, or still retains */
	OUROS_OBJECT_ENDED, /* gone with count 0; kept for a while to name later misuse */
	OUROS_OBJECT_STATE_COUNT
};

enum ouros_object_flag {
	OUROS_OBJECT_DECLARED = 1,  /* size was given by ouro_object() */
	OUROS_OBJECT_FINALIZED = 2, /* the count has come back to 0 */
	OUROS_OBJECT_PARTIAL = 4,   /* known only since after its birth: its count proves nothing */
	OUROS_OBJECT_BORN_ONE = 8, /* the first reference is its birth's own; nobody announced it */
	OUROS_OBJECT_ACTUAL = 16,  /* `actual` holds the count that the object itself keeps */
};

/* An object, or somebody who holds one.  Ids count from 1.  Its count is the sum over its retains:
 * RETAIN and COOKIE less RELEASE, plus one if BORN_ONE; so no step of an update leaves a wrong
 * one.  Commits by state. */
struct ouros_object {
	uint64_t address;
	uint64_t size;	/* as declared; 0: that of the block that covers the address */
	uint64_t type;	/* the name: offset in the file << 16 | length; 0 none */
	uint32_t state; /* enum ouros_object_state */
	uint32_t flags; /* enum ouros_object_flag */
	uint32_t first; /* id of its first retain, 0 none */
	uint32_t holds; /* outstanding retains that name it as their holder */
	uint32_t made;	/* stack: ouro_object(), or the first event */
	uint32_t last;	/* stack of the release that brought the count to 0, 0 none */
	uint32_t ended; /* stack of the free, or of ouro_object_end(), 0 none */
	uint32_t actual;
	uint32_t generation;
	uint32_t count_place; /* where the object keeps its own 32-bit count: 1 + offset; 0 unknown
			       */
};
_Static_assert(sizeof(struct ouros_object) == 64, "format");

enum { OUROS_TYPE_LENGTH_BITS = 16 };

enum ouros_retain_kind {
	OUROS_RETAIN_NONE = 0, /* the record is free */
	OUROS_RETAIN_PLAIN,    /* outstanding retains; holder 0: nobody was named */
	OUROS_RETAIN_COOKIE,   /* of ouro_hold(), waiting for their ouro_unhold() */
	OUROS_RETAIN_RELEASE,  /* releases that named nobody, not yet set off against retains */
	OUROS_RETAIN_EXCESS,   /* releases below zero */
	OUROS_RETAIN_LATE,     /* retains and releases after the end */
	OUROS_RETAIN_KIND_COUNT
};

/* Retains of one object that are alike in kind, holder and stack.  Ids count from 1.  An object's
 * records are linked by next.  stack 0: folded, because the object had too many.  count is stored
 * last and zero is "nothing". */
struct ouros_retain {
	uint32_t object;
	uint32_t next;
	uint32_t holder; /* id of an object, 0 nobody named */
	uint32_t stack;
	uint32_t kind;	 /* enum ouros_retain_kind */
	uint32_t serial; /* of the record's use: part of a cookie */
	uint64_t count;
};
_Static_assert(sizeof(struct ouros_retain) == 32, "format");

/* An object as a snapshot found it. */
struct ouros_counted {
	uint32_t id;
	uint32_t ordinal; /* 1 + ordinal of the block that covers it, or that it is; 0: none */
	struct ouros_object object; /* size filled in from the block; first = 0 */
};
_Static_assert(sizeof(struct ouros_counted) == 72, "format");

/* Ordinals of inner blocks follow those of the large ones. */
struct ouros_inner {
	uint64_t address;
	uint64_t size;
	uint32_t object; /* id */
	uint32_t parent; /* 1 + ordinal of the block that it lies in, 0: outside of the heap */
};
_Static_assert(sizeof(struct ouros_inner) == 24, "format");

enum ouros_ref_kind {
	OUROS_REF_NONE = 0,
	OUROS_REF_ROOT,	 /* a word of a root; from = enum ouros_root */
	OUROS_REF_BLOCK, /* a word of a block; from = its ordinal */
	OUROS_REF_VIA,	 /* a word of a plain block that object `from` leads to through plain blocks
			  */
};

/* A pointer to an object: to its start or into it, but not from within itself unless to its start.
 * Each word is there once, as ROOT or BLOCK; VIA says it again, for a named holder that has fewer
 * words of its own than retains, once for each block that has more.  Weak words are left out. */
struct ouros_ref {
	uint32_t object; /* id */
	uint32_t kind;	 /* enum ouros_ref_kind */
	uint32_t from;
	uint32_t spare;
	uint64_t where; /* address of the word, 0: a register */
};
_Static_assert(sizeof(struct ouros_ref) == 24, "format");

/* A block of OUROS_LARGE_SIZE or more.  Commits by word (its live bit). */
struct ouros_large {
	uint64_t address;
	uint64_t size;
	uint64_t word;
};
_Static_assert(sizeof(struct ouros_large) == 24, "format");

/* Kinds of roots, in the order they are scanned; also bits (1 << kind) of masks. */
enum ouros_root {
	OUROS_ROOT_NONE = 0,
	OUROS_ROOT_GLOBAL,   /* writable data of a module */
	OUROS_ROOT_STACK,    /* live frames of a thread */
	OUROS_ROOT_REGISTER, /* registers of a stopped thread */
	OUROS_ROOT_TLS,	     /* thread control blocks, all TLS, thread-specific data */
	OUROS_ROOT_MAPPING,  /* a mapping that never held a tracked block: somebody's arena */
	OUROS_ROOT_REGION,   /* registered by the program */
	OUROS_ROOT_IGNORED,  /* the block itself is marked "ignored" */
	OUROS_ROOT_COUNT
};

/* Marks of SNAP_MARKS. */
enum {
	OUROS_MARK_UNREACHED = 0,
	/* 1 .. OUROS_ROOT_COUNT-1: held by a root of that kind */
	OUROS_MARK_PARENT = 32, /* 32 + ordinal of the block that holds it */
};
/* A bit more: only by way of an unexplained interior pointer. */
#define OUROS_MARK_POSSIBLE UINT32_C(0x80000000)

/* How a snapshot went. */
enum ouros_snapshot_status {
	OUROS_SNAPSHOT_STARTED = 0,
	OUROS_SNAPSHOT_COMPLETE, /* everything that it promises is there */
	OUROS_SNAPSHOT_FAILED,	 /* reason says why; nothing in it is to be believed */
};

struct ouros_tally {
	uint64_t blocks;
	uint64_t bytes;
};

/* Commits by status. */
struct ouros_snapshot {
	uint32_t status;     /* enum ouros_snapshot_status */
	uint32_t reason;     /* enum ouros_reason */
	uint32_t trigger;    /* enum ouros_end: UNKNOWN = asked for in mid-run */
	uint32_t generation; /* blocks born before it have generation <= this */
	uint64_t when_ns;    /* CLOCK_REALTIME */
	uint64_t pause_ns;   /* the target stood still for this long */
	uint64_t mark_ns;    /* reading roots and marking */
	uint64_t total_ns;
	uint32_t roots_scanned; /* bits 1 << enum ouros_root */
	uint32_t roots_unread;	/* bits: some of this kind could not be read */
	uint32_t threads;
	uint32_t threads_missed;
	/* live (all tracked blocks) = sum(reached) + possible + unreached; reached: by the kind of
	 * root that a path starts at, ignored blocks under IGNORED */
	struct ouros_tally live;
	struct ouros_tally reached[OUROS_ROOT_COUNT];
	struct ouros_tally possible;
	struct ouros_tally unreached;
	uint64_t root_bytes[OUROS_ROOT_COUNT]; /* how much memory was scanned as roots */
	uint64_t edges;
	uint64_t spare[7];
};
_Static_assert(sizeof(struct ouros_snapshot) == 64 + 16 * 11 + 64 + 64, "format");

/* Which granules of a region started a live block: bit i of word i/64.  rank is the ordinal of the
 * first. */
struct ouros_starts {
	uint64_t region; /* first address */
	uint64_t rank;
	uint64_t bits[OUROS_REGION_GRANULES / 64];
};
_Static_assert(sizeof(struct ouros_starts) == 16 + 2048, "format");

struct ouros_rootref {
	uint32_t ordinal;
	uint32_t root;	/* enum ouros_root */
	uint64_t where; /* address of the word that points to it; 0 for a register */
	uint32_t owner; /* GLOBAL: 1 + module index; STACK, REGISTER, TLS: tid; else 0 */
	uint32_t spare;
};
_Static_assert(sizeof(struct ouros_rootref) == 24, "format");

/* An unreached or possible block, copied: the table may go on changing after the snapshot. */
struct ouros_block {
	uint64_t address;
	uint64_t size;
	uint64_t word; /* generation, flags, stack */
	uint32_t ordinal;
	uint32_t mark;
};
_Static_assert(sizeof(struct ouros_block) == 32, "format");

enum ouros_edge_kind {
	OUROS_EDGE_START = 0, /* points to the first byte of the target */
	OUROS_EDGE_INTERIOR,  /* into the target, for no reason that we know */
	OUROS_EDGE_STDSTRING, /* interior, explained: a std::string's own characters */
	OUROS_EDGE_LENGTH64,  /* interior, explained: behind a 64-bit length (sqlite) */
	OUROS_EDGE_NEWARRAY,  /* interior, explained: behind an array cookie */
	OUROS_EDGE_MULTIPLE,  /* interior, explained: a secondary vtable (multiple inheritance) */
	OUROS_EDGE_WEAK,      /* the program said that this word does not own: it holds nothing */
	OUROS_EDGE_INNER,     /* no word: the target lies in the block, and goes with it */
	OUROS_EDGE_COUNT
};

/* from and to are indices into SNAP_BLOCKS. */
struct ouros_edge {
	uint32_t from;
	uint32_t to;
	uint64_t place; /* kind << 56 | byte offset in from */
};
_Static_assert(sizeof(struct ouros_edge) == 16, "format");

enum { OUROS_EDGE_KIND_SHIFT = 56 };
#define OUROS_EDGE_OFFSET_MASK ((UINT64_C(1) << 56) - 1)

#endif
