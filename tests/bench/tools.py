# SPDX-License-Identifier: MIT
"""Under what it is measured: nothing, ouro, and those of its peers that are installed."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

LEAKS, UNCHECKED = 23, 24  # ouro's statuses; LeakSanitizer has the first from itself


@dataclasses.dataclass
class Tool:
    name: str
    prefix: list  # of the command; NAME=VALUE goes into its environment
    once: bool = False  # not in every round: it costs too much
    on_request: bool = False
    own_statuses: dict = dataclasses.field(default_factory=dict)  # status -> what it says

    def verdict(self, bare, status, errors):
        """What to say of a run: '' for nothing; a FAILED one is no measurement."""
        if "LeakSanitizer has encountered a fatal error" in errors:
            return "FAILED: no ptrace"
        if status in self.own_statuses:
            return self.own_statuses[status]
        return "" if status == bare else f"FAILED: status {status}"


def ouro(build):
    return Tool("ouro", [str(build / "ouro"), "run", "-o", "/dev/null", "--"],
                own_statuses={LEAKS: "leaks", UNCHECKED: "UNCHECKED"})


def lsan(out, name, options, on_request=False):
    """None without gcc's library. The small one beside it is explained in programs/first.c."""
    library = subprocess.run(["gcc", "-print-file-name=liblsan.so"], text=True, check=True,
                             capture_output=True).stdout.strip()
    if not os.path.isabs(library):
        return None
    preload = f"LD_PRELOAD={out / 'first'}:{os.path.realpath(library)}"
    return Tool(name, [preload, f"LSAN_OPTIONS={options}"], on_request, on_request,
                {LEAKS: "leaks"})


def peers(out):
    """Those that are here, each as its users run it."""
    yield from filter(None, (
        lsan(out, "lsan", "detect_leaks=1"),
        lsan(out, "lsan-stacks", "fast_unwind_on_malloc=0:malloc_context_size=256", True)))
    if shutil.which("heaptrack"):
        yield Tool("heaptrack", ["heaptrack", "-o", str(out / "heaptrack.out")], once=True)
    if shutil.which("valgrind"):
        yield Tool("valgrind", ["valgrind", "-q", "--leak-check=full", "--log-file=/dev/null", "--"],
                   once=True, on_request=True)


def clean_up(out):
    for left in pathlib.Path(out).glob("heaptrack.out*"):
        left.unlink()
