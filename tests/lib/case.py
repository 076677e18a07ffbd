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
                               cycle, lost, indirect, possible, unconfirmed, over-retained,
                               over-released; free for reachable
    expect: unreached blocks=N bytes=N
                               cycle + lost + indirect together, each then free
    expect: coverage k=v       of the coverage counters
    finding: CLASS k=v … stack=inner,…,outer  frames=F:N
                               one finding with these values, these functions in its stack in this
                               order, and function F exactly N times.  members, retains, events: how
                               many of them it lists; refcount, held: of its first member; retained:
                               the sum over the counts of its retains; counts=WORDS: what the counts
                               say of it
    retain: kind=K k=v … holder=TYPE why=WORDS stack=…
                               the finding above has such an outstanding retain too
    event: what=WORDS stack=…  the finding above tells of such an event too
    disagreement: type=T k=v … counts=WORDS memory=WORDS why=WORDS stack=…
                               counts and memory disagree on such an object; where no line says so,
                               they must not disagree on any
                               WORDS occur in the text as they are, `_` standing for a space
    valgrind: equal | skip WHY | blocks=N bytes=N WHY
                               what Valgrind calls definite + indirect: the same as ouro's cycle +
                               lost + indirect (where nothing is said), or this and why
"""

import copy
import re

BUILDS = ["gcc-O0", "gcc-O2", "clang-O0", "clang-O2"]
STRICT = ("cycle", "lost", "indirect", "possible", "unconfirmed", "over-retained", "over-released")
UNREACHED = ("cycle", "lost", "indirect")
LEAKS = ("cycle", "lost", "unreached", "over-retained", "over-released")
KEYS = ("builds|cflags|libs|plugin|timeout|run|env|args|options|exit|expect|finding|retain|event|"
        "disagreement|valgrind")
KEY = re.compile(KEYS)
CROWDED = re.compile(rf"\S.* ({KEYS}): ")
CONDITION = re.compile(r"^([a-z_]+)(>=|<=|=)(.*)$")


class Finding:
    """One that must be there: its class and what holds of it, of its retains and of its events."""

    def __init__(self, name, wanted):
        self.name, self.wanted, self.retains, self.events = name, wanted, [], []

    def __str__(self):
        rows = [(self.name, self.wanted), *(("retain", r) for r in self.retains),
                *(("event", e) for e in self.events)]
        return "; ".join(spoken(*row) for row in rows)


class Variant:
    def __init__(self):
        self.name = ""
        self.env, self.args, self.options = {}, [], []
        self.exit = "0"
        self.timeout = 0
        self.verdict = None
        self.totals = {}      # class -> [(key, operator, value)]
        self.coverage = []
        self.findings = []    # Finding
        self.disagreements = []
        self.valgrind = ("equal", None)

    def wanted_verdict(self):
        if self.verdict:
            return self.verdict
        leaking = any(op != "<=" and int(value) > 0
                      for name in LEAKS
                      for _, op, value in self.totals.get(name, ()))
        return "leaks" if leaking else "clean"

    def wanted_totals(self):
        """Class -> conditions, with what silence means filled in."""
        wanted = dict(self.totals)
        free = UNREACHED if "unreached" in wanted else ()
        for name in STRICT:
            if name not in free:
                wanted.setdefault(name, [(key, "=", "0") for key in ("findings", "blocks", "bytes")])
        return wanted


class Case:
    def __init__(self):
        self.builds = list(BUILDS)
        self.cflags, self.libs = [], []
        self.plugin = None
        self.timeout = 120
        self.variants = []


def spoken(what, wanted):
    return " ".join([what, *(key + op + value for key, op, value in wanted)])


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
            if len(line) > 101 or CROWDED.search(line[2:]):
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
                into.findings.append(Finding(words[0], conditions(words[1:], where)))
            elif key in ("retain", "event"):
                if not into.findings:
                    raise ValueError(f"{where}: of which finding?")
                getattr(into.findings[-1], key + "s").append(conditions(words, where))
            elif key == "disagreement":
                into.disagreements.append(conditions(words, where))
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
