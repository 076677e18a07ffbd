# SPDX-License-Identifier: MIT
"""What is measured: programs of ours that stress one thing each (tests/bench/programs), and real
ones on inputs that are made here, the same each time."""

import dataclasses
import pathlib
import random
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "programs"
INCLUDE = HERE.parent.parent / "include"
CFLAGS = ["-O2", "-fomit-frame-pointer", "-Wall", "-Wextra", f"-I{INCLUDE}"]


@dataclasses.dataclass
class Program:
    name: str
    argv: list
    about: str
    cwd: pathlib.Path = None
    env: dict = dataclasses.field(default_factory=dict)


def compile_all(out):
    """Name -> binary, each anew where its source is younger."""
    made = {}
    for source in sorted(SOURCES.glob("*.c*")):
        target = out / source.stem
        made[source.stem] = target
        newest = max(p.stat().st_mtime for p in (source, SOURCES / "random.h", INCLUDE / "ouro.h"))
        if target.exists() and target.stat().st_mtime >= newest:
            continue
        compiler = ["gcc", "-std=gnu11"] if source.suffix == ".c" else ["g++", "-std=c++17"]
        shared = ["-shared", "-fPIC"] if source.stem == "first" else ["-pthread"]
        subprocess.run([*compiler, *CFLAGS, *shared, source, "-o", target], check=True)
    return made


def words(rng, count):
    return " ".join("".join(rng.choices("abcdefghijklmnoprstuvwz", k=rng.randint(2, 9)))
                    for _ in range(count))


def write_json(path, records):
    rng = random.Random(1)
    with open(path, "w", encoding="ascii") as f:
        f.write("[")
        for i in range(records):
            f.write(f'{"," if i else ""}{{"id":{i},"name":"{words(rng, 2)}","tags":["{words(rng, 1)}",'
                    f'"{words(rng, 1)}"],"at":{{"x":{rng.random():.6f},"y":{rng.random():.6f}}}}}\n')
        f.write("]")


def write_xml(path, records):
    rng = random.Random(2)
    with open(path, "w", encoding="ascii") as f:
        f.write("<records>")
        for i in range(records):
            f.write(f'<record id="{i}" kind="{words(rng, 1)}"><name>{words(rng, 2)}</name>'
                    f"<text>{words(rng, 6)}</text></record>\n")
        f.write("</records>")


def write_repository(path, commits):
    """A history of edits to a few files, by git's own import stream."""
    rng = random.Random(3)
    files = [[words(rng, 8) for _ in range(200)] for _ in range(8)]
    stream = []
    for i in range(commits):
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1700000000 + i} +0000\n"
                      f"data 6\nchange\n")
        for n in rng.sample(range(len(files)), 3):
            for _ in range(6):
                files[n][rng.randrange(len(files[n]))] = words(rng, 8)
            text = "\n".join(files[n]) + "\n"
            stream.append(f"M 100644 inline file{n}\ndata {len(text)}\n{text}\n")
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True,
                   env=git_environment(path))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, check=True, text=True,
                   input="".join(stream), env=git_environment(path))


def git_environment(home):
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


SQL = """
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO item SELECT i, printf('item %d', i * 7919 % {rows}), i % 1000 / 10.0 FROM n;
CREATE INDEX by_name ON item (name);
SELECT count(*), sum(price) FROM item WHERE name LIKE '%9';
SELECT substr(name, 1, 7), group_concat(id) FROM item GROUP BY 1 ORDER BY 2 LIMIT 5;
SELECT count(*) FROM item a JOIN item b ON a.name = b.name;
"""


def discover(out, quick):
    """Every program that can be measured on this machine, on full or small inputs."""
    made = compile_all(out)
    inputs = out / ("quick" if quick else "full")
    inputs.mkdir(exist_ok=True)

    def size(full, small):
        return str(small if quick else full)

    def made_once(name, write, count):
        path = inputs / f"{count}-{name}"
        if not path.exists():
            unfinished = inputs / f"unfinished-{name}"
            write(unfinished, int(count))
            unfinished.rename(path)
        return str(path)

    ours = [
        ("growth", [size(5000000, 500000)], "48-byte nodes in a tree, all live at the end"),
        ("growth-leak", [size(5000000, 500000), "leak"], "the same, its root forgotten"),
        ("churn", [size(3000000, 600000)], "malloc and free, 64 stacks of 10 frames at random"),
        ("deep", [size(1000000, 200000)], "malloc and free under 60 frames"),
        ("threads", [size(1000000, 200000)], "4 threads that free each other's blocks"),
        ("maps", [size(100000, 25000)], "C++ maps of strings and shared_ptrs"),
        ("objects", [size(1000000, 100000)], "32-byte blocks, each retained by name, all live"),
        ("empty", [], "main returns: start, snapshot, report"),
    ]
    for name, arguments, about in ours:
        yield Program(name, [str(made[name.split("-")[0]]), *arguments], about)

    def have(command):
        return pathlib.Path(command).exists()

    if have("/usr/bin/python3"):
        yield Program("python3", ["/usr/bin/python3", str(HERE / "script.py"), size(12, 3)],
                      "json, re, objects; PYTHONMALLOC=malloc",
                      env={"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"})
    if have("/usr/bin/git"):
        repository = made_once("repository", write_repository, size(600, 100))
        yield Program("git", ["/usr/bin/git", "--no-pager", "log", "-p"], "log -p",
                      cwd=repository, env=git_environment(inputs))
    if have("/usr/bin/sqlite3"):
        yield Program("sqlite3", ["/usr/bin/sqlite3", "-init", "/dev/null", ":memory:",
                                  SQL.format(rows=size(120000, 24000))],
                      "insert, index, group, join in memory", env={"HOME": str(inputs)})
    cc1plus = subprocess.run(["g++", "-print-prog-name=cc1plus"], text=True, check=True,
                             capture_output=True).stdout.strip()
    if have(cc1plus):
        yield Program("cc1plus", [cc1plus, "-quiet", "-imultiarch", "x86_64-linux-gnu",
                                  "-D_GNU_SOURCE", size("-O2", "-O0"), str(SOURCES / "maps.cc"),
                                  "-o", "/dev/null"],
                      "gcc's C++ compiler on maps.cc")
    if have("/usr/bin/jq"):
        records = made_once("records.json", write_json, size(24000, 6000))
        yield Program("jq", ["/usr/bin/jq", "-c", "group_by(.tags[0][0:2]) | map({n: length, "
                             "x: (map(.at.x) | add), names: map(.name)})", records],
                      "group, add, map")
    if have("/usr/bin/xmllint"):
        records = made_once("records.xml", write_xml, size(60000, 12000))
        yield Program("xmllint", ["/usr/bin/xmllint", "--xpath", "count(//record[@id mod 7 = 0])",
                                  records], "parse, count by XPath")
    if have("/usr/bin/perl"):
        yield Program("perl", ["/usr/bin/perl", str(HERE / "script.pl"), size(90000, 20000)],
                      "hashes of lists of strings")
