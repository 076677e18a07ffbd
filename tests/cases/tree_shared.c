// SPDX-License-Identifier: MIT
// Wide layers that several threads mark at once: each block has two parents in the layer before, so
// two threads find it at the same time, and it counts once. On the way lie what only one of them
// reads: long blocks, and pointers to the middle of blocks, with another to the start and without.
// One CPU, and no thread to be had, change nothing.
//
// expect: reachable blocks=462501 bytes=52220000
// expect: possible blocks=100000 bytes=4800000
// expect: cycle findings=1 blocks=3 bytes=144
// expect: coverage untracked=0 dropped=0 truncated_stacks=0
// valgrind: skip its heap lies so low that plain numbers point into so large a one
// builds: gcc-O2
// run: free
// run: cpu
// args: cpu
// run: refused
// args: refused
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "case.h"

enum { LAYERS = 10, WIDTH = 40000, ALL = LAYERS * WIDTH, LONG_WORDS = 600 };

struct node **root;

/* The same order each time. */
static void shuffle(struct node **node, uint64_t count)
{
	uint64_t x = 88172645463325252u;

	for (uint64_t i = count - 1; i; i--) {
		struct node *swap = node[i];

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		node[i] = node[x % (i + 1)];
		node[x % (i + 1)] = swap;
	}
}

/* Two permutations: each node of the next layer has two parents, and who reads in order from here
 * and who does from 512 further on find it together. */
static void link_layer(struct node **layer, struct node **next)
{
	for (uint64_t i = 0; i < WIDTH; i++) {
		layer[i]->next = next[(i * 7 + 1) % WIDTH];
		layer[i]->other = next[((i + 512) * 7 + 1) % WIDTH];
	}
}

static uint64_t hang_long(void)
{
	void **words = (void **)calloc(LONG_WORDS, sizeof(*words));

	must(words != NULL);
	words[LONG_WORDS - 1] = make_node();
	return (uint64_t)words;
}

static void hang_more(struct node **layer)
{
	for (uint64_t i = 0; i < WIDTH; i += 8) {
		struct node *both = make_node();

		layer[i]->pad[0] = (uint64_t)&make_chain(2)->pad[2];
		layer[i + 2]->pad[0] = (uint64_t)&both->pad[2];
		layer[i + 4]->pad[0] = (uint64_t)both;
		if (i % 64 == 0)
			layer[i + 1]->pad[0] = hang_long();
	}
}

static NOINLINE void build(void)
{
	struct node **node = (struct node **)malloc(ALL * sizeof(struct node *));

	root = (struct node **)malloc(WIDTH * sizeof(struct node *));
	must(node != NULL && root != NULL);
	for (uint64_t i = 0; i < ALL; i++)
		node[i] = make_node();
	shuffle(node, ALL);
	for (uint64_t i = 0; i < LAYERS; i++) {
		hang_more(node + i * WIDTH);
		if (i + 1 < LAYERS)
			link_layer(node + i * WIDTH, node + (i + 1) * WIDTH);
	}
	memcpy(root, node, WIDTH * sizeof(struct node *));
	free(node);
	make_ring(3);
}

static void take_one_cpu(void)
{
	cpu_set_t all, one;

	must(sched_getaffinity(0, sizeof(all), &all) == 0);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++) {
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	}
	must(sched_setaffinity(0, sizeof(one), &one) == 0);
}

/* As at a limit of processes: a clone that would be a thread fails, another one does not. */
static void refuse_threads(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 11),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "cpu") == 0)
		take_one_cpu();
	if (argc > 1 && strcmp(argv[1], "refused") == 0)
		refuse_threads();
	build();
	return 0;
}
