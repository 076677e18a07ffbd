# SPDX-License-Identifier: MIT
"""What the ledger costs: nanoseconds a pair of retain and release, beside the atomic increment and
decrement that every counted object pays anyway, and bytes an object."""

import collections
import os
import statistics
import subprocess

KINDS = (("atomic", "atomic +1, -1"), ("retain", "retain, release"),
         ("retain_by", "retain_by, release_by"), ("hold", "hold, unhold"),
         ("both", "retain, release, and the atomics"))
COLUMNS = (("1", "own"), ("4", "own"), ("4", "shared"))
CALLS = 2  # in a pair


def environment(out):
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(out)}


def time_pairs(prefix, out, count):
    """(kind, threads, whose) -> CPU nanoseconds a pair."""
    said = subprocess.run([*prefix, str(out / "pairs"), str(count)], env=environment(out), text=True,
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False).stdout
    return {tuple(line.split()[:3]): float(line.split()[3]) for line in said.splitlines()}


def print_pairs(ouro, out, rounds, count):
    figures = {"bare": collections.defaultdict(list), "ouro": collections.defaultdict(list)}
    for _ in range(rounds):
        for name, prefix in (("bare", []), ("ouro", [*ouro, "run", "-o", "/dev/null", "--"])):
            for key, value in time_pairs(prefix, out, count).items():
                figures[name][key].append(value)
    print(f"\n{'':34}{'bare':^27}{'ouro':^27}\n{'CPU ns a pair':34}" +
          f"{'1 thread':>9}{'4':>9}{'4, one':>9}" * 2 + f"\n{'':34}" + f"{'':18}{'object':>9}" * 2)
    for kind, about in KINDS:
        values = [figures[name].get((kind, *column)) for name in ("bare", "ouro") for column in COLUMNS]
        print(f"{about:34}" + "".join(f"{statistics.median(v):9.1f}" if v else f"{'-':>9}"
                                      for v in values))
    alone = figures["bare"].get(("retain", "1", "own"))
    if alone:
        print(f"a call without the library: {statistics.median(alone) / CALLS:.2f} ns")


def session_bytes(ouro, out, *arguments):
    saved = out / "saved.ouro"
    subprocess.run([*ouro, "run", "-o", "/dev/null", "--save", str(saved), "--", str(out / "objects"),
                    *arguments], env=environment(out), stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    try:
        return os.stat(saved).st_blocks * 512
    finally:
        saved.unlink(missing_ok=True)


def print_bytes(ouro, out, count):
    """By how much the session of as many blocks grows when each is retained by name."""
    try:
        recorded, snapshot = ((session_bytes(ouro, out, str(count), "retained", *killed) -
                               session_bytes(ouro, out, str(count), "plain", *killed)) / count
                              for killed in (["killed"], []))
    except OSError as e:
        print(f"\nno session to measure: {e}")
        return
    print(f"\nbytes of the session an object with one named retain: {recorded:.1f}, "
          f"with a snapshot {snapshot:.1f} ({count} objects)")
