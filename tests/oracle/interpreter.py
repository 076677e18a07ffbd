# SPDX-License-Identifier: MIT
"""The same graphs as CPython's own objects, judged by its cycle detector."""

import gc
import weakref

from graphs import SLOTS

SLOT = [f"slot{k}" for k in range(SLOTS)]


class Node:
    __slots__ = ("id", "__weakref__", *SLOT)

    def __init__(self, number):
        self.id = number
        for name in SLOT:
            setattr(self, name, None)


def build(steps, roots, weak):
    for what, *args in steps:
        if what == "new":
            roots[args[0]] = Node(args[0])
        elif what == "set":
            i, k, j = args
            setattr(roots[i], SLOT[k], roots[j])
        elif what == "clear":
            setattr(roots[args[0]], SLOT[args[1]], None)
        elif what == "weak":
            # outside of the node: a weakref is an object too, which the collector would count
            i, k, j = args
            weak[i, k] = weakref.ref(roots[j])
        elif what == "keep":
            j, i, k = args
            roots[j] = getattr(roots[i], SLOT[k])
            assert roots[j].id == j
        elif what == "drop":
            del roots[args[0]]


def components(edges):
    """The strongly connected components of {node: [node]}, as a set of frozensets: Tarjan's, with a
    stack of its own."""
    index, low, on_path, path, found = {}, {}, set(), [], set()
    for start in edges:
        if start in index:
            continue
        calls = [(start, iter(edges[start]))]
        index[start] = low[start] = len(index)
        path.append(start)
        on_path.add(start)
        while calls:
            node, rest = calls[-1]
            following = next(rest, None)
            if following is None:
                calls.pop()
                if calls:
                    low[calls[-1][0]] = min(low[calls[-1][0]], low[node])
                if low[node] == index[node]:
                    at = path.index(node)
                    found.add(frozenset(path[at:]))
                    on_path.difference_update(path[at:])
                    del path[at:]
            elif following not in index:
                index[following] = low[following] = len(index)
                path.append(following)
                on_path.add(following)
                calls.append((following, iter(edges[following])))
            elif following in on_path:
                low[node] = min(low[node], index[following])
    return found


def garbage_components():
    ids = {node.id for node in gc.garbage}
    return components({node.id: [other.id for other in gc.get_referents(node)
                                 if isinstance(other, Node) and other.id in ids]
                       for node in gc.garbage})


def take_down(roots):
    """All of it freed by counts alone, so that the next graph starts from nothing."""
    nodes = [*gc.garbage, *roots.values()]
    seen = set(nodes)
    for node in nodes:
        for name in SLOT:
            other = getattr(node, name)
            if other is not None and other not in seen:
                seen.add(other)
                nodes.append(other)
    for node in nodes:
        for name in SLOT:
            setattr(node, name, None)
    gc.garbage.clear()
    roots.clear()


def judge(steps):
    """(number that gc.collect() returns, components of the garbage)"""
    roots, weak = {}, {}
    build(steps, roots, weak)
    found = gc.collect()
    if not all(isinstance(node, Node) for node in gc.garbage) or len(gc.garbage) != found:
        raise AssertionError("there is garbage of others")
    parts = garbage_components()
    take_down(roots)
    if any(node() for node in weak.values()):
        raise AssertionError("a node outlives its graph")
    return found, parts


def judge_all(graphs):
    gc.disable()
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        return [judge(steps) for steps in graphs]
    finally:
        gc.set_debug(0)
        gc.enable()
