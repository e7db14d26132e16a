# SPDX-License-Identifier: MIT
"""What the checks in the guests share: bus_probe as functions, and claims with their outcome."""
import os
import subprocess
import sys

failures = 0


def check(claim, got, wanted):
    global failures
    if got != wanted:
        failures += 1
        print(f"FAILED {claim}:\n    wanted {wanted}\n    got    {got}")
    else:
        print(f"ok     {claim}")


def finish():
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)


class Probe:
    """bus_probe at one path."""

    def __init__(self, path):
        self.path = path

    def __call__(self, *words):
        """its lines"""
        return subprocess.run([self.path, *words], stdout=subprocess.PIPE, text=True, timeout=60,
                              check=False).stdout.splitlines()

    def session(self, *words):
        return Session(self.path, *words)


class Session:
    """A bus_probe that goes on from one transaction to the next."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, transaction):
        self.process.stdin.write(transaction + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def holds(self, node):
        folder = f"/proc/{self.process.pid}/fd"
        return node in [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
