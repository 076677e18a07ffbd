#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ouro against the one whose cycle detector it copies: the same random object graphs in CPython and
in C, and both must find the same garbage.

timeout: 300

On each of 1000 graphs: ouro_collect(2) returns what gc.collect() does; the strongly connected
components of the garbage are the same sets of nodes, by way of memory, by way of the counts alone,
and by the counts of a process that SIGKILL took; and the report of all of them calls nothing else a
leak.

cpython.py [FIRST [COUNT]]: with other seeds."""

import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]
import graphs  # noqa: E402
import interpreter  # noqa: E402
from tree import BUILD, OURO, TOP, fail, finish  # noqa: E402

FIRST, COUNT, SHOWN = 1, 1000, 10
WORK = pathlib.Path(os.environ.get("WORK", "."))
PROGRAM = WORK / "program"


def observe(mode, script, status):
    """Runs the program under ouro; returns what it printed and the report."""
    json_path = WORK / f"{mode}.json"
    done = subprocess.run([OURO, "run", "--format", "json", "-o", json_path, "--save",
                           WORK / f"{mode}.ouro", "--", PROGRAM, mode],
                          input=script, capture_output=True, text=True, check=False)
    if done.returncode != status:
        fail(f"{mode}: status {done.returncode} instead of {status}: {done.stderr[-500:]}")
    return done.stdout.splitlines(), json.loads(json_path.read_text())


def compare(what, wanted, got):
    """Lists by graph; says which differ."""
    if len(wanted) != len(got):
        fail(f"{what}: {len(got)} graphs instead of {len(wanted)}")
    wrong = [i for i, (a, b) in enumerate(zip(wanted, got)) if a != b]
    for i in wrong[:SHOWN]:
        fail(f"{what}: seed {FIRST + i}: CPython {wanted[i]}, ouro {got[i]}")
    if len(wrong) > SHOWN:
        fail(f"{what}: {len(wrong)} graphs in all")


def shown(parts):
    """A partition in a form that two of the same always have."""
    return sorted(sorted(part) for part in parts)


def partitions(mode, printed, count):
    """Way -> [partition of the graph], by the analyzer's stages."""
    node_of = {}
    for line in printed:
        graph, node, address = map(int, line.split())
        node_of[address] = graph, node
    rows = subprocess.run([BUILD / "oracle/partition", WORK / f"{mode}.ouro"], capture_output=True,
                          text=True, check=True).stdout.splitlines()
    found, strange = {}, 0
    for way, component, address in (row.split() for row in rows):
        if int(address) not in node_of:
            strange += 1
            continue
        graph, node = node_of[int(address)]
        of_graph = found.setdefault(way, [{} for _ in range(count)])
        of_graph[graph].setdefault(component, []).append(node)
    if strange:
        fail(f"{mode}: {strange} blocks that are no nodes of the program's")
    return {way: [shown(parts.values()) for parts in of_graph]
            for way, of_graph in found.items()}


def check_report(mode, report, garbage, notes):
    totals = report["totals"]
    found = totals["cycle"]["blocks"] + totals["indirect"]["blocks"]
    if report["verdict"] != "leaks" or found != garbage:
        fail(f"{mode}: {report['verdict']}, {found} blocks instead of {garbage}")
    for name in ("lost", "possible", "unconfirmed", "over-retained", "over-released"):
        if totals[name]["findings"] or totals[name]["blocks"]:
            fail(f"{mode}: {name}: {totals[name]}")
    if report["disagreements"]:
        fail(f"{mode}: counts and memory disagree: {report['disagreements'][0]}")
    said = [f["counts"] for f in report["findings"] if f["class"] == "cycle"]
    if not all("every count is explained" in (text or "") for text in said):
        fail(f"{mode}: of some cycle the counts are not explained: {set(said)}")
    if sum("counts alone" in note for note in report["coverage"]["notes"]) != notes:
        fail(f"{mode}: the notes: {report['coverage']['notes']}")


def main():
    subprocess.run(["gcc", "-std=gnu11", "-g", "-O2", "-Wall", "-Wextra", "-Werror",
                    f"-I{TOP / 'include'}", HERE / "program.c", "-o", PROGRAM], check=True)
    drawn = [graphs.graph(FIRST + i) for i in range(COUNT)]
    script = "".join(map(graphs.text, drawn))
    judged = interpreter.judge_all(drawn)
    numbers = [number for number, _ in judged]
    wanted = [shown(parts) for _, parts in judged]
    largest = max(len(part) for parts in wanted for part in parts)
    print(f"{COUNT} graphs; {sum(map(bool, numbers))} with garbage, {sum(numbers)} nodes of it in "
          f"{sum(map(len, wanted))} components, the largest of {largest}")

    printed, report = observe("collect", script, 0)
    compare("the number collected", numbers, [int(line) for line in printed])
    if report["verdict"] != "clean":
        fail(f"collect: all is taken down, yet {report['verdict']}")

    for mode, status, ways in (("keep", 23, {"memory", "counts"}), ("kill", 137, {"counts"})):
        printed, report = observe(mode, script, status)
        found = partitions(mode, printed, COUNT)
        for way in sorted(ways | set(found)):
            compare(f"{mode}: components by {way}", wanted, found.get(way, []))
        check_report(mode, report, sum(numbers), mode == "kill")
    finish()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        FIRST = int(sys.argv[1])
    if len(sys.argv) > 2:
        COUNT = int(sys.argv[2])
    main()
