"""Tries `make demo-ui` with the given words: Dagster's UI has to answer, and to end when interrupted."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

PATIENCE = 180.0
"""Seconds for the sync and for Dagster to start, on a busy machine."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def answers(port: int, making: "subprocess.Popen[bytes]") -> bool:
    """Whether the UI came up before patience or the command ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and making.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.5)
    return False


port = free_port()
# A group of its own, as a terminal gives it: Ctrl-C goes to all of it.
making = subprocess.Popen(["make", "demo-ui", f"PORT={port}", *sys.argv[1:]], process_group=0)
came = answers(port, making)
os.killpg(making.pid, signal.SIGINT)
making.wait(60)
print(f"== the UI {'answered' if came else 'did not answer'}, and ended")
sys.exit(not came)
