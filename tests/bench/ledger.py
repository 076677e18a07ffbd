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


def measure_pairs(ouro, out, rounds, count):
    figures = collections.defaultdict(list)
    for _ in range(rounds):
        for name, prefix in (("bare", []), ("ouro", [*ouro, "run", "-o", "/dev/null", "--"])):
            for key, value in time_pairs(prefix, out, count).items():
                figures[name, *key].append(value)
    return [{"pair": kind, "threads": int(threads), "object": whose,
             **{f"{name}_ns": statistics.median(figures[name, kind, threads, whose] or [0])
                for name in ("bare", "ouro")}}
            for kind, _ in KINDS for threads, whose in COLUMNS]


def session_bytes(ouro, out, *arguments):
    saved = out / "saved.ouro"
    subprocess.run([*ouro, "run", "-o", "/dev/null", "--save", str(saved), "--", str(out / "objects"),
                    *arguments], env=environment(out), stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    try:
        return os.stat(saved).st_blocks * 512
    finally:
        saved.unlink(missing_ok=True)


def measure_bytes(ouro, out, count):
    """By how much the session of as many blocks grows when each is retained by name."""
    try:
        recorded, snapshot = ((session_bytes(ouro, out, str(count), "retained", *killed) -
                               session_bytes(ouro, out, str(count), "plain", *killed)) / count
                              for killed in (["killed"], []))
    except OSError:
        recorded = snapshot = None
    return {"objects": count, "recorded": recorded, "with_snapshot": snapshot}


def measure(ouro, out, rounds, quick):
    return {"pairs": measure_pairs(ouro, out, rounds, 200000 if quick else 2000000),
            "object_bytes": measure_bytes(ouro, out, 100000 if quick else 1000000)}


def print_ledger(got):
    ns = {(row["pair"], str(row["threads"]), row["object"]): row for row in got["pairs"]}
    print(f"\n{'':34}{'bare':^27}{'ouro':^27}\n{'CPU ns a pair':34}" +
          f"{'1 thread':>9}{'4':>9}{'4, one':>9}" * 2 + f"\n{'':34}" + f"{'':18}{'object':>9}" * 2)
    for kind, about in KINDS:
        print(f"{about:34}" + "".join(f"{ns[kind, *column][name]:9.1f}"
                                      for name in ("bare_ns", "ouro_ns") for column in COLUMNS))
    alone = ns["retain", "1", "own"]["bare_ns"]
    print(f"a call without the library: {alone / CALLS:.2f} ns")
    size = got["object_bytes"]
    if size["recorded"] is None:
        print("\nno session to measure")
        return
    print(f"\nbytes of the session an object with one named retain: {size['recorded']:.1f}, "
          f"with a snapshot {size['with_snapshot']:.1f} ({size['objects']} objects)")
