# SPDX-License-Identifier: MIT
"""Every program bare and under each tool in turn, round after round: a machine that is busy for a
while slows both.

Memory is looked at in a round before the first, which also fills the caches; tools that are so slow
that they run once are looked at while they are timed."""

import dataclasses
import sys

import tools


@dataclasses.dataclass
class Runs:
    """Of one program at one size under one tool."""

    program: object
    tool: object
    pairs: list = dataclasses.field(default_factory=list)  # (bare, cost), of the same round
    peak: int = None  # KiB
    remark: str = ""

    @property
    def failed(self):
        return self.remark.startswith("FAILED")


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:50}\r", end="", file=sys.stderr, flush=True)


class Rounds:
    """results: (name of a program, whether its input is the small one, name of a tool) -> Runs."""

    def __init__(self, meter, rounds):
        self.meter, self.rounds, self.results = meter, rounds, {}

    def measure(self, work):
        """work: [(program, tools)]."""
        for number in range(self.rounds + 1):
            for program, used in work:
                progress(f"round {number} of {self.rounds}: {program.name}")
                self.turn(number, program, used)
        progress("")
        return self.results

    def turn(self, number, program, used):
        due = [t for t in used if number == 1 or not t.once]
        if number > 1 and not due:
            return
        bare = self.one(number, program, tools.BARE, None)
        for tool in due:
            if bare:
                self.one(number, program, tool, bare)

    def one(self, number, program, tool, bare):
        """The cost of a run that is a measurement, None otherwise."""
        runs = self.results.setdefault((program.name, program.small, tool.name), Runs(program, tool))
        if runs.failed:
            return None
        cost, errors = self.meter.run(program, tool, memory=number == 0 or tool.once)
        tools.clean_up(self.meter.out)
        runs.remark = self.remark(tool, bare, cost, errors)
        if runs.failed:
            return None
        if number == 0 or tool.once:
            runs.peak = cost.peak
        if number:
            runs.pairs.append((bare or cost, cost))
        return cost

    @staticmethod
    def remark(tool, bare, cost, errors):
        if not cost:
            return "FAILED: no end in time, or no answer"
        if not bare:
            return f"FAILED: status {cost.status}" if cost.status >= 125 else ""
        return tool.verdict(bare.status, cost.status, errors)
