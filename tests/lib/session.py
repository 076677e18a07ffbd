#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the head of a session file by itself, from the layout in include/ouro_session.h, so that
tests need not take ouro's word for what ouro recorded.

session.py FILE prints the header's and the last snapshot's numbers, a `name value` on each line."""

import struct
import sys

COVERAGE = ("untracked dropped unknown_frees truncated_stacks nested prestart verified mismatched "
            "rules walked paused stray_cookies").split()
ROOTS = "none global stack register tls mapping region ignored".split()
KIND_SNAPSHOT = 8
KIND_OBJECTS, KIND_RETAINS = 15, 16
OBJECT_STATES = "none live freed ended".split()
RETAIN_KINDS = "none plain cookie release excess late".split()
DIRECTORY_ENTRIES = 102


class Bad(Exception):
    pass


def unpack(data, layout, offset):
    try:
        return struct.unpack_from("<" + layout, data, offset)
    except struct.error as e:
        raise Bad(f"nothing at {offset:#x}: {e}") from e


def segments(data, directory):
    while directory:
        (following,) = unpack(data, "Q", directory)
        for i in range(DIRECTORY_ENTRIES):
            kind, state, key, offset, size, count = unpack(data, "IIQQQQ", directory + 16 + 40 * i)
            if not state:
                continue
            yield kind, key, offset, size, count
        directory = following


def ledger(data, directory):
    """What is outstanding: objects by state, records of retains, and their counts by kind; retains is
    what all objects' counts add up to."""
    out = {"objects_" + name: 0 for name in OBJECT_STATES[1:]}
    out.update({"retains_" + name: 0 for name in RETAIN_KINDS[1:]}, retain_records=0)
    for kind, _, offset, size, _ in segments(data, directory):
        if kind == KIND_OBJECTS:
            for record in struct.iter_unpack("<24xI36x", data[offset:offset + size]):
                if record[0]:
                    out["objects_" + OBJECT_STATES[record[0]]] += 1
        elif kind == KIND_RETAINS:
            for how, count in struct.iter_unpack("<16xI4xQ", data[offset:offset + size]):
                if how and count:
                    out["retains_" + RETAIN_KINDS[how]] += count
                    out["retain_records"] += 1
    out["retains"] = out["retains_plain"] + out["retains_cookie"] - out["retains_release"]
    return out


def read(path):
    """Name -> number."""
    with open(path, "rb") as f:
        data = f.read()
    magic, version = unpack(data, "8sI", 0)
    if magic != b"OUROSES1" or version != 2:
        raise Bad(f"{path}: not a session of version 2")
    directory, used, pid, ppid = unpack(data, "QQII", 24)
    out = {"used": used, "pid": pid, "ppid": ppid}
    names = "status reason end end_value generation snapshot".split()
    out.update(zip(names, unpack(data, "IIIiII", 104)))
    out.update(zip(COVERAGE, unpack(data, f"{len(COVERAGE)}Q", 128)))
    out.update(ledger(data, directory))
    for kind, _, offset, _, _ in segments(data, directory):
        if kind != KIND_SNAPSHOT:
            continue
        names = "snapshot_status snapshot_reason trigger generation".split()
        out.update(zip(names, unpack(data, "IIII", offset)))
        names = "when_ns pause_ns mark_ns total_ns".split()
        out.update(zip(names, unpack(data, "QQQQ", offset + 16)))
        tallies = unpack(data, "22Q", offset + 64)
        names = ["live", *("reached_" + r for r in ROOTS), "possible", "unreached"]
        for i, name in enumerate(names):
            out[name + "_blocks"], out[name + "_bytes"] = tallies[2 * i:2 * i + 2]
    return out


if __name__ == "__main__":
    for key, value in read(sys.argv[1]).items():
        print(key, value)
