# SPDX-License-Identifier: MIT
"""Under what it is measured: nothing, a library that only passes calls on, ouro, and those of its
peers that are installed."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

LEAKS, UNCHECKED = 23, 24  # ouro's statuses; LeakSanitizer has the first from itself
HEAP_CHECKER = "/usr/lib/x86_64-linux-gnu/libtcmalloc.so.4"


@dataclasses.dataclass
class Tool:
    name: str
    prefix: list  # of the command; NAME=VALUE goes into its environment
    once: bool = False  # not in every round: it costs too much
    small: bool = False  # on small inputs, for the same reason
    own_statuses: dict = dataclasses.field(default_factory=dict)  # status -> what it says

    def verdict(self, bare, status, errors):
        """What to say of a run: '' for nothing; a FAILED one is no measurement."""
        if "LeakSanitizer has encountered a fatal error" in errors:
            return "FAILED: no ptrace"
        if status in self.own_statuses:
            return self.own_statuses[status]
        return "" if status == bare else f"FAILED: status {status}"


BARE = Tool("bare", [])


def ouro(build, out, *options):
    """The report goes to a file, as the others' does."""
    command = [str(build / "ouro"), "run", "-o", str(out / "report.txt"), *options, "--"]
    return Tool("ouro", command, own_statuses={LEAKS: "leaks", UNCHECKED: "UNCHECKED"})


def twin(out):
    return Tool("twin", [f"LD_PRELOAD={out / 'twin'}"])


def lsan(out, name, options, **how):
    """None without gcc's library. The small one beside it is explained in programs/first.c."""
    library = subprocess.run(["gcc", "-print-file-name=liblsan.so"], text=True, check=True,
                             capture_output=True).stdout.strip()
    if not os.path.isabs(library):
        return None
    preload = f"LD_PRELOAD={out / 'first'}:{os.path.realpath(library)}"
    return Tool(name, [preload, f"LSAN_OPTIONS={options}"], own_statuses={LEAKS: "leaks"}, **how)


def heaptrack(out):
    return shutil.which("heaptrack") and Tool(
        "heaptrack", ["heaptrack", "-o", str(out / "heaptrack.out")], once=True)


def valgrind():
    return shutil.which("valgrind") and Tool(
        "valgrind", ["valgrind", "-q", "--leak-check=full", "--log-file=/dev/null", "--"], once=True,
        small=True)


def gperftools():
    """Its report is asked for by a status of its own; pprof, which would name stacks, is not run."""
    return pathlib.Path(HEAP_CHECKER).exists() and Tool(
        "gperftools", [f"LD_PRELOAD={HEAP_CHECKER}", "HEAPCHECK=normal", "PPROF_PATH=/bin/false"],
        once=True, small=True, own_statuses={1: "leaks"})


# What is measured: always, in runs that are not quick, when it is asked for.
EVERY, SLOW, ON_REQUEST = ("lsan", "heaptrack"), ("lsan-stacks", "valgrind"), ("gperftools",)


def peers(out, names):
    """(those of the names that are here, each as its users run it; those that are not)."""
    make = {
        "lsan": lambda: lsan(out, "lsan", "detect_leaks=1"),
        "heaptrack": lambda: heaptrack(out),
        "lsan-stacks": lambda: lsan(out, "lsan-stacks",
                                    "fast_unwind_on_malloc=0:malloc_context_size=256", once=True,
                                    small=True),
        "valgrind": valgrind,
        "gperftools": gperftools,
    }
    made = {name: make[name]() for name in names}
    return [t for t in made.values() if t], [name for name, t in made.items() if not t]


def first_line(*command):
    """Of what it prints; the number in it, if there is one.  None where it cannot be run."""
    try:
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.strip().splitlines()
    number = re.search(r"\d+(\.\d+)+|\d{5}", said[0]) if said else None
    return number[0] if number else None


def versions(build):
    """What the figures depend on beside the machine; None: not here."""
    return {"ouro": first_line(str(build / "ouro"), "--version"),
            "gcc and lsan": first_line("gcc", "-dumpfullversion"),
            "libc": first_line("ldd", "--version"),
            "heaptrack": first_line("heaptrack", "--version"),
            "valgrind": first_line("valgrind", "--version"),
            "python3": first_line("/usr/bin/python3", "--version"),
            "sqlite3": first_line("/usr/bin/sqlite3", "--version"),
            "git": first_line("/usr/bin/git", "--version"),
            "jq": first_line("/usr/bin/jq", "--version"),
            "xmllint": first_line("/usr/bin/xmllint", "--version"),
            "redis": first_line("/usr/bin/redis-server", "--version"),
            "perl": first_line("/usr/bin/perl", "-e", "printf '%vd', $^V")}


def clean_up(out):
    for left in pathlib.Path(out).glob("heaptrack.out*"):
        left.unlink()
