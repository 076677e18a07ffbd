#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--sample-bytes: with a seed, the very samples that the distribution's inverse gives; estimates that
are right on average; totals, verdict and status that do not depend on them; --sample-bytes 1 is a
full run; wrong values are told."""

import json
import math
import os
import pathlib
import subprocess
import sys

OURO, WORK = os.environ["OURO"], pathlib.Path(os.environ["WORK"])
LEAKS, FAILED = 23, 125
MASK = (1 << 64) - 1
problems = []

PROGRAM = r"""
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#define NOINLINE __attribute__((noinline))
static inline void *keep(void *p) { __asm__ volatile("" : "+r"(p) : : "memory"); return p; }
static NOINLINE void *small(size_t n) { return keep(memset(malloc(n), 0, n)); }
static NOINLINE void *big(size_t n) { return keep(memset(malloc(n), 0, n)); }
static NOINLINE void *grown(size_t n) { return keep(memset(realloc(small(8), n), 0, n)); }
static NOINLINE void two_sites(void)
{
	for (size_t i = 0; i < 20000; i++)
		keep(i % 10 ? small(1 + i * 7919 % 97) : i % 20 ? big(3000) : grown(500));
}
struct node { struct node *next; char pad[40]; };
static NOINLINE void list(void)
{
	struct node *first = NULL;
	for (int i = 0; i < 50000; i++) {
		struct node *n = small(sizeof(*n));
		n->next = first;
		first = n;
	}
	keep(first);
}
static void *work(void *arg)
{
	for (int i = 0; i < 20000; i++)
		small(64);
	return arg;
}
static NOINLINE void threads(void)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}
int main(int argc, char **argv)
{
	switch (argc > 1 ? argv[1][0] : 0) {
	case 's': two_sites(); break;
	case 'l': list(); break;
	case 't': threads(); break;
	default: keep(small(16));
	}
	return 0;
}
"""


def equal(what, got, wanted):
    if got != wanted:
        problems.append(f"{what}: expected {wanted}, got {got}")


def near(what, got, wanted, sigma):
    if abs(got - wanted) > 5 * sigma:
        problems.append(f"{what}: {got} is {abs(got - wanted) / sigma:.1f} sigma from {wanted}")


def run(what, *options, seed=1):
    """The report of `program WHAT`, which has to leak."""
    env = {**os.environ, "OURO_OPTIONS": f"sample_seed={seed}"}
    done = subprocess.run([OURO, "run", *options, "--report", f"json:{WORK}/report.json", "-o",
                           WORK / "text", "--", WORK / "program", what], env=env, check=False)
    equal(f"{what} {options}: status", done.returncode, LEAKS)
    return json.loads((WORK / "report.json").read_text())


# --- what the library draws, in the words of the manual -------------------------------------------

def splitmix(state):
    """The next state, and the number."""
    state = z = (state + 0x9e3779b97f4a7c15) & MASK
    z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & MASK
    z = ((z ^ z >> 27) * 0x94d049bb133111eb) & MASK
    return state, z ^ z >> 31


class Model:
    """One thread's countdown."""

    def __init__(self, seed, mean):
        self.mean = mean
        self.state = splitmix(seed << 32)[1]
        self.draw()

    def draw(self):
        self.state, bits = splitmix(self.state)
        self.left = max(1, math.ceil(-math.log((bits | 1) / 2**64) * self.mean))

    def takes(self, size):
        self.left -= size
        if self.left > 0:
            return False
        self.draw()
        return True


def probability(size, mean):
    return -math.expm1(-size / mean)


def two_sites():
    """(site, size, whether it stays) of each block that the program makes, in its order."""
    for i in range(20000):
        if i % 10:
            yield "small", 1 + i * 7919 % 97, True
        elif i % 20:
            yield "big", 3000, True
        else:
            yield "small", 8, False
            yield "grown", 500, True


def check_two_sites(seed, mean):
    report = run("s", "--sample-bytes", str(mean), seed=seed)
    model, name = Model(seed, mean), f"seed {seed}, mean {mean}"
    sites = {site: [0, 0, 0.0, 0.0, 0, 0, 0.0] for site in ("small", "big", "grown")}
    for site, size, stays in two_sites():
        taken, p = model.takes(size), probability(size, mean)
        if not stays:
            continue
        row = sites[site]
        row[4:] = row[4] + 1, row[5] + size, row[6] + size * size * (1 - p) / p
        if taken:
            row[:4] = row[0] + 1, row[1] + size, row[2] + 1 / p, row[3] + size / p
    found = {f["stack"][0]["function"] if f["stack"] else None: f for f in report["findings"]}
    for site, row in sites.items():
        f = found.pop(site, None)
        if not f:
            equal(f"{name}: samples of {site}", 0, row[0])
            continue
        certain = row[2] == row[0]  # so large that each is in the sample
        equal(f"{name}: {site}", (f["blocks"], f["bytes"], f["instances"], f["sampled"]),
              (row[0], row[1], row[0], not certain))
        if certain:
            equal(f"{name}: {site}, all", (f["bytes"], f["estimated_bytes"]), (row[5], None))
            continue
        near(f"{name}: {site}, estimated blocks", f["estimated_blocks"], row[2], 0.2)
        near(f"{name}: {site}, estimated bytes", f["estimated_bytes"], row[3], 0.2)
        near(f"{name}: {site}, its bytes in truth", f["estimated_bytes"], row[5],
             math.sqrt(row[6]))
    rest = found.pop(None)
    equal(f"{name}: other findings", found, {})
    equal(f"{name}: what is not in the sample", (rest["blocks"], rest["bytes"], rest["sampled"],
                                                 rest["estimated_blocks"]),
          (20000 - sum(r[0] for r in sites.values()),
           sum(r[5] - r[1] for r in sites.values()), False, None))
    total = report["totals"]["lost"]
    equal(f"{name}: total", (total["blocks"], total["bytes"]),
          (20000, sum(r[5] for r in sites.values())))
    equal(f"{name}: blocks tracked", report["coverage"]["blocks_tracked"], 21000)
    equal(f"{name}: coverage", (report["coverage"]["sample_bytes"], report["coverage"]["stacks"]),
          (mean, True))


def check_list():
    """The head, which alone is lost, is not in the sample; what it holds is told by the samples."""
    report = run("l", "--sample-bytes", "16384")
    (finding,) = report["findings"]
    equal("list", [finding[key] for key in ("blocks", "bytes", "held_blocks", "held_bytes", "sampled")],
          [1, 48, 49999, 49999 * 48, False])
    (held,) = report["held_stacks"]
    equal("list: made by", [frame["function"] for frame in held["stack"]][:3],
          ["small", "list", "main"])
    p = probability(48, 16384)
    near("list: held", held["estimated_bytes"], 49999 * 48,
         math.sqrt(50000 * 48 * 48 * (1 - p) / p))
    near("list: one stands for 1 / p", held["estimated_blocks"], held["blocks"] / p, 0.2)
    text = (WORK / "text").read_text()
    for words in ("(no stack: not in the sample)", "what these hold, by stack", "(estimated from ",
                  "   ~", "sample, as asked (--sample-bytes 16384)"):
        if words not in text:
            problems.append(f"list: the text does not say '{words}'")


def check_threads():
    """Each thread counts down by itself."""
    report = run("t", "--sample-bytes", "8192", seed=3)
    found = [f for f in report["findings"] if f["sampled"]]
    p = probability(64, 8192)
    equal("threads: total", report["totals"]["lost"]["blocks"], 80000)
    near("threads", sum(f["estimated_blocks"] for f in found), 80000, math.sqrt(80000 * (1 - p) / p))
    samples = sum(f["blocks"] for f in found)
    near("threads: samples", samples, 80000 * p, math.sqrt(80000 * p * (1 - p)))


def without(value):
    """A report without what differs from run to run, and without what says how it was recorded."""
    if isinstance(value, dict):
        return {k: without(v) for k, v in value.items()
                if k not in ("address", "pid", "ppid", "notes", "sample_bytes")}
    return [without(v) for v in value] if isinstance(value, list) else value


def check_all():
    for what in "sl":
        full, one = run(what), run(what, "--sample-bytes", "1")
        equal(f"{what}: --sample-bytes 1", without(one), without(full))
        equal(f"{what}: notes", (len(full["coverage"]["notes"]), len(one["coverage"]["notes"])),
              (0, 1))


def check_none():
    """A leak of which nothing is in the sample is a leak."""
    report = run("x", "--sample-bytes", "4294967295")
    (finding,) = report["findings"]
    equal("unsampled", (finding["blocks"], finding["bytes"], finding["stack"], finding["sampled"]),
          (1, 16, [], False))
    equal("unsampled: verdict", report["verdict"], "leaks")


def check_wrong():
    number = "is not a number from 0 to 4294967295"
    for option, key in (("--sample-bytes", "sample_bytes"), ("--stack-depth", "stack_depth")):
        for value in ("x", "-1", "", "1k", "4294967296", "99999999999999999999"):
            for argv, env, where in (([f"{option}={value}"], {}, f"option '{option}'"),
                                     ([], {"OURO_OPTIONS": f"{key}={value}"},
                                      f"OURO_OPTIONS: '{key}'")):
                done = subprocess.run([OURO, "run", *argv, "--", "true"], env={**os.environ, **env},
                                      capture_output=True, text=True, check=False)
                equal(f"{where} '{value}'", (done.returncode, done.stderr),
                      (FAILED, f"ouro: run: {where}: '{value}' {number}\n"))
    done = subprocess.run([OURO, "run", "--no-stacks=1", "--", "true"], capture_output=True,
                          text=True, check=False)
    equal("--no-stacks=1", (done.returncode, done.stderr),
          (FAILED, "ouro: run: option '--no-stacks' takes no argument\n"))


(WORK / "program.c").write_text(PROGRAM)
subprocess.run(["gcc", "-O1", "-g", "-pthread", WORK / "program.c", "-o", WORK / "program"], check=True)
for number in (1, 2, 3, 0xffffffff):
    check_two_sites(number, 4096)
check_two_sites(5, 2)
check_two_sites(6, 500000)
check_list()
check_threads()
check_all()
check_none()
check_wrong()
print("\n".join(problems))
sys.exit(1 if problems else 0)
