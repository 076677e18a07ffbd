# SPDX-License-Identifier: MIT
"""What the sessions themselves say, from one more run of each program that is not timed; and what
judging one costs."""

import os

import programs
import session
import tools

MANY_BLOCKS = 100000  # from here on a figure for each block means something
NOTHING = {"live_blocks": None, "bytes": None, "bytes_a_block": None, "pause_ms": None,
           "mark_ms": None, "snapshot_ms": None, "marked_a_second": None, "problem": ""}


def describe(path):
    said, held = session.read(path), os.stat(path).st_blocks * 512
    live, many = said["live_blocks"], said["live_blocks"] >= MANY_BLOCKS
    return {
        "live_blocks": live,
        "bytes": held,
        "bytes_a_block": held / live if many else None,
        "pause_ms": said["pause_ns"] / 1e6,
        "mark_ms": said["mark_ns"] / 1e6,
        "snapshot_ms": said["total_ns"] / 1e6,
        "marked_a_second": live / (said["mark_ns"] / 1e9) if many and said["mark_ns"] else None,
        "problem": "",
    }


def look(meter, program, build):
    """The figures of a program's session."""
    saved = meter.out / "saved.ouro"
    try:
        meter.run(program, tools.ouro(build, meter.out, "--save", str(saved)))
        return describe(saved)
    except (OSError, KeyError, session.Bad) as e:
        return {**NOTHING, "problem": f"no session to read: {e}"}
    finally:
        saved.unlink(missing_ok=True)


def analysis(meter, build, growth, count, rounds):
    """Of `ouro report` on a session of so many lost blocks."""
    saved = meter.out / "saved.ouro"
    leak = programs.Program("growth-leak", [str(growth), str(count), "leak"], "")
    report = programs.Program("report", [str(build / "ouro"), "report", "-o",
                                         str(meter.out / "report.txt"), str(saved)], "")
    try:
        meter.run(leak, tools.ouro(build, meter.out, "--save", str(saved)))
        return [meter.run(report)[0] for _ in range(rounds)]
    finally:
        saved.unlink(missing_ok=True)
