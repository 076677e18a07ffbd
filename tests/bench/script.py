# SPDX-License-Identifier: MIT
"""script.py ROUNDS - what a Python program does all day: objects, dicts, strings, json, re."""

import collections
import json
import re
import sys


class Item:
    def __init__(self, number, tags):
        self.number, self.tags = number, tags


def once(seed):
    items = [Item(i, [f"tag{(i * seed) % 97}", f"tag{(i + seed) % 89}"]) for i in range(4000)]
    index = collections.defaultdict(list)
    for item in items:
        for tag in item.tags:
            index[tag].append(item)
    text = json.dumps([{"number": i.number, "tags": i.tags} for i in items])
    again = json.loads(text)
    found = re.findall(r'"number": (\d+7)\b', text)
    return len(index) + len(again) + len(found) + sum(len(v) for v in index.values())


def churn(seed):
    """A dict whose entries come and go."""
    window = {}
    for i in range(12000):
        window[f"key {i * seed % 7919}"] = (i, [seed])
        window.pop(f"key {i * 31 % 7919}", None)
    return len(window)


print(sum(once(seed) + churn(seed) for seed in range(1, int(sys.argv[1]) + 1)))
