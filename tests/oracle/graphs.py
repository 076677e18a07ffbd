# SPDX-License-Identifier: MIT
"""Random object graphs, as the steps of a program that builds them by reference counting.

A step is a tuple; graph by graph, as both sides carry it out:

    ("new", i)          node i is made; root i holds it
    ("set", i, k, j)    slot k of node i holds node j, and no longer what it held
    ("clear", i, k)     slot k of node i holds nothing
    ("weak", i, k, j)   weak slot k of node i points to node j
    ("keep", j, i, k)   root j holds node j again, found in slot k of node i
    ("drop", i)         root i holds nothing

Only what a program could do: each node that a step names is held by its root then (for `keep`, j by
i's slot).  A node that nothing holds is freed on the spot, with what only it held."""

import random

SLOTS, WEAK_SLOTS, NODES = 4, 2, 64


class Builder:
    def __init__(self, rng):
        self.rng, self.steps = rng, []
        self.rooted = []
        self.slots = {}

    def some(self):
        return self.rng.choice(self.rooted)

    def new(self):
        i = len(self.slots)
        self.slots[i] = [None] * SLOTS
        self.rooted.append(i)
        self.steps.append(("new", i))

    def set(self):
        i, k, j = self.some(), self.rng.randrange(SLOTS), self.some()
        self.slots[i][k] = j
        self.steps.append(("set", i, k, j))

    def clear(self):
        i, k = self.some(), self.rng.randrange(SLOTS)
        self.slots[i][k] = None
        self.steps.append(("clear", i, k))

    def weak(self):
        self.steps.append(("weak", self.some(), self.rng.randrange(WEAK_SLOTS), self.some()))

    def keep(self):
        i, k = self.some(), self.rng.randrange(SLOTS)
        j = self.slots[i][k]
        if j is not None and j not in self.rooted:
            self.rooted.append(j)
            self.steps.append(("keep", j, i, k))

    def drop(self):
        i = self.some()
        self.rooted.remove(i)
        self.steps.append(("drop", i))


def graph(seed):
    """The steps of one graph: from trees to tangles, from all held to nothing held."""
    rng = random.Random(seed)
    b = Builder(rng)
    count = rng.randint(1, NODES)
    weights = {"set": rng.choice((2, 5, 9)), "clear": rng.choice((0, 1, 2)),
               "weak": rng.choice((0, 1, 3)), "keep": rng.choice((0, 1)),
               "drop": rng.choice((0, 1))}
    for _ in range(count):
        b.new()
    for _ in range(count * rng.choice((1, 2, 3))):
        step = rng.choices(list(weights), list(weights.values()))[0]
        if b.rooted:
            getattr(b, step)()
    for _ in range(round(len(b.rooted) * rng.choice((0.5, 0.8, 0.95, 1)))):
        b.drop()
    return b.steps


def text(steps):
    return "".join(" ".join(map(str, step)) + "\n" for step in steps) + "end\n"
