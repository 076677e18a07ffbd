#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# timeout: 300
"""`make bench` runs: a short one, without peers, says what its README says, key by key.  No figure is
asserted but what cannot be otherwise.  The twin interposes what the library does.  A second bench, where
no tool can be found, names what is missing and ends well."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import BUILD, TOP, equal, fail, finish, output  # noqa: E402

WORK = pathlib.Path(os.environ.get("WORK", "."))
HERE = TOP / "tests/bench"
NOT_IN_GLIBC = {"cfree", "free_sized", "free_aligned_sized"}  # nobody is linked to them


def bench(*arguments, path=None):
    """What it wrote as JSON and printed."""
    to = WORK / "bench.json"
    env = {**os.environ, "BUILD": str(WORK / "build"), "BENCH_JSON": str(to), "BENCH": ""}
    env["PATH"] = path or env["PATH"]
    done = subprocess.run([sys.executable, str(HERE / "run"), *arguments], env=env, text=True,
                          capture_output=True, check=False)
    print(done.stdout + done.stderr)
    if done.returncode:
        fail(f"status {done.returncode}")
        finish()
    return json.loads(to.read_text()), done.stdout


def documented():
    return set(re.findall(r"^\| `([^`]+)` \|", (HERE / "README.md").read_text().split("## The JSON")[1],
                          re.M))


def keys(value, path, known):
    """Paths of what is there, down to what the README names, and of what is null above it."""
    if path in known:
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from keys(inner, f"{path}.{name}" if path else name, known)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner, path + "[]", known)
    else:
        yield path


def check_keys(got):
    known = documented()
    found = set(keys(got, "", known))
    for name in sorted(known - found):
        fail(f"{name} is in the README and not in the file")
    for name in sorted(found - known):
        fail(f"{name} is in the file and not in the README")


def check_spreads(value, path):
    """min <= median <= max, wherever there are three."""
    if isinstance(value, dict):
        if set(value) == {"min", "median", "max"}:
            if value["min"] is not None and not value["min"] <= value["median"] <= value["max"]:
                fail(f"{path}: {value}")
            return
        for name, inner in value.items():
            check_spreads(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            check_spreads(inner, f"{path}[{number}]")


# A build directory of its own, so that a bench that runs beside this test is not disturbed.
(WORK / "build").mkdir(exist_ok=True)
for name in ("ouro", "libouro.so"):
    shutil.copy2(BUILD / name, WORK / "build" / name)

arguments = ["--quick", "--rounds", "1", "--no-peers", "--only", "empty", "--only", "leaking", "--only",
             "ledger", "--only", "micro"]
if shutil.which("valgrind"):
    arguments += ["--instructions", "retain and release"]
got, said = bench(*arguments)
if shutil.which("valgrind"):
    check_keys(got)
check_spreads(got, "")
runs = {(p["name"], r["tool"]): r for p in got["programs"] for r in p["runs"]}
PROGRAMS = ["empty", "leaking", "leaking-cold"]
if set(runs) != {(p, t) for p in PROGRAMS for t in ("bare", "twin", "ouro")}:
    fail(f"measured: {sorted(runs)}")
for (program, tool), run in runs.items():
    expected = "leaks" if program != "empty" and tool == "ouro" else ""
    if run["remark"] != expected or run["rounds"] != 1:
        fail(f"{program} under {tool}: {run['remark']!r}, {run['rounds']} rounds")
    if not run["exit_ms"]["median"] or run["exit_ms"]["median"] > run["wall_s"]["median"] * 1e3:
        fail(f"{program} under {tool}: the exit is no part of the run: {run['exit_ms']}")
for bar in got["bars"]:
    if bar["met"] is None or bar["met"] != (bar["measured"] <= bar["limit"]):
        fail(f"bar: {bar}")
if [bar["work"] for bar in got["bars"]] != PROGRAMS or not re.search(
        r"^[0-3] met, [0-3] missed, 0 not measured$", said, re.M):
    fail("not every bar is told")

# The twin takes the calls that the library takes, of those that allocate and free.
names = re.search(r"# the malloc family(.*?)# ways out", (TOP / "shim/shim.map").read_text(), re.S)[1]
equal("the twin's functions", set(re.findall(r"(\w+);", names)) - NOT_IN_GLIBC,
      set(re.findall(r" T (\w+)$", output("nm", "-D", WORK / "build/bench/twin"), re.M)))

# A PATH with what builds programs, but none of the peers.
tool_path = WORK / "path"
tool_path.mkdir(exist_ok=True)
for name in ("gcc", "g++", "cc", "as", "ld", "ldd", "sh", "git"):
    if shutil.which(name) and not (tool_path / name).exists():
        (tool_path / name).symlink_to(shutil.which(name))
got, said = bench("--quick", "--rounds", "1", "--slow-peers", "--only", "empty", path=str(tool_path))
if got["missing"]["tools"] != ["heaptrack", "valgrind"]:
    fail(f"missing: {got['missing']}")
if "tools not installed: heaptrack, valgrind" not in said:
    fail("the table does not say what is missing")
finish()
