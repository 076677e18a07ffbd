# SPDX-License-Identifier: MIT
"""What Valgrind says of the same program: definite + indirect, the yardstick for unreached blocks.

Taken from its summary: the single findings (and its XML) count what hangs below a block with it, and
again by itself."""

import re
import subprocess

SUMMARY = re.compile(r"== +(definitely|indirectly) lost: ([\d,]+) bytes in ([\d,]+) blocks")


class Broken(Exception):
    pass


def totals(log_path):
    """(blocks, bytes), definite + indirect; Broken when the log has no summary."""
    try:
        text = open(log_path, encoding="utf-8", errors="replace").read()
    except OSError as e:
        raise Broken(f"valgrind left no log: {e}") from e
    if "All heap blocks were freed" in text:
        return 0, 0
    rows = SUMMARY.findall(text)
    if not rows or len(rows) % 2:
        raise Broken(f"valgrind's log has no summary: {text[-300:]}")
    last = rows[-2:]
    number = [[int(field.replace(",", "")) for field in row[1:]] for row in last]
    return number[0][1] + number[1][1], number[0][0] + number[1][0]


def command(log_path, argv, *options):
    return ["valgrind", "--leak-check=full", "--errors-for-leak-kinds=none",
            "--show-leak-kinds=definite,indirect", "--num-callers=4",
            "--child-silent-after-fork=yes", f"--log-file={log_path}", *options, "--", *argv]


def run(argv, log_path, env=None, timeout=300, options=()):
    subprocess.run(command(log_path, argv, *options), env=env, timeout=timeout, check=False,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return totals(log_path)
