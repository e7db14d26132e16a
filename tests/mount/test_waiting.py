#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requests that wait, for a chip, a stream or an event, take nothing from anybody else."""
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from mount_fixture import NOBODY, Mount, read, recordings, run, wait_until

READERS = 1100
# Of the server, whoever waits; it has some of its own.
MOST_THREADS = 64


class SlowChip:
    """A simulated chip whose transfers take so long each, as long as a file is there."""

    def __init__(self, part, copies=1, delay_ms=1000):
        self.part = part
        self.delay_ms = delay_ms
        self.copies = copies

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        self.stuck = os.path.join(self.folder, "stuck")
        file, = recordings(self.part)
        with open(file, encoding="utf-8") as text:
            chip = json.load(text)["chip"]
        chip["faults"] = [{"delay_ms": self.delay_ms, "while_exists": self.stuck}]
        self.files = []
        for number in range(self.copies):
            self.files.append(os.path.join(self.folder, f"slow{number}.json"))
            with open(self.files[-1], "w", encoding="utf-8") as model:
                json.dump(chip, model)
        return self

    def __exit__(self, *_):
        self.release()
        for file in self.files:
            os.unlink(file)
        os.rmdir(self.folder)

    def stick(self):
        with open(self.stuck, "w", encoding="utf-8"):
            pass

    def release(self):
        if os.path.exists(self.stuck):
            os.unlink(self.stuck)

    def mount(self, *others):
        return Mount(*(word for file in self.files for word in ("--simulate", file)),
                     *(word for file in others for word in ("--simulate", file)))


class Readers:
    """Threads that open a file and read it once each, and what they got."""

    def __init__(self, path, count, fd=None):
        self.path = path
        self.fd = fd
        self.begun = 0
        self.texts = []
        self.lock = threading.Lock()
        threading.stack_size(128 * 1024)
        self.threads = [threading.Thread(target=self.read, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.begun == count, 60, f"{count} readers")
        time.sleep(0.2)

    def read(self):
        try:
            fd = os.open(self.path, os.O_RDONLY) if self.fd is None else self.fd
            with self.lock:
                self.begun += 1
            text = os.read(fd, 4096)
        except OSError as error:
            text = error.errno
        self.texts.append(text)

    def waiting(self):
        return len(self.threads) - len(self.texts)

    def join(self):
        for thread in self.threads:
            thread.join(60)
        assert self.waiting() == 0, f"{self.waiting()} are not answered"


def threads_of(mount):
    for line in read(f"/proc/{mount.process.pid}/status").splitlines():
        if line.startswith("Threads:"):
            return int(line.split()[1])
    raise AssertionError("no Threads in /proc/PID/status")


def others_are_served(mount, number):
    """What anybody else does, in a process of its own, as the waiting threads slow this one."""
    done = subprocess.run(["sh", "-c", f"ls {mount.root} && cat {mount.path(number)}/in_*_raw"],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "new_device" in done.stdout, done.stderr
    threads = threads_of(mount)
    assert threads <= MOST_THREADS, f"the server has {threads} threads"
    return threads


def test_readers_of_a_chip():
    """1100 readers of a slow chip take no thread each, share conversions, and others are served"""
    good, = recordings("as5600")
    with SlowChip("as5600") as chip, chip.mount(good) as mount:
        expected = read(mount.path(0, "in_angl_raw")).encode()
        chip.stick()
        begin = time.monotonic()
        readers = Readers(mount.path(0, "in_angl_raw"), READERS)
        threads = others_are_served(mount, 1)
        readers.join()
        took = time.monotonic() - begin
        assert set(readers.texts) == {expected}, set(readers.texts)
        # One after the other they would take a second each, at least.
        assert took < READERS / 10, f"{took:.0f} s"
    return f"{threads} threads; answered within {took:.1f} s"


def test_what_the_driver_knows():
    """constants and settings of a chip are read while the chip is busy"""
    known = ["name", "in_magn_scale", "scale_available", "in_magn_sampling_frequency",
             "sampling_frequency_available", "in_magn_meas_conf", "in_magn_meas_conf_available"]
    with SlowChip("hmc5883", delay_ms=5000) as chip, chip.mount() as mount:
        expected = [read(mount.path(0, name)) for name in known]
        chip.stick()
        reader = Readers(mount.path(0, "in_magn_x_raw"), 1)
        assert [read(mount.path(0, name)) for name in known] == expected
        assert reader.waiting() == 1, "the chip was not busy"
        chip.release()
        reader.join()


def test_chips_on_stuck_buses():
    """readers of 30 chips that are stuck do not stop a read of another one"""
    good, = recordings("as5600")
    with SlowChip("as5600", 30) as chips, chips.mount(good) as mount:
        chips.stick()
        readers = [subprocess.Popen(["cat", mount.path(number, "in_angl_raw")],
                                    stdout=subprocess.DEVNULL) for number in range(30)]
        time.sleep(0.3)
        threads = others_are_served(mount, 30)
        for reader in readers:
            assert reader.wait(60) == 0
    return f"{threads} threads"


def interrupted(mount, code):
    """Runs Python code in a process that gets SIGINT while it waits; what it printed, and when."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import os, signal, sys\nsignal.signal(signal.SIGINT, lambda *_: 1/0)\n"
         "print('ready', flush=True)\ntry:\n " + code
         + "\n print('done')\nexcept ZeroDivisionError:\n print('interrupted')"],
        stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    return said.strip()


def test_interrupt():
    """a signal ends a read that waits at once, and a write that has not reached the chip, which then does not happen"""
    with SlowChip("ads1115") as chip, chip.mount() as mount:
        setting = mount.path(0, "sampling_frequency")
        if not os.path.exists(setting):
            setting = mount.path(0, "in_voltage0_sampling_frequency")
        before = read(setting)
        raw = mount.path(0, "in_voltage0_raw")
        chip.stick()
        ahead = Readers(raw, 1)
        said = interrupted(mount, f"os.read(os.open({mount.path(0, 'in_voltage1_raw')!r}, 0), 99)")
        assert said == "interrupted", said
        assert ahead.waiting() == 1, "the chip was done: nothing is shown"
        other = "8" if before.strip() != "8" else "16"
        said = interrupted(mount, f"os.write(os.open({setting!r}, os.O_WRONLY), b'{other}')")
        assert said == "interrupted", said
        chip.release()
        ahead.join()
        assert read(raw)
        after = read(setting)
        assert after == before, f"{after!r} was written"


def test_readers_of_events():
    """1000 readers of events that never come take no thread each, and the end answers them"""
    part, = recordings("apds9960")
    good, = recordings("as5600")
    with Mount("--simulate", part, "--simulate", good) as mount:
        events = os.open(f"{mount.root}/dev/iio:device0.events", os.O_RDONLY)
        readers = Readers("events", 1000, events)
        assert readers.waiting() == 1000, readers.texts
        threads = others_are_served(mount, 1)
        assert readers.waiting() == 1000, readers.texts
        mount.stop()
        readers.join()
        assert set(readers.texts) == {errno.ENODEV}, set(readers.texts)
        os.close(events)
    return f"{threads} threads"


def as_nobody(call):
    """What call() returns in a process of a user without privileges."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(writer, call().encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        text = said.read()
    os.waitpid(child, 0)
    return text


def answers_of(path, count):
    """How many readers are refused with EAGAIN, and how many get a value."""
    readers = Readers(path, count)
    readers.join()
    return f"{readers.texts.count(errno.EAGAIN)} {sum(isinstance(t, bytes) for t in readers.texts)}"


def test_share_of_a_user():
    """a user has 256 requests that wait, for more he gets EAGAIN, and root none"""
    if os.geteuid() != 0:
        return "as root only"
    with SlowChip("as5600", delay_ms=1900) as chip, chip.mount() as mount:
        path = mount.path(0, "in_angl_raw")
        os.chmod(mount.folder, 0o755)
        os.chmod(path, 0o444)
        chip.stick()
        ahead = Readers(path, 1)
        said = as_nobody(lambda: answers_of(path, 300))
        ahead.join()
        refused, answered = map(int, said.split())
        # Those that were answered while others came made room.
        assert refused + answered == 300 and refused >= 1, said
    return f"{refused} of 300 refused"


if __name__ == "__main__":
    run(test_readers_of_a_chip, test_what_the_driver_knows, test_readers_of_events,
        test_chips_on_stuck_buses, test_interrupt, test_share_of_a_user)
