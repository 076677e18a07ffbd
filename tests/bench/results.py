# SPDX-License-Identifier: MIT
"""From runs to figures: what the table prints and the JSON file holds (README.md has the keys)."""

import datetime
import json
import os
import pathlib
import platform
import re
import statistics

import tools

KIB = 1024


def spread(values):
    """Of a list with or without anything in it."""
    values = [v for v in values if v is not None]
    if not values:
        return {"min": None, "median": None, "max": None}
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def ratio(cost, bare):
    return cost / max(bare, 1e-6)


def milliseconds(seconds):
    return None if seconds is None else seconds * 1e3


def since(bare, cost):
    """How much longer than the bare program it took from the end of the work to the end of all."""
    return None if bare.end is None or cost.end is None else cost.end - bare.end


def of_runs(runs, bare):
    pairs = runs.pairs
    return {
        "tool": runs.tool.name,
        "small_input": runs.program.small,
        "rounds": len(pairs),
        "remark": runs.remark,
        "cpu_s": spread([c.cpu for _, c in pairs]),
        "cpu_ratio": spread([ratio(c.cpu, b.cpu) for b, c in pairs]),
        "wall_s": spread([c.wall for _, c in pairs]),
        "wall_ratio": spread([ratio(c.wall, b.wall) for b, c in pairs]),
        "wall_over_ms": spread([milliseconds(c.wall - b.wall) for b, c in pairs]),
        "exit_ms": spread([milliseconds(c.end) for _, c in pairs]),
        "check_ms": spread([milliseconds(since(b, c)) for b, c in pairs]),
        "peak_kib": runs.peak,
        "peak_ratio": ratio(runs.peak, bare.peak) if runs.peak and bare.peak else None,
    }


def of_program(program, results, session):
    """Its runs in the order in which they were made."""
    bare = {small: runs for (name, small, tool), runs in results.items()
            if name == program.name and tool == tools.BARE.name}
    return {
        "name": program.name,
        "about": program.about,
        "real": program.real,
        "runs": [of_runs(runs, bare[small]) for (name, small, _), runs in results.items()
                 if name == program.name],
        "session": session,
    }


def run_of(results, program, tool):
    """The entry of a program under a tool, as it was measured for all its rounds; {} if it was not."""
    for entry in results["programs"]:
        if entry["name"] == program:
            for run in entry["runs"]:
                if run["tool"] == tool and run["rounds"]:
                    return run
    return {}


def cpu_model():
    found = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text("utf-8"), re.M)
    return found[1] if found else platform.machine()


def machine():
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text("utf-8"))
    return {"cpu": cpu_model(), "processors": os.cpu_count(), "kernel": platform.release(),
            "memory_kib": int(memory[1]) if memory else None, "load": os.getloadavg()[0]}


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(path, results):
    """Whole or not at all: what was there stays until the new one is complete."""
    unfinished = pathlib.Path(f"{path}.unfinished")
    unfinished.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
