# SPDX-License-Identifier: MIT
"""The truth that a program under tests/cases carries in its head, as values.

The head is the run of // lines at the top: what the program shows, in words; an empty line; then
`// key: value` lines of 100 columns at most (so that clang-format leaves them alone):

    builds: gcc-O0 gcc-O2 …    compilers and levels (these four where nothing is said)
    cflags: / libs:            for the compiler / the linker
    plugin: yes | c++          the same file, with -DPLUGIN, becomes the library $CASE_PLUGIN
    timeout: 120               seconds for the whole test
    run: NAME                  starts a variant; what stands before the first holds for all
    env: K=V …                 of the program (and of ouro run)
    args: …                    of the program
    options: …                 of `ouro run`
    exit: 3 | SIGTERM          how the program ends on its own; 0 where nothing is said
    expect: verdict=leaks      clean|leaks|unchecked (follows from the classes where nothing is said)
    expect: CLASS k=v k>=v     findings, blocks, bytes of a class.  What is not named is zero for
                               cycle, lost, indirect, possible, unconfirmed; free for reachable
    expect: unreached blocks=N bytes=N
                               cycle + lost + indirect together, each then free
    expect: coverage k=v       of the coverage counters
    finding: CLASS k=v … stack=inner,…,outer  frames=F:N
                               one finding with these values, these functions in its stack in this
                               order, and function F exactly N times
    valgrind: equal | skip WHY | blocks=N bytes=N WHY
                               what Valgrind calls definite + indirect: the same as ouro's cycle +
                               lost + indirect (where nothing is said), or this and why
"""

import copy
import re

BUILDS = ["gcc-O0", "gcc-O2", "clang-O0", "clang-O2"]
STRICT = ("cycle", "lost", "indirect", "possible", "unconfirmed")
UNREACHED = ("cycle", "lost", "indirect")
KEY = re.compile("builds|cflags|libs|plugin|timeout|run|env|args|options|exit|expect|finding|valgrind")
CONDITION = re.compile(r"^([a-z_]+)(>=|<=|=)(.*)$")


class Variant:
    def __init__(self):
        self.name = ""
        self.env, self.args, self.options = {}, [], []
        self.exit = "0"
        self.timeout = 0
        self.verdict = None
        self.totals = {}      # class -> [(key, operator, value)]
        self.coverage = []
        self.findings = []    # (class, [(key, operator, value)])
        self.valgrind = ("equal", None)

    def wanted_verdict(self):
        if self.verdict:
            return self.verdict
        leaking = any(op != "<=" and int(value) > 0
                      for name in ("cycle", "lost", "unreached")
                      for _, op, value in self.totals.get(name, ()))
        return "leaks" if leaking else "clean"

    def wanted_totals(self):
        """Class -> conditions, with what silence means filled in."""
        wanted = dict(self.totals)
        free = UNREACHED if "unreached" in wanted else ()
        for name in STRICT:
            if name not in free:
                wanted.setdefault(name, [("blocks", "=", "0"), ("bytes", "=", "0")])
        return wanted


class Case:
    def __init__(self):
        self.builds = list(BUILDS)
        self.cflags, self.libs = [], []
        self.plugin = None
        self.timeout = 120
        self.variants = []


def conditions(words, where):
    out = []
    for word in words:
        m = CONDITION.match(word)
        if not m:
            raise ValueError(f"{where}: not a condition: {word}")
        out.append(m.groups())
    return out


def parse_valgrind(value, where):
    word, _, why = value.partition(" ")
    if word == "equal":
        return ("equal", None)
    if word == "skip" and why:
        return ("skip", why)
    m = re.match(r"blocks=(\d+) bytes=(\d+) \S", value)
    if not m:
        raise ValueError(f"{where}: valgrind: equal, skip WHY or blocks=N bytes=N WHY")
    return ("totals", (int(m.group(1)), int(m.group(2))))


def parse(path):
    info, common, current = Case(), Variant(), None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not line.startswith("//"):
                break
            where = f"{path}:{number}"
            m = re.match(r"//\s+([a-z]+):\s+(.*\S)", line)
            if len(line) > 101 or re.search(r"\S.* (builds|libs|env|args|exit|expect|finding|run|valgrind): ", line[2:]):
                raise ValueError(f"{where}: too long, or two keys in a line")
            if not m or not KEY.fullmatch(m.group(1)):
                continue
            key, value = m.groups()
            into = current or common
            words = value.split()
            if key == "builds":
                info.builds = words
            elif key in ("cflags", "libs"):
                setattr(info, key, words)
            elif key == "plugin":
                info.plugin = value
            elif key == "timeout":
                info.timeout = int(value)
            elif key == "run":
                current = copy.deepcopy(common)
                current.name = value
                info.variants.append(current)
            elif key == "env":
                into.env.update(word.split("=", 1) for word in words)
            elif key in ("args", "options"):
                setattr(into, key, words)
            elif key == "exit":
                into.exit = value
            elif key == "valgrind":
                into.valgrind = parse_valgrind(value, where)
            elif key == "finding":
                into.findings.append((words[0], conditions(words[1:], where)))
            elif key == "expect" and words[0].startswith("verdict="):
                into.verdict = words[0].partition("=")[2]
            elif key == "expect" and words[0] == "coverage":
                into.coverage += conditions(words[1:], where)
            elif key == "expect":
                into.totals[words[0]] = conditions(words[1:], where)
    if not info.variants:
        info.variants.append(common)
    for variant in info.variants:
        variant.timeout = info.timeout
    return info
