# SPDX-License-Identifier: MIT
"""What ouro has to show, each bar beside what this run measured.

Ratios are medians over the rounds.  Nothing fails here: a bar says "missed", and the reader looks
at the spread and at how busy the machine was."""

import dataclasses
import typing

from results import run_of

REAL_DIVISOR = 3  # of heaptrack's overhead on a real program


@dataclasses.dataclass
class Bar:
    work: str
    asked: str
    measured: typing.Callable  # results -> figure, or None where it was not measured
    limit: typing.Callable  # the same: the measured one has to be less, or as much
    aim: float = None


def median(program, tool, field):
    return lambda r: run_of(r, program, tool).get(field, {}).get("median")


def cpu(program, tool="ouro"):
    return median(program, tool, "cpu_ratio")


def wall(program, tool="ouro"):
    return median(program, tool, "wall_ratio")


def fixed(value):
    return lambda r: value


def part(figure, factor):
    """A part of another figure."""
    return lambda r: None if figure(r) is None else figure(r) * factor


def overhead(ratio):
    return lambda r: None if ratio(r) is None else ratio(r) - 1


def under(program, limit, aim):
    return Bar(program, "CPU ratio", cpu(program), fixed(limit), aim)


def like_lsan(program):
    return Bar(program, "CPU ratio: no slower than LSan", cpu(program), cpu(program, "lsan"))


def wall_like_lsan(program):
    return Bar(program, "wall ratio: no slower than LSan", wall(program), wall(program, "lsan"))


def below_heaptrack(program, divisor):
    return Bar(program, f"CPU overhead: 1/{divisor} of heaptrack's", overhead(cpu(program)),
               part(overhead(cpu(program, "heaptrack")), 1 / divisor))


def check(program, tool="ouro"):
    return median(program, tool, "check_ms")


def mark_ms(program):
    def find(r):
        return next((p["session"]["mark_ms"] for p in r["programs"] if p["name"] == program), None)
    return find


def peak(program):
    return lambda r: run_of(r, program, "ouro").get("peak_ratio")


OURS = (
    under("churn", 2.2, 1.5),
    like_lsan("churn"),
    below_heaptrack("churn", 10),
    under("growth", 2.2, 1.6),
    Bar("growth", "CPU ratio: two thirds of LSan's", cpu("growth"), part(cpu("growth", "lsan"), 2 / 3)),
    under("threads", 2.0, 1.3),
    like_lsan("threads"),
    wall_like_lsan("threads"),
    under("deep", 1.5, 1.2),
    under("maps", 1.25, 1.1),
    Bar("growth", "peak memory ratio", peak("growth"), fixed(1.7), 1.35),
    Bar("growth-shuffle", "marking, ms: half of LSan's check", mark_ms("growth-shuffle"),
        part(check("growth-shuffle", "lsan"), 0.5)),
    Bar("growth-shuffle", "whole check, ms: half of LSan's", check("growth-shuffle"),
        part(check("growth-shuffle", "lsan"), 0.5)),
    Bar("growth-leak", "exit to report, ms: LSan's", check("growth-leak"), check("growth-leak", "lsan")),
    Bar("empty", "wall over bare, ms", median("empty", "ouro", "wall_over_ms"), fixed(15), 6),
    Bar("leaking", "wall over bare, ms", median("leaking", "ouro", "wall_over_ms"), fixed(60), 30),
    Bar("leaking-cold", "wall over bare, ms", median("leaking-cold", "ouro", "wall_over_ms"), fixed(60),
        30),
)
REAL_AIMS = {"python3": 1.3}
REAL_AIM = 1.15


def of_real(program):
    yield dataclasses.replace(like_lsan(program), aim=REAL_AIMS.get(program, REAL_AIM))
    yield below_heaptrack(program, REAL_DIVISOR)


def judge(results):
    """A row for each bar whose program was measured."""
    names = {entry["name"]: entry["real"] for entry in results["programs"]}
    bars = [bar for bar in OURS if bar.work in names]
    for name, real in names.items():
        bars += of_real(name) if real else ()
    rows = []
    for bar in bars:
        measured, limit = bar.measured(results), bar.limit(results)
        known = measured is not None and limit is not None
        rows.append({"work": bar.work, "asked": bar.asked, "limit": limit, "aim": bar.aim,
                     "measured": measured, "met": measured <= limit if known else None})
    return rows
