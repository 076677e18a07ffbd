# SPDX-License-Identifier: MIT
"""redis-server, its clients beside it: the server is what is measured."""

import functools
import pathlib
import subprocess
import time

CLIENT, BENCHMARK = "/usr/bin/redis-cli", "/usr/bin/redis-benchmark"
SOCKET = "redis.sock"  # named from its folder: the path of a socket has 107 bytes at most
START_SECONDS = 60
COMMANDS = "set,get,incr,lpush,rpush,lrange_100,sadd,hset,zadd"


class NoAnswer(Exception):
    """The server ended or never listened."""


def client(*arguments, folder):
    return subprocess.run([*arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)


def drive(folder, requests, process):
    """Waits for the server, has it serve, and asks it to end without saving."""
    deadline = time.monotonic() + START_SECONDS
    while "PONG" not in client(CLIENT, "-s", SOCKET, "ping", folder=folder).stdout:
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoAnswer()
        time.sleep(0.01)
    done = client(BENCHMARK, "-s", SOCKET, "-q", "-n", str(requests), "-c", "20", "-r", "10000", "-d",
                  "64", "-t", COMMANDS, folder=folder)
    client(CLIENT, "-s", SOCKET, "shutdown", "nosave", folder=folder)
    if done.returncode:
        raise NoAnswer()


def server(command, store, size):
    folder = pathlib.Path(store.folder) / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    return {"argv": [command, "--port", "0", "--unixsocket", SOCKET, "--save", "", "--appendonly", "no",
                     "--daemonize", "no", "--logfile", "/dev/null"],
            "cwd": str(folder), "client": functools.partial(drive, folder, size(20000, 2000))}
