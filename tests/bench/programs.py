# SPDX-License-Identifier: MIT
"""What is measured: programs of ours that stress one thing each (tests/bench/programs), and real
ones on inputs that are made here."""

import dataclasses
import pathlib
import subprocess

import inputs
import redis

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "programs"
INCLUDE = HERE.parent.parent / "include"
CFLAGS = ["-O2", "-fomit-frame-pointer", "-Wall", "-Wextra", f"-I{INCLUDE}"]
LIBRARIES = ("first", "twin")  # preloaded, no programs
WITH_DEBUG_INFORMATION = ("leaking",)


@dataclasses.dataclass
class Program:
    """argv at one size; `client` is called while it runs, with its process; `emptied` is a folder
    that is not there when it starts."""

    name: str
    argv: list
    about: str
    real: bool = False
    small: bool = False
    cwd: pathlib.Path = None
    env: dict = dataclasses.field(default_factory=dict)
    client: object = None
    emptied: pathlib.Path = None


def compile_all(out):
    """Name -> binary, each anew where its source or a header is younger."""
    made = {}
    headers = max(p.stat().st_mtime for p in (*SOURCES.glob("*.h"), INCLUDE / "ouro.h"))
    for source in sorted(SOURCES.glob("*.c*")):
        target = made[source.stem] = out / source.stem
        if target.exists() and target.stat().st_mtime >= max(source.stat().st_mtime, headers):
            continue
        compiler = ["gcc", "-std=gnu11"] if source.suffix == ".c" else ["g++", "-std=c++17"]
        flags = ["-shared", "-fPIC"] if source.stem in LIBRARIES else ["-pthread"]
        if source.stem in WITH_DEBUG_INFORMATION:
            flags.append("-g")
        subprocess.run([*compiler, *CFLAGS, *flags, source, "-o", target], check=True)
    return made


OURS = (
    # name, (arguments of a full run), (of a small one), what it is
    ("growth", [5000000], [500000], "48-byte nodes in a tree, all live at the end"),
    ("growth-shuffle", [5000000, "shuffle"], [500000, "shuffle"],
     "the same, linked in an order that is not that of their addresses"),
    ("growth-leak", [5000000, "leak"], [500000, "leak"], "the same, its root forgotten"),
    ("churn", [3000000], [600000], "malloc and free, 64 stacks of 10 frames at random"),
    ("deep", [1000000], [200000], "malloc and free under 60 frames"),
    ("threads", [1000000], [200000], "4 threads that free each other's blocks"),
    ("maps", [100000], [25000], "C++ maps of strings and shared_ptrs"),
    ("objects", [1000000], [100000], "32-byte blocks, each retained by name, all live"),
    ("empty", [], [], "main returns: start, snapshot, report"),
    ("leaking", [], [], "one block and a cycle of two lost: the same, and a report with names"),
    ("leaking-cold", [], [], "the same, nothing known from earlier runs: no cache of names"),
)

SQL = """
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO item SELECT i, printf('item %d', i * 7919 % {rows}), i % 1000 / 10.0 FROM n;
CREATE INDEX by_name ON item (name);
SELECT count(*), sum(price) FROM item WHERE name LIKE '%9';
SELECT substr(name, 1, 7), group_concat(id) FROM item GROUP BY 1 ORDER BY 2 LIMIT 5;
SELECT count(*) FROM item a JOIN item b ON a.name = b.name;
"""


def compiler_proper(driver, name):
    """Where the driver has the program that compiles."""
    return subprocess.run([driver, f"-print-prog-name={name}"], text=True, check=True,
                          capture_output=True).stdout.strip()


def python3(command, store, size):
    return {"argv": [command, str(HERE / "script.py"), str(size(12, 3))],
            "env": {"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}}


def sqlite3(command, store, size):
    return {"argv": [command, "-init", "/dev/null", ":memory:", SQL.format(rows=size(500000, 24000))],
            "env": {"HOME": str(store.folder)}}


def git_log(command, store, size):
    return {"argv": [command, "--no-pager", "log", "-p"],
            "cwd": store.get("repository", inputs.write_repository, size(600, 100)),
            "env": inputs.git_environment(store.folder)}


def git_repack(command, store, size):
    # What `git repack` starts; directly, since some tools do not follow into children.
    return {"argv": [command, "pack-objects", "--all", "--no-reuse-delta", "--no-reuse-object",
                     "--threads=1", "--quiet", "--stdout"],
            "cwd": store.get("repository", inputs.write_repository, size(800, 100)),
            "env": inputs.git_environment(store.folder)}


def cc1(command, store, size):
    source = store.get("unit.c", inputs.write_c, size(150, 25))
    return {"argv": [command, "-quiet", "-O2", source, "-o", "/dev/null"]}


def cc1plus(command, store, size):
    return {"argv": [command, "-quiet", "-imultiarch", "x86_64-linux-gnu", "-D_GNU_SOURCE",
                     size("-O2", "-O0"), str(SOURCES / "maps.cc"), "-o", "/dev/null"]}


def jq(command, store, size):
    return {"argv": [command, "-c", "group_by(.tags[0][0:2]) | map({n: length, "
                     "x: (map(.at.x) | add), names: map(.name)})",
                     store.get("records.json", inputs.write_json, size(24000, 6000))]}


def xmllint(command, store, size):
    return {"argv": [command, "--xpath", "count(//record[@id mod 7 = 0])",
                     store.get("records.xml", inputs.write_xml, size(50 << 20, 2 << 20))]}


def perl(command, store, size):
    return {"argv": [command, str(HERE / "script.pl"), str(size(90000, 20000))]}


REAL = (
    # name, command, what it does, how it is called
    ("python3", "/usr/bin/python3", "json, re, objects, dict churn; PYTHONMALLOC=malloc", python3),
    ("sqlite3", "/usr/bin/sqlite3", "insert, index, group, join in memory", sqlite3),
    ("git-log", "/usr/bin/git", "log -p", git_log),
    ("git-repack", "/usr/bin/git", "pack-objects --all, as repack calls it, one thread", git_repack),
    ("cc1", lambda: compiler_proper("gcc", "cc1"), "gcc's C compiler, -O2, a large unit", cc1),
    ("cc1plus", lambda: compiler_proper("g++", "cc1plus"), "gcc's C++ compiler on maps.cc", cc1plus),
    ("jq", "/usr/bin/jq", "group, add, map", jq),
    ("xmllint", "/usr/bin/xmllint", "parse, count by XPath", xmllint),
    ("redis", "/usr/bin/redis-server", "the server under redis-benchmark", redis.server),
    ("perl", "/usr/bin/perl", "hashes of lists of strings", perl),
)


def discover(made, out, small, wanted):
    """(programs that can be measured here, names of those that are not installed), at one size, of
    the wanted names."""
    store = inputs.Store(out / "inputs")
    found, missing = [], []

    def size(full, less):
        return less if small else full

    for name, full, less, about in OURS:
        if wanted(name):
            arguments = [str(a) for a in size(full, less)]
            found.append(Program(name, [str(made[name.split("-")[0]]), *arguments], about, small=small))
            if name.endswith("-cold"):
                found[-1].emptied = out / "cold"
                found[-1].env["XDG_CACHE_HOME"] = str(out / "cold")
    for name, command, about, call in REAL:
        if not wanted(name):
            continue
        command = command() if callable(command) else command
        if pathlib.Path(command).is_absolute() and pathlib.Path(command).exists():
            found.append(Program(name, about=about, real=True, small=small,
                                 **call(command, store, size)))
        else:
            missing.append(name)
    return found, missing
