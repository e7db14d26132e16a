#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: a part's interrupt output on a line of a GPIO chip.
    reference_gpio_checks.py KERNEL

KERNEL is the reference kernel's folder. The GPIO chips are gpio-sim's, whose lines are pulled up and
down from here; the part is a LIS3DH, which makes a scan of each interrupt.
"""
import contextlib
import json
import os
import sys
import tempfile
import time

KERNEL = sys.argv[1]
sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mount"), KERNEL]
import chipmodel  # noqa: E402: folders beside this one
from mount_fixture import Mount, iiofs, read, recordings, run, wait_until, write  # noqa: E402
from recording import load  # noqa: E402

GPIO_SIM = "/sys/kernel/config/gpio-sim"
COME_S = 20
LINES = 4
bus = chipmodel.Bus()
bus.on = False


class GpioChip:
    """A GPIO chip of four lines, some of which have names. Its lines read 0 until they are pulled up."""

    def __init__(self, name, **names):
        self.folder = f"{GPIO_SIM}/{name}"
        self.lines = {value: int(key.removeprefix("line")) for key, value in names.items()}
        os.makedirs(f"{self.folder}/bank0")
        write(f"{self.folder}/bank0/num_lines", str(LINES))
        for line_name, line in self.lines.items():
            os.mkdir(f"{self.folder}/bank0/line{line}")
            write(f"{self.folder}/bank0/line{line}/name", line_name)
        write(f"{self.folder}/live", "1")
        self.node = read(f"{self.folder}/bank0/chip_name").strip()
        self.device = f"/sys/devices/platform/{read(f'{self.folder}/dev_name').strip()}/{self.node}"
        wait_until(lambda: os.path.exists(f"/dev/{self.node}"), COME_S, "the GPIO chip's node")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        write(f"{self.folder}/live", "0")
        for line in self.lines.values():
            os.rmdir(f"{self.folder}/bank0/line{line}")
        os.rmdir(f"{self.folder}/bank0")
        os.rmdir(self.folder)

    def pull(self, line, *ways):
        for way in ways:
            write(f"{self.device}/sim_gpio{line}/pull", f"pull-{way}")

    def pulse(self, line):
        self.pull(line, "up", "down")

    def value(self, line):
        return read(f"{self.device}/sim_gpio{line}/value").strip()


@contextlib.contextmanager
def lis3dh(interrupt):
    """A mount with a LIS3DH on /dev/i2c-0, whose interrupt is wired so."""
    file, = recordings("lis3dh")
    chip = load(file)["chip"]
    where = chipmodel.num(chip["address"])
    bus.attach("i2c", where, chip["model"])
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(f'[[device]]\ndriver = "lis3dh"\ni2c = "/dev/i2c-0"\naddress = {where}\n'
                     f'interrupt = {interrupt}\n')
        config.flush()
        with Mount("--config", config.name) as mount:
            yield mount
    bus.detach("i2c", where)


class Stream:
    """Scans of the x axis, one for each interrupt."""
    SCAN_BYTES = 2

    def __init__(self, mount):
        mount.await_devices(1)
        triggers = [name for name in os.listdir(f"{mount.root}/devices") if name.startswith("trigger")]
        own, = (read(f"{mount.root}/devices/{name}/name") for name in triggers)
        write(mount.path(0, "trigger/current_trigger"), own)
        write(mount.path(0, "scan_elements/in_accel_x_en"), "1")
        write(mount.path(0, "buffer/enable"), "1")
        self.fd = os.open(f"{mount.root}/dev/iio:device0", os.O_RDONLY | os.O_NONBLOCK)
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def scans(self):
        """How many there have been."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, 4096):
                assert len(data) % self.SCAN_BYTES == 0, data
                self.count += len(data) // self.SCAN_BYTES
        return self.count

    def await_scans(self, least):
        wait_until(lambda: self.scans() >= least, COME_S, f"scan {least}")

    def rest(self, seconds=0.5):
        """All that has come when nothing happens for a while."""
        time.sleep(seconds)
        return self.scans()


def chip_status(mount):
    status, = json.loads(iiofs("status", "--json", "--mount", mount.root).stdout)["mounts"]
    chip, = status["chips"]
    return chip


def test_named():
    """each interrupt on the line of this name is a scan, whatever chip it is on, and none on other lines"""
    with GpioChip("first", line1="SDA", line2="GPIO4") as first, \
            GpioChip("second", line0="GPIO1", line3="GPIO17") as second, \
            lis3dh('"GPIO17"') as mount, Stream(mount) as stream:
        assert stream.rest() == 0
        for n in range(1, 11):
            second.pulse(3)
            stream.await_scans(n)
        # A line that is still up when a scan was made is asked once more.
        scans = stream.rest()
        assert scans < 20, scans
        for chip, line in ((first, 3), (second, 0), (second, 2)):
            chip.pulse(line)
        assert stream.rest() == scans
        return f"{scans} scans"


def test_falling():
    """a line that is pulled up where nothing drives it interrupts when it falls"""
    with GpioChip("only", line2="INT") as gpio:
        assert gpio.value(2) == "0"
        with lis3dh('{ name = "INT", edge = "falling", bias = "pull-up" }') as mount, \
                Stream(mount) as stream:
            assert gpio.value(2) == "1"
            assert stream.rest() == 0
            for n in range(1, 6):
                gpio.pull(2, "down", "up")
                stream.await_scans(n)
            scans = stream.rest()
            assert scans < 10 and stream.rest() == scans, scans


def test_debounced():
    """what lasts shorter than the time of debouncing is no interrupt, what lasts longer is"""
    with GpioChip("only", line2="INT") as gpio, \
            lis3dh('{ name = "INT", debounce-us = 1000000 }') as mount, Stream(mount) as stream:
        for _ in range(3):
            gpio.pulse(2)
        assert stream.rest(2) == 0
        gpio.pull(2, "up")
        stream.await_scans(1)


def test_refused():
    """a line that is not there, ambiguous, or in use is said with its reason, and the device comes when it can"""
    with lis3dh('"GPIO17"') as mount:
        why = "no GPIO line has the name given in interrupt; gpioinfo lists the names"
        wait_until(lambda: chip_status(mount).get("why") == why, COME_S, "the reason")
        assert f"{why} (ENOLINK)" in mount.log()
        with GpioChip("first", line0="GPIO17"):
            mount.await_devices(1)
    with GpioChip("first", line0="GPIO17") as gpio, GpioChip("second", line1="GPIO17"):
        with lis3dh('"GPIO17"') as mount:
            wait_until(lambda: "ENOTUNIQ" in mount.log(), COME_S, "the reason")
            assert chip_status(mount)["why"].startswith("several GPIO lines"), chip_status(mount)
        for place, why in (
                ('{ gpiochip = "/dev/gpiochip9", line = 0 }', "the GPIO chip of its interrupt does not exist"),
                (f'{{ gpiochip = "/dev/{gpio.node}", line = 9 }}', "the GPIO chip of its interrupt has no such line")):
            with lis3dh(place) as mount:
                wait_until(lambda why=why: chip_status(mount).get("why") == why, COME_S, why)
        place = f'{{ gpiochip = "/dev/{gpio.node}", line = 0 }}'
        with lis3dh(place) as first, lis3dh(place) as second:
            first.await_devices(1)
            wait_until(lambda: chip_status(second).get("why") == "the GPIO line of its interrupt is in use",
                       COME_S, "the reason")


run(test_named, test_falling, test_debounced, test_refused, limit_s=120)
