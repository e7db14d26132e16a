#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_start.py [TEST...]: start, takeover, reload and stop do not wait for chips on a bus that is stuck.

A transfer of a stuck chip takes STUCK_S and fails then. The bounds are those of a busy machine; one
chip after the other would take STUCK_S each."""
import json
import os
import signal
import sys
import tempfile
import threading
import time

import mount_fixture as fixture
from held_mount import HeldMount
from manager import Manager
from mount_fixture import read, recordings, run, simulate, wait_until, write
from test_managed import Managed
from test_waiting import interrupted

STUCK = 30
STUCK_S = 10
SOON_S = 8  # what takes less than a second, on a busy machine
GOOD = STUCK  # the number of the chip that answers
SETTING = "in_temp_oversampling_ratio"


class StuckChips:
    """Models of BME280 whose transfers get stuck as long as a file is there."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        self.switch = os.path.join(self.folder, "stuck")
        with open(recordings("bme280")[0], encoding="utf-8") as text:
            chip = json.load(text)["chip"]
        chip["faults"] = [{"delay_ms": STUCK_S * 1000, "errno": "ETIMEDOUT", "while_exists": self.switch}]
        self.files = [os.path.join(self.folder, f"chip{number}.json") for number in range(STUCK + 1)]
        for file in self.files:
            with open(file, "w", encoding="utf-8") as model:
                json.dump(chip, model)
        self.one_more = self.files.pop()
        return self

    def __exit__(self, *_):
        fixture.clean_up("", self.folder)

    def stick(self):
        with open(self.switch, "w", encoding="utf-8"):
            pass

    def release(self):
        os.unlink(self.switch)

    def config(self):
        return "".join(f'[[device]]\nmodel = "{file}"\n' for file in (*self.files, recordings("as5600")[0]))


class Waiting(threading.Thread):
    """A read that may wait."""

    def __init__(self, fd):
        super().__init__(daemon=True)
        self.fd, self.answer = fd, None
        self.start()

    def run(self):
        try:
            self.answer = os.pread(self.fd, 100, 0)
        except OSError as error:
            self.answer = error


def seconds(call, *arguments):
    begin = time.monotonic()
    call(*arguments)
    return time.monotonic() - begin


def good_is_read(path):
    took = seconds(lambda: wait_until(lambda: os.path.exists(path) and read(path), SOON_S, "the good chip"))
    assert took < SOON_S, f"{took:.1f} s"
    return took


def stops(mount):
    took = seconds(mount.stop)
    assert took < SOON_S, f"SIGTERM took {took:.1f} s"
    return took


def test_ready():
    """30 chips on stuck buses delay neither READY nor the chip that answers, and SIGTERM ends it"""
    with StuckChips() as chips, Manager() as manager:
        chips.stick()
        mount = Managed(manager, chips.config())
        try:
            begin = time.monotonic()
            mount.start()
            wait_until(lambda: manager.said("READY"), SOON_S, "READY=1")
            ready = time.monotonic() - begin
            assert ready < SOON_S, f"{ready:.1f} s"
            good = seconds(read, mount.path(GOOD, "in_angl_raw"))
            assert mount.devices() == [f"iio:device{GOOD}"], mount.devices()
            stop = stops(mount)
        finally:
            mount.discard()
    return f"READY after {ready:.2f} s, the good one read in {good * 1000:.0f} ms, stopped in {stop:.2f} s"


def test_prompt_chips():
    """chips that answer promptly are there, with their triggers in order, when the mount answers"""
    parts = ("bma255-irq", "as5600", "bma250-irq", "bme280", "mcp4725") * 5
    with Manager() as manager:
        config = "".join(f'[[device]]\nmodel = "{file}"\n' for file in recordings(*parts))
        with Managed(manager, config) as mount:
            names = [mount.name(number) for number in range(len(parts))]
            folder = f"{mount.root}/devices"
            triggers = [read(f"{folder}/trigger{number}/name").strip()
                        for number in range(len([n for n in os.listdir(folder) if n.startswith("trigger")]))]
    assert names == [part.split("-")[0] for part in parts], names
    devices = [int(name.rsplit("dev", 1)[1]) for name in triggers]
    assert devices and devices == sorted(devices), triggers
    return f"{len(names)} devices, {len(triggers)} triggers"


def test_takeover():
    """the next server has all devices and open files at once, and reads of stuck chips wait"""
    with StuckChips() as chips, HeldMount(*simulate([*chips.files, recordings("as5600")[0]])) as mount:
        write(mount.path(3, SETTING), "16\n")
        angle, stuck = mount.path(GOOD, "in_angl_raw"), mount.path(3, SETTING)
        names = sorted(os.listdir(f"{mount.root}/devices"))
        files = sorted(os.listdir(mount.path(3)))
        inodes = {path: os.stat(path).st_ino for path in (stuck, mount.path(3), mount.path(3, "power"))}
        modes = {name: os.stat(mount.path(3, name)).st_mode for name in files}
        fd = os.open(stuck, os.O_RDONLY)
        try:
            chips.stick()
            mount.replace()
            good = good_is_read(angle)
            listed = seconds(lambda: os.listdir(mount.path(3)))
            assert sorted(os.listdir(f"{mount.root}/devices")) == names
            assert sorted(os.listdir(mount.path(3))) == files
            assert {path: os.stat(path).st_ino for path in inodes} == inodes
            assert {name: os.stat(mount.path(3, name)).st_mode for name in files} == modes
            reader = Waiting(fd)
            time.sleep(0.5)
            assert reader.is_alive(), f"it does not wait: {reader.answer}"
            assert read(angle)
            # The probe fails, and so does what waited for it; the next one does not.
            chips.release()
            reader.join(3 * STUCK_S)
            assert reader.answer == b"16\n" or isinstance(reader.answer, OSError), reader.answer
            wait_until(lambda: fixture.errno_of(os.pread, fd, 100, 0) == "none", 3 * STUCK_S, "an answer")
            assert os.pread(fd, 100, 0) == b"16\n", "the setting is not in force"
            assert sorted(os.listdir(mount.path(3))) == files
            assert {path: os.stat(path).st_ino for path in inodes} == inodes
            wait_until(lambda: fixture.errno_of(read, mount.path(4, "in_temp_raw")) == "none",
                       3 * STUCK_S, "a value of another one")
        finally:
            os.close(fd)
    return f"the good one after {good:.2f} s, a listing in {listed * 1000:.0f} ms"


def test_absent_after_takeover():
    """a chip that does not answer the next server keeps its device, whose reads fail as its probe"""
    with StuckChips() as chips:
        with open(chips.files[0], encoding="utf-8") as text:
            chip = json.load(text)
        chip["faults"] = [{"absent": True, "while_exists": chips.switch}]
        with open(chips.files[0], "w", encoding="utf-8") as model:
            json.dump(chip, model)
        with HeldMount("--simulate", chips.files[0]) as mount:
            chips.stick()
            mount.replace()
            assert fixture.errno_of(read, mount.path(0, "in_temp_raw")) == "ENXIO"
            assert fixture.errno_of(write, mount.path(0, SETTING), "4\n") == "ENXIO"
            write(f"{mount.root}/delete_device", "iio:device0")
            assert not os.path.exists(mount.path(0))


def test_changes():
    """with stuck chips a reload, delete_device and SIGTERM are done soon; new_device waits and can be interrupted"""
    with StuckChips() as chips, Manager() as manager:
        chips.stick()
        mount = Managed(manager, chips.config())
        try:
            mount.start()
            wait_until(lambda: manager.said("READY"), SOON_S, "READY=1")
            deleted = seconds(write, f"{mount.root}/delete_device", "iio:device3")
            assert deleted < SOON_S, f"delete_device took {deleted:.1f} s"
            said = interrupted(mount, f"os.write(os.open('{mount.root}/new_device', os.O_WRONLY), "
                                      f"b'model {chips.one_more}')")
            assert said == "interrupted", said
            reloaded = seconds(mount.reload, chips.config() + '[[device]]\nmodel = "'
                               + os.path.join(fixture.DRIVERS, "mcp4725", "mcp4725.model.json") + '"\n')
            assert reloaded < SOON_S, f"the reload took {reloaded:.1f} s"
            wait_until(lambda: len(mount.devices()) == 2, SOON_S, "the device of the reload")
            assert read(mount.path(GOOD, "in_angl_raw"))
            assert STUCK_S > SOON_S and len(mount.devices()) == 2, mount.devices()
            stop = stops(mount)
        finally:
            mount.discard()
    return f"delete_device in {deleted:.2f} s, the reload in {reloaded:.2f} s, stopped in {stop:.2f} s"


if __name__ == "__main__":
    TESTS = (test_ready, test_prompt_chips, test_takeover, test_absent_after_takeover, test_changes)
    run(*(test for test in TESTS if not sys.argv[1:] or test.__name__[5:] in sys.argv[1:]))
