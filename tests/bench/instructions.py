# SPDX-License-Identifier: MIT
"""Instructions of single steps, counted under callgrind: the same on a busy machine as on a quiet
one, so a regression of a percent shows.

Each is counted at two sizes; the difference, divided by what one has more, is a step, and what
starting and ending cost is gone."""

import os
import re
import shutil
import subprocess

import micro
import tools

SIZE = 20000
# Programs are started by the loader, which preloads for them alone: LD_PRELOAD would go to valgrind's
# launcher, and libouro.so does not follow an exec unasked.
LOADER = "/lib64/ld-linux-x86-64.so.2"


class Failed(Exception):
    pass


class Counter:
    def __init__(self, out, build):
        self.out, self.build = out, build
        self.under = [LOADER], [LOADER, "--preload", build / "libouro.so"]

    def total(self, command):
        """Instructions of the process itself, not of its children and its snapshot."""
        for old in self.out.glob("callgrind.*"):
            old.unlink()
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.out), "OURO_OPTIONS": "report=0"}
        started = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.out}/callgrind.%p",
             *(str(c) for c in command)],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.wait()
        path = self.out / f"callgrind.{started.pid}"
        found = path.exists() and re.search(r"^totals: (\d+)", path.read_text("ascii", "replace"), re.M)
        if not found:
            raise Failed(f"callgrind counted nothing for {command[-1]}")
        return int(found[1])

    def step(self, command):
        """command: from a size to what is run."""
        small, large = (self.total(command(n)) for n in (SIZE, 2 * SIZE))
        return (large - small) / SIZE

    def row(self, name, *arguments):
        """Of a program of ours, bare and under ouro."""
        def command(n):
            return [self.out / name, *(n if a is None else a for a in arguments)]
        return tuple(self.step(lambda n, u=u: u + command(n)) for u in self.under)

    def analysed(self):
        """Of the analyzer, on sessions of lost blocks."""
        saved = self.out / "counted.ouro"

        def command(count):
            keep = tools.ouro(self.build, self.out, "--save", str(saved))
            subprocess.run([*keep.prefix, str(self.out / "growth"), str(count), "leak"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            return [self.build / "ouro", "report", "-o", self.out / "report.txt", saved]

        try:
            return None, self.step(command)
        finally:
            saved.unlink(missing_ok=True)

    def started(self):
        """Not a difference: the whole of an empty program."""
        return tuple(self.total(u + [self.out / "empty"]) for u in self.under)

    def steps(self):
        """(what is counted, how it is called); None stands for the size."""
        yield "pair, 64 stacks in random order", (self.row, "churn", None)
        yield "pair under 60 frames at random", (self.row, "deep", None)
        yield "live block more", (self.row, "growth", None)
        yield "retain and release", (self.row, "pairs", None, "retain")
        yield "retain_by and release_by", (self.row, "pairs", None, "retain_by")
        yield "hold and unhold", (self.row, "pairs", None, "hold")
        for how, least in (("same", 0), ("parted", micro.PARTED_FROM)):
            for depth in (d for d in micro.DEPTHS if d >= least):
                yield (f"pair under {depth} frames, {how}",
                       (self.row, "micro_capture", depth, None, how))
        yield "lost block analysed", (self.analysed,)
        yield "empty program, whole", (self.started,)

    def measure(self, only):
        for name, (call, *arguments) in self.steps():
            if only in name:
                bare, ouro = call(*arguments)
                yield {"step": name, "bare": bare, "ouro": ouro, "cost": ouro - (bare or 0)}


def measure(out, build, only):
    """(rows of the steps whose name contains `only`, why there are none)."""
    if not shutil.which("valgrind"):
        return [], "valgrind is not installed"
    try:
        return list(Counter(out, build).measure(only)), ""
    except (Failed, OSError) as e:
        return [], str(e)
    finally:
        for left in out.glob("callgrind.*"):
            os.unlink(left)


def print_instructions(rows, problem):
    if problem:
        print(f"\nno instructions counted: {problem}")
        return
    print(f"\n{'instructions of a':36}{'bare':>10}{'ouro':>10}{'ouro-bare':>11}")
    for row in rows:
        print(f"{row['step']:36}" + micro.number(row["bare"], 10) + micro.number(row["ouro"], 10) +
              micro.number(row["cost"], 11))
