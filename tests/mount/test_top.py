#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_top.py: `iiofs top` on simulated chips: lines for pipes, a table, the screen."""
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import termios
import time

from mount_fixture import (DRIVERS, IIOFS, STOP_S, Mount, errno_of, iiofs, read, run, simulate,
                           wait_until, write)
from screen import SOON_S, Screen

# ---- The bench

def model(part, **changes):
    """A part's chip file as an object, changed."""
    with open(f"{DRIVERS}/{part}/{part}.model.json", encoding="utf-8") as file:
        return json.load(file) | changes


def chip_file(mount, name, chip):
    path = f"{mount.folder}/{name}.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(chip, file)
    return path


def chips(*parts):
    return Mount(*simulate(parts))


def top(mount, *arguments, **options):
    done = iiofs("top", "--mount", mount.root, *arguments, **options)
    assert done.returncode == 0 and done.stderr == "", f"{done.returncode}: {done.stderr}"
    return done.stdout


def lines_of(text):
    lines = [line.split(" ") for line in text.splitlines()]
    for line in lines:
        assert len(line) == 5, f"not five fields: {line}"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line[0]), line
    return lines


class LineReader:
    """`iiofs top` with its lines in a pipe."""

    def __init__(self, mount, *arguments):
        self.process = subprocess.Popen([IIOFS, "top", "--mount", mount.root, *arguments],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.text = b""

    def wait_for(self, pattern):
        """Reads on until there is a whole line that matches."""
        end = time.monotonic() + SOON_S
        while True:
            lines = self.text.decode().split("\n")[:-1]
            found = [line for line in lines if re.search(pattern, line)]
            if found:
                return found
            left = end - time.monotonic()
            assert left > 0, f"no line with {pattern}: {lines[-20:]}"
            if select.select([self.process.stdout], [], [], left)[0]:
                self.text += os.read(self.process.stdout.fileno(), 65536)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


# ---- Lines and tables

def test_lines():
    """without a terminal each channel has a line in each interval, in SI units"""
    with chips("bme280", "mcp4725", "as5600") as mount:
        write(mount.path(1, "out_voltage0_raw"), "2048\n")
        scale = float(read(mount.path(1, "out_voltage_scale")))
        lines = lines_of(top(mount, "--count", "2", "--interval", "0.5"))
        count = len({line[0] for line in lines if line[1] == "iio:device0"})
        assert count == 2, f"{count} intervals of iio:device0: {lines}"
        channels = [tuple(line[1:3]) + (line[4],) for line in lines][:5]
        assert channels == [("iio:device0", "humidityrelative", "%"),
                            ("iio:device0", "pressure", "hPa"), ("iio:device0", "temp", "degC"),
                            ("iio:device1", "out_voltage0", "V"),
                            ("iio:device2", "angl", "rad")], channels
        values = {line[2]: float(line[3]) for line in lines}
        assert abs(values["out_voltage0"] - 2048 * scale / 1000) < 1e-6, values
        assert 10 < values["temp"] < 40 and 900 < values["pressure"] < 1100, values


def test_trouble():
    """a device that is slow or fails keeps no other one from its lines"""
    with chips("bme280") as mount:
        faults = [{"after_s": 1, "errno": "EREMOTEIO"}]
        faulty = chip_file(mount, "faulty", model("as5600", faults=faults))
        for chip in (faulty, "lis3dh"):  # at 1 Hz, an LIS3DH takes seconds for a value
            write(f"{mount.root}/new_device", f"model {chip}\n")
        wait_until(lambda: len(mount.devices()) == 3, SOON_S, "the devices")
        wait_until(lambda: errno_of(read, mount.path(1, "in_angl_raw")) == "EREMOTEIO", SOON_S,
                   "the fault")
        lines = lines_of(top(mount, "--count", "4", "--interval", "0.3"))
        whole = [line for line in lines if line[1] == "iio:device0" and line[2] == "temp"]
        assert len(whole) >= 3 and all(float(line[3]) for line in whole), lines
        failing = [line[2:] for line in lines if line[1] == "iio:device1"]
        assert failing and all(line == ["angl", "-", "EREMOTEIO"] for line in failing), lines


def test_coming_and_going():
    """devices that come are shown, and those that go no longer"""
    with chips("as5600") as mount, LineReader(mount, "--interval", "0.2") as lines:
        lines.wait_for("iio:device0 angl")
        write(f"{mount.root}/new_device", "model mcp4725\n")
        lines.wait_for("iio:device1 out_voltage0 [0-9.]+ V")
        write(f"{mount.root}/delete_device", "iio:device0\n")

        def only_the_second():
            lines.text = b""
            lines.wait_for("iio:device1")
            return b"iio:device0" not in lines.text
        wait_until(only_the_second, SOON_S, "no lines of a device that went")


def test_readers_end():
    """it ends when nobody reads its lines any more, even long before the next ones"""
    with chips("as5600") as mount, LineReader(mount, "--interval", "3600") as lines:
        lines.wait_for("angl")
        lines.process.stdout.close()
        lines.process.stdout = open(os.devnull, "rb")
        assert lines.process.wait(SOON_S) in (0, -signal.SIGPIPE)


def test_selection():
    """--device takes names, labels and numbers, and --once makes one table"""
    with chips("as5600") as mount:
        config = f"{mount.folder}/config.toml"
        with open(config, "w", encoding="utf-8") as file:
            for part, label in (("bme280", "cellar"), ("as5600", ""), ("mcp4725", "")):
                file.write(f'[[device]]\nmodel = "{part}"\n'
                           + (f'label = "{label}"\n' if label else ""))
        with Mount("--config", config) as labelled:
            seen = top(labelled, "--once", "--device", "cellar", "--device", "iio:device2",
                       env=os.environ | {"LC_ALL": "C.UTF-8"})
            assert re.search(r"^0 cellar bme280 +humidityrelative +[\d.]+ %$", seen, re.MULTILINE), seen
            assert re.search(r"^ +temp +\d+\.\d\d °C$", seen, re.MULTILINE), seen
            assert re.search(r"^2 mcp4725 +out_voltage0 ", seen, re.MULTILINE), seen
            assert "as5600" not in seen
            ascii_only = top(labelled, "--once", "--device", "as5600", "--device", "cellar",
                             env=os.environ | {"LC_ALL": "C"})
            assert ascii_only.isascii() and "degC" in ascii_only and "as5600" in ascii_only
            absent = iiofs("top", "--mount", labelled.root, "--once", "--device", "nothing")
            assert absent.returncode == 1 and "none of the devices" in absent.stderr, absent


def test_streaming():
    """a device whose buffer runs is marked as streaming, without an error"""
    with chips("ads1115", "as5600") as mount:
        write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "1\n")
        for attribute, text in (("trigger/current_trigger", "sysfstrig1"),
                                ("scan_elements/in_voltage0_en", "1"),
                                ("buffer/enable", "1")):
            write(mount.path(0, attribute), text)
        lines = lines_of(top(mount, "--count", "2", "--interval", "0.3"))
        streaming = [line[2:] for line in lines if line[1] == "iio:device0"]
        assert streaming and all(line[1:] == ["-", "streaming"] for line in streaming), lines
        table = top(mount, "--once")
        assert re.search(r"^0 ads1015 +voltage0 +- V +streaming$", table, re.MULTILINE), table
        write(mount.path(0, "buffer/enable"), "0")
        assert "streaming" not in top(mount, "--once")


def test_bad_options():
    """intervals and counts that make no sense are refused"""
    for arguments in (("--interval", "0.05"), ("--interval", "4000"), ("--count", "0"),
                      ("--interval", "x")):
        done = iiofs("top", *arguments)
        assert done.returncode != 0 and arguments[0] in done.stderr, f"{arguments}: {done}"
    nowhere = iiofs("top", "--mount", "/nowhere", "--once")
    assert nowhere.returncode == 1 and "/nowhere" in nowhere.stderr, nowhere


# ---- The screen

def test_screen():
    """on a terminal of 80 columns keys select, watch, pause and change the interval"""
    with chips("bme280", "as5600") as mount:
        with Screen(mount, "--interval", "0.2") as screen:
            screen.wait_for(r"1 as5600 +angl +[\d.]+ rad")
            text = screen.wait_for(r"0 bme280 +humidityrelative +[\d.]+ % .*\n"
                                   r" +pressure +[\d.]+ hPa .*\n +temp +[\d.]+ °C")
            assert "2 devices, 4 channels" in text and "every 0.2 s" in text, text
            assert "▁" in screen.wait_for("█"), "no trend"
            screen.press("jj ")  # two lines down, a graph of it
            screen.wait_for(r"^\* +temp ")
            screen.wait_for(r"── bme280 temp ─.* °C ──$")
            screen.wait_for("┤ .*[\u2801-\u28ff]")
            screen.press("\x1bOA ")  # up, and another graph
            screen.wait_for(r"── bme280 pressure ─.* hPa ──$")
            screen.press("+")
            screen.wait_for("every 0.5 s")
            screen.press("-")
            screen.wait_for("every 0.2 s")
            screen.press("p")
            frozen = screen.wait_for("paused").split("\n", 1)[1]
            time.sleep(1)
            for _ in range(3):
                screen.take()
            assert screen.text().split("\n", 1)[1] == frozen, "values move while it is paused"
            screen.press("p ")
            screen.wait_for("bme280 pressure ─", absent=True)
            screen.press("q")
            assert screen.ended() == 0


def test_resize():
    """a window that becomes larger or smaller is used as it is"""
    with chips("bme280") as mount, Screen(mount, "--interval", "0.2") as screen:
        assert "MIN" not in screen.wait_for("bme280 .*%")
        screen.resize(40, 120)
        screen.wait_for(r"MIN +MAX TREND")
        screen.wait_for(r"\A(.*\n){39}.*q quit")
        screen.resize(10, 60)
        screen.wait_for(r"\A(.*\n){9}.*q quit")
        screen.wait_for("MIN", absent=True)
        screen.wait_for("hPa")
        screen.press("q")
        assert screen.ended() == 0


def test_signals():
    """a signal ends it with the terminal restored, a stop gives it back meanwhile"""
    with chips("as5600") as mount:
        for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            with Screen(mount) as screen:
                screen.wait_for("as5600 .*rad")
                screen.process.send_signal(end)
                assert screen.ended() == -end, f"{end}: {screen.process.returncode}"
        with Screen(mount) as screen:
            screen.wait_for("as5600 .*rad")
            screen.process.send_signal(signal.SIGTSTP)
            os.waitid(os.P_PID, screen.process.pid, os.WSTOPPED)
            screen.take()
            assert termios.tcgetattr(screen.slave) == screen.before
            screen.process.send_signal(signal.SIGCONT)
            screen.cells = [[" "] * screen.columns for _ in range(screen.rows)]
            screen.wait_for("as5600 .*rad")
            screen.press("q")
            assert screen.ended() == 0


def test_stuck_daemon():
    """while the daemon answers nothing the screen lives on, and ends when told to"""
    with chips("as5600") as mount:
        with Screen(mount, "--interval", "0.2") as screen:
            screen.wait_for("as5600 .*rad")
            with stopped(mount.process):
                screen.wait_for(r"as5600 .*waits \d+ s")
                screen.press(" ")
                screen.wait_for("── as5600 angl ─")
                screen.press("q")
                assert screen.ended() == 0


@contextlib.contextmanager
def stopped(process):
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_plain_terminals():
    """without UTF-8 it is drawn in ASCII, with NO_COLOR without colours, unknown ones get lines"""
    with chips("bme280") as mount:
        plain = {"LC_ALL": "C", "TERM": "xterm", "NO_COLOR": "1"}
        with Screen(mount, "--interval", "0.2", environment=plain) as screen:
            screen.wait_for("temp .* degC")
            screen.press(" ")
            assert screen.wait_for("-- bme280 humidityrelative -").isascii()
            screen.press("q")
            assert screen.ended() == 0
            assert not re.search(rb"\x1b\[(\d+;)*3[0-7]", screen.sent), "there are colours"
        with Screen(mount, "--count", "1", environment={"LC_ALL": "C", "TERM": "nonesuch"}) as screen:
            screen.wait_for("TERM=nonesuch")
            screen.wait_for(r"iio:device0 temp \d")
            assert screen.process.wait(STOP_S) == 0


if __name__ == "__main__":
    run(*(test for name, test in list(globals().items()) if name.startswith("test_")))
