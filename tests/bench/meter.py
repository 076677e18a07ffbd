# SPDX-License-Identifier: MIT
"""One run of a program under a tool, and what it cost (programs/meter.c is what measures)."""

import dataclasses
import os
import shutil
import signal
import struct
import subprocess

import redis
import tools

TIMEOUT = 900


@dataclasses.dataclass
class Cost:
    status: int
    wall: float  # seconds
    cpu: float  # seconds, of all processes
    peak: int  # KiB
    end: float  # seconds from the end of the program's work to the end of the command, or None


class Meter:
    """Runs in `out`: nothing of the caller's environment gets in."""

    def __init__(self, out):
        self.out = out
        self.figures, self.errors, self.mark = out / "figures", out / "stderr", out / "end"

    def run(self, program, tool=tools.BARE, memory=False):
        """(Cost, what it wrote to stderr); None for the Cost when it had to be stopped.  With
        memory the peak is that of all processes together, which disturbs them a little."""
        self.mark.unlink(missing_ok=True)
        if program.emptied:
            shutil.rmtree(program.emptied, ignore_errors=True)
        try:
            broken = self.finish(self.start(program, tool, memory), program)
        except (subprocess.TimeoutExpired, redis.NoAnswer):
            return None, ""
        if broken:
            raise SystemExit(f"bench: the meter failed on {program.name} under {tool.name}")
        status, wall, cpu, peak, ended = self.figures.read_text(encoding="ascii").split()
        with open(self.errors, encoding="utf-8", errors="replace") as f:
            head = f.read(1 << 16)
        return Cost(int(status), float(wall), float(cpu), int(peak), self.since_mark(int(ended))), head

    def start(self, program, tool, memory):
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.out), **program.env,
               "BENCH_END": str(self.mark)}
        mode = "all" if memory else "largest"
        with open(self.errors, "wb") as stderr:
            return subprocess.Popen(
                [str(self.out / "meter"), str(self.figures), mode, *tool.prefix, *program.argv],
                cwd=program.cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=stderr, start_new_session=True)

    def finish(self, started, program):
        """Its status.  Whatever happens here, an interrupt too, nothing is left running."""
        try:
            if program.client:
                program.client(started)
            return started.wait(TIMEOUT)
        except BaseException:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            raise

    def since_mark(self, ended):
        try:
            (done,) = struct.unpack("Q", self.mark.read_bytes())
        except (OSError, struct.error):
            return None  # a program that does not say it, or one that was killed
        return (ended - done) / 1e9
