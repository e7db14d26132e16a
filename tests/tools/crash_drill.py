#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""crash_drill.py KILLS: kills the server of a mount so often, with SIGKILL, under load.

Eight readers check what they read (four of them read a value in two pieces, while the
writer changes it), one writer reads back what it wrote, one reader streams. Ends with 0
if no read and no write failed, no value was torn or wrong, and the holder did not gain
descriptors. IIOFS names the program, IIOFS_GOLDEN the folder of the recordings.
"""
import multiprocessing
import os
import random
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mount"))
from held_mount import UNDER_LOAD_S, HeldMount, descriptors, resident_kb  # noqa: E402
from mount_fixture import read, recordings, simulate, wait_until, write  # noqa: E402

PARTS = ("as5600", "mcp4725", "bma250")
ANGLE, DAC, ACCEL = range(3)
# No piece of one with a piece of another is a third.
VALUES = (b"1111\n", b"2222\n", b"3333\n")
SCAN = struct.Struct("<h6xq")  # in_accel_x, in_timestamp


class Worker(multiprocessing.Process):
    """Does one thing over and over; `wrong` says what went wrong the first time."""

    def __init__(self, name, work, *arguments):
        super().__init__(name=name, daemon=True)
        self.work, self.arguments = work, arguments
        self.turns = multiprocessing.Value("Q", 0)
        self.end = multiprocessing.Event()
        self.complaints, self.complain = multiprocessing.Pipe(duplex=False)
        self.start()

    def run(self):
        try:
            turns = self.work(*self.arguments)
            while not self.end.is_set():
                next(turns)
                self.turns.value += 1
        except Exception as error:  # what a client sees, whatever it is
            self.complain.send(f"{type(error).__name__}: {error}")

    def stop(self):
        self.end.set()
        self.join(UNDER_LOAD_S)
        if self.is_alive():
            self.kill()
            return f"{self.name}: it hangs"
        return f"{self.name}: {self.complaints.recv()}" if self.complaints.poll() else None


def read_whole(path, expected):
    while True:
        text = read(path)
        assert text == expected, f"{path}: {text!r}, not {expected!r}"
        yield


def read_in_pieces(path):
    """Each time from the start of a file that stays open, as libiio does."""
    while True:
        fd = os.open(path, os.O_RDONLY)
        for _ in range(20):
            first = os.pread(fd, 2, 0)
            text = first + os.pread(fd, 100, len(first))
            assert text in VALUES, f"{path}: {text!r}"
            yield
        os.close(fd)


def write_and_read(path):
    while True:
        for value in VALUES:
            written = write(path, value.decode())
            assert written == len(value), f"{written} of {value!r} written"
            text = read(path)
            assert text == value.decode(), f"wrote {value!r}, read {text!r}"
            yield


def stream(node, expected):
    fd = os.open(node, os.O_RDONLY)
    last = 0
    while True:
        data = os.read(fd, 16 * SCAN.size)
        assert data and len(data) % SCAN.size == 0, f"{len(data)} bytes"
        for value, timestamp in SCAN.iter_unpack(data):
            assert value == expected, f"{value}, not {expected}"
            assert timestamp > last, f"{timestamp} after {last}"
            last = timestamp
        yield


def start_stream(mount):
    """Returns the value in the scans of a chip that does not move."""
    os.mkdir(f"{mount.root}/config/iio/triggers/hrtimer/clock")
    for attribute, value in (("current_timestamp_clock", "monotonic"),
                             ("trigger/current_trigger", "clock"),
                             ("scan_elements/in_accel_x_en", 1),
                             ("scan_elements/in_timestamp_en", 1), ("buffer/length", 64),
                             ("buffer/watermark", 2), ("buffer/enable", 1)):
        write(mount.path(ACCEL, attribute), f"{value}\n")
    fd = os.open(f"{mount.root}/dev/iio:device{ACCEL}", os.O_RDONLY)
    value, _ = SCAN.unpack(os.read(fd, SCAN.size))
    os.close(fd)
    return value


def workers(mount):
    expected = start_stream(mount)
    dac = mount.path(DAC, "out_voltage0_raw")
    write(dac, VALUES[0].decode())
    for attribute in ("in_angl_raw", "name", "in_angl_scale", "uevent"):
        path = mount.path(ANGLE, attribute)
        yield Worker(f"reader of {attribute}", read_whole, path, read(path))
    for i in range(4):
        yield Worker(f"reader {i} in pieces", read_in_pieces, dac)
    yield Worker("writer", write_and_read, dac)
    yield Worker("streaming reader", stream, f"{mount.root}/dev/iio:device{ACCEL}", expected)


def main(kills):
    with HeldMount(*simulate(recordings(*PARTS))) as mount:
        holder = mount.holders()[0]
        crew = list(workers(mount))
        before = None
        begin = time.monotonic()
        for done in range(kills):
            time.sleep(random.uniform(0.26, 0.4))
            victim = mount.kill()
            wait_until(lambda: mount.servers() not in ([], [victim]), UNDER_LOAD_S,
                       "the next server")
            read(mount.path(ANGLE, "name"))
            if done == 0:
                before = descriptors(holder)
            stopped = [worker.name for worker in crew if not worker.is_alive()]
            if stopped:
                break
        took = time.monotonic() - begin
        wrong = list(filter(None, (worker.stop() for worker in crew)))
        turns = {worker.name: worker.turns.value for worker in crew}
        wrong += [f"{name}: it did nothing" for name, count in turns.items() if count == 0]
        wait_until(lambda: descriptors(holder) <= before, UNDER_LOAD_S,
                   f"the holder's descriptors, {before} at first")
        server = mount.server()
        reads = sum(count for name, count in turns.items() if name.startswith("reader"))
        print(f"{done + 1} kills in {took:.0f} s; {reads} reads, {turns['writer']} writes read back, "
              f"{turns['streaming reader']} reads of scans; descriptors: {descriptors(server)} in the "
              f"server, {descriptors(holder)} in the holder; memory: {resident_kb(server)} kB in "
              f"the server, {resident_kb(holder)} kB in the holder")
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
