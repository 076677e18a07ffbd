/* SPDX-License-Identifier: MIT */
/*
 * options - what OURO_OPTIONS asks of the shim: key=value:key=value (values with ':' are quoted
 * with single quotes).  Unknown keys are ignored here: the launcher and `ouro report` check them
 * first. Parsed once, from the first hook or the constructor, without libc.
 */
#ifndef OURO_SHIM_OPTIONS_H
#define OURO_SHIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	char dir[256];	    /* dir=: where the session goes; "" = choose (see session.c) */
	char analyzer[256]; /* analyzer=: the ouro program; "" = beside the library, then PATH's */
	char retain[1024];  /* retain=, release=: functions to watch; see interpose_rules.h */
	char release[1024];
	bool report;   /* report=1 (default under plain LD_PRELOAD): print the report at exit */
	bool keep;     /* keep=1: keep the session after the report (default 0) */
	bool launched; /* launched=1: set by `ouro run`, which reports itself: report=0 keep=1 */
	bool follow;   /* follow=1: children are observed too (default 0: our entries are taken
			  out of the environment that children inherit) */
	bool detect_leaks;   /* detect_leaks=0: forward only */
	bool verify_stacks;  /* verify_stacks=1: compare each capture with libunwind's own cursor */
	bool handle_signals; /* handle_signals=0: fatal signals take no snapshot */
	bool stacks;	     /* stacks=0: no stack is captured at all */
	uint32_t stack_depth;  /* stack_depth=N: so many innermost frames; 0 = all there are */
	uint32_t sample_bytes; /* sample_bytes=N: stacks of sampled blocks only, see sample.h */
	uint32_t sample_seed;  /* sample_seed=N: the same samples in each run; 0 = others */
	uint32_t roots;	       /* bits 1 << enum ouros_root: use_globals= use_stacks= use_registers=
				  use_tls= use_mappings= use_root_regions= (default all 1) */
	uint32_t deadline_ms;  /* snapshot_timeout=SECONDS; 0: see snapshot.h */
	uint32_t exitcode; /* exitcode=N: plain LD_PRELOAD only, exit status when leaks are found
			      and the program itself exited 0 (default 0: leave it alone) */
};
extern struct options options;

/* Defaults, then the text of OURO_OPTIONS, NULL for none. */
void options_parse(const char *text);

/* The same with the program's own __lsan_default_options between the two: only what LeakSanitizer
 * has too is taken from there. */
void options_parse_lsan(const char *lsan_text, const char *text);

#endif
