# SPDX-License-Identifier: MIT
"""Nanoseconds of single steps: a capture under so many frames, a block recorded and forgotten among
millions, the analysis of a million blocks.

The programs (programs/micro_*.c) read their own thread's CPU clock around a loop; what a step costs
is the difference to the same loop without ouro."""

import collections
import statistics
import subprocess

import results
import sessions

DEPTHS = (6, 16, 31, 46, 66)
PARTED_FROM = 8  # frames that a stack needs to have two halves


def said(out, environment, *command):
    """What a program of ours prints."""
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(out), **environment}
    return subprocess.run([str(c) for c in command], env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False).stdout


class Micro:
    def __init__(self, meter, build, rounds, quick):
        self.meter, self.out, self.build, self.rounds, self.quick = meter, meter.out, build, rounds, quick
        self.under = {
            "bare": {},
            "twin": {"LD_PRELOAD": str(self.out / "twin")},
            # No report: it is not what these measure.
            "ouro": {"LD_PRELOAD": str(build / "libouro.so"), "OURO_OPTIONS": "report=0"},
        }

    def size(self, full, small):
        return small if self.quick else full

    def each(self, *command):
        """(line's name, under) -> median of what it printed, over the rounds, interleaved."""
        figures = collections.defaultdict(list)
        for _ in range(self.rounds):
            for name, environment in self.under.items():
                for line in said(self.out, environment, *command).splitlines():
                    *key, value = line.split()
                    figures["".join(key), name].append(float(value))
        return {key: statistics.median(values) for key, values in figures.items()}

    def capture(self):
        found = []
        for how, least in (("same", 0), ("parted", PARTED_FROM)):
            for depth in (d for d in DEPTHS if d >= least):
                count = self.size(1000000, 100000)
                got = self.each(self.out / "micro_capture", depth, count, how)
                found.append({"stacks": how, "frames": depth, **self.row(got, "")})
        return found

    def blocks(self):
        live = self.size(5000000, 500000)
        got = self.each(self.out / "micro_blocks", live)
        phases = dict.fromkeys(phase for phase, _ in got)
        return [{"step": phase, "live": live, **self.row(got, phase)} for phase in phases]

    def row(self, got, key):
        bare, ouro = got.get((key, "bare")), got.get((key, "ouro"))
        return {"bare_ns": bare, "twin_ns": got.get((key, "twin")), "ouro_ns": ouro,
                "cost_ns": ouro - bare if bare and ouro else None}

    def analysis(self):
        count = self.size(5000000, 500000)
        costs = sessions.analysis(self.meter, self.build, self.out / "growth", count, self.rounds)
        costs = [c for c in costs if c]
        million = count / 1e6
        return {"blocks": count,
                "wall_ms_a_million": results.spread([c.wall * 1e3 / million for c in costs]),
                "cpu_ms_a_million": results.spread([c.cpu * 1e3 / million for c in costs])}

    def measure(self):
        return {"capture": self.capture(), "blocks": self.blocks(), "analysis": self.analysis()}


def number(value, width=9, digits=1):
    return f"{'-':>{width}}" if value is None else f"{value:{width}.{digits}f}"


def print_micro(got):
    print(f"\nCPU ns a pair of malloc and free\n{'frames':>8} {'stacks':12}{'bare':>9}{'twin':>9}"
          f"{'ouro':>9}{'ouro-bare':>10}")
    for row in got["capture"]:
        print(f"{row['frames']:8} {row['stacks']:12}" + number(row["bare_ns"]) +
              number(row["twin_ns"]) + number(row["ouro_ns"]) + number(row["cost_ns"], 10))
    print(f"\n{'CPU ns of a':21}{'bare':>9}{'twin':>9}{'ouro':>9}{'ouro-bare':>10}")
    for row in got["blocks"]:
        print(f"{row['step'].replace('_', ' '):21}" + number(row["bare_ns"]) + number(row["twin_ns"]) +
              number(row["ouro_ns"]) + number(row["cost_ns"], 10) + f"  of {row['live']} live")
    row = got["analysis"]
    print(f"\nanalysis: {number(row['wall_ms_a_million']['median'], 0, 0)} ms "
          f"(CPU {number(row['cpu_ms_a_million']['median'], 0, 0)} ms) a million lost blocks")
