# SPDX-License-Identifier: MIT
"""A terminal for `iiofs top`: what it shows, and whether it is given back."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from mount_fixture import IIOFS

SOON_S = 20  # of what takes milliseconds, on a machine that has other work to do
UTF8 = {"LC_ALL": "C.UTF-8", "TERM": "xterm"}


class Screen:
    """`iiofs top ARGUMENTS...` on a terminal, whose screen is known."""

    def __init__(self, mount, *arguments, rows=24, columns=80, environment=None):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.region = (0, rows)
        self.sent = b""   # all of it
        self.rest = ""    # a sequence that has not ended
        self.master, self.slave = pty.openpty()
        self.set_size(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [IIOFS, "top", "--mount", mount.root, *arguments], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True, env=os.environ | (environment or UTF8),
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def set_size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.region = (0, rows)
        self.keep_cursor_inside()
        self.set_size(rows, columns)

    def keep_cursor_inside(self):
        self.row = min(max(self.row, 0), self.rows - 1)
        self.column = min(max(self.column, 0), self.columns - 1)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def take(self, wait_s=0.1):
        if not select.select([self.master], [], [], wait_s)[0]:
            return
        try:
            got = os.read(self.master, 65536)
        except OSError:  # the other side has closed it
            return
        self.sent += got
        self.rest += got.decode("utf-8", "surrogateescape")
        self.play()

    # ECMA-48, as far as xterm's terminfo entry uses it.
    SEQUENCE = re.compile(r"\x1b(?:\[([?>=]?)([\d;]*)([@-~])|[()][A-Z0-9]|[=>78M]|\][^\x07]*\x07)")

    def play(self):
        while self.rest:
            if self.rest[0] == "\x1b":
                match = self.SEQUENCE.match(self.rest)
                if not match:
                    assert len(self.rest) < 40, f"unknown: {self.rest[:40]!r}"
                    return
                self.rest = self.rest[match.end():]
                if match[3] and not match[1]:
                    self.control(match[3], [int(n or 0) for n in match[2].split(";")])
                    self.keep_cursor_inside()
                continue
            character, self.rest = self.rest[0], self.rest[1:]
            if character == "\r":
                self.column = 0
            elif character == "\n":
                self.row = min(self.row + 1, self.rows - 1)
            elif character == "\b":
                self.column -= 1
            elif character >= " ":
                if self.row < self.rows and self.column < self.columns:
                    self.cells[self.row][self.column] = character
                self.column += 1

    def control(self, what, numbers):
        first = max(numbers[0], 1)
        if what in "Hf":
            self.row, self.column = first - 1, max(numbers[-1], 1) - 1 if len(numbers) > 1 else 0
        elif what in "ABCD":
            self.row += {"A": -first, "B": first}.get(what, 0)
            self.column += {"C": first, "D": -first}.get(what, 0)
        elif what == "d":
            self.row = first - 1
        elif what == "G":
            self.column = first - 1
        elif what == "J":
            for row in range(self.row if numbers[0] == 0 else 0, self.rows):
                begin = self.column if row == self.row and numbers[0] == 0 else 0
                self.cells[row][begin:] = [" "] * (self.columns - begin)
        elif what in "KX@P":
            line, at = self.cells[self.row], self.column
            if what == "K":
                begin, end = {0: (at, self.columns), 1: (0, at + 1), 2: (0, self.columns)}[numbers[0]]
                line[begin:end] = [" "] * (end - begin)
            elif what == "X":
                line[at:at + first] = [" "] * len(line[at:at + first])
            elif what == "@":
                line[at:at] = [" "] * first
            else:
                del line[at:at + first]
                line += [" "] * first
            del line[self.columns:]
        elif what == "r":
            self.region = (first - 1, max(numbers[-1], 1) if len(numbers) > 1 else self.rows)
            self.row = self.column = 0
        elif what in "STLM":
            begin, end = self.region[0] if what in "ST" else self.row, min(self.region[1], self.rows)
            for _ in range(first):
                blank = [" "] * self.columns
                if what in "SM":
                    self.cells[begin:end] = self.cells[begin + 1:end] + [blank]
                else:
                    self.cells[begin:end] = [blank] + self.cells[begin:end - 1]
        elif what == "b":
            self.rest = self.cells[self.row][self.column - 1] * first + self.rest
        else:
            assert what in "mhlt", f"unknown: CSI {numbers} {what}"

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.cells)

    def wait_for(self, pattern, absent=False):
        """The screen's text once the pattern is on it, or no longer."""
        end = time.monotonic() + SOON_S
        while bool(re.search(pattern, self.text(), re.MULTILINE)) == absent:
            assert time.monotonic() < end, f"{pattern} (absent: {absent}):\n{self.text()}"
            self.take()
        return self.text()

    def ended(self):
        """Its status, once it has ended and given the terminal back."""
        end = time.monotonic() + SOON_S
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end:\n{self.text()}"
            self.take()
        for _ in range(3):
            self.take(0.05)
        assert termios.tcgetattr(self.slave) == self.before, "the terminal's modes are not restored"
        assert self.sent.count(b"\x1b[?1049h") == self.sent.count(b"\x1b[?1049l") > 0
        assert self.sent.rfind(b"\x1b[?25h") > self.sent.rfind(b"\x1b[?25l"), "no cursor"
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)
