# SPDX-License-Identifier: MIT
"""What the tests under tests/tree share: where things are, and how to say what is wrong."""

import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(os.environ.get("TOP") or pathlib.Path(__file__).resolve().parents[2])
BUILD = TOP / os.environ.get("BUILD", "build")
OURO = BUILD / "ouro"
LIBRARY = BUILD / "libouro.so"

problems = []


def fail(text):
    problems.append(text)


def skip(reason):
    print(reason)
    sys.exit(77)


def finish():
    """The last line of every test: prints what was wrong, and decides."""
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


def equal(what, wanted, got):
    """Two sets of names: says what either has alone."""
    for name in sorted(set(wanted) - set(got)):
        fail(f"{what}: {name} is missing")
    for name in sorted(set(got) - set(wanted)):
        fail(f"{what}: {name} is there and should not be")


def output(*argv, stdin=None):
    done = subprocess.run([str(a) for a in argv], input=stdin, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        fail(f"{' '.join(map(str, argv))}: status {done.returncode}: {done.stderr[:500]}")
    return done.stdout


def sources(*folders, suffixes=(".c", ".h")):
    return sorted(p for folder in folders for p in (TOP / folder).iterdir() if p.suffix in suffixes)


def tracked():
    """Every file that is the project's or about to be: not what git ignores."""
    names = output("git", "-C", TOP, "ls-files", "-z", "-co", "--exclude-standard").split("\0")
    return sorted(TOP / name for name in set(names) if name and (TOP / name).is_file())
