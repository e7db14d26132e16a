#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""death_sweep.py [--every N] [MOMENT...]: the server of a mount dies at its n-th system call, for n = 1,
2, 3 ... until it has come through; the next server takes the mount over.

The moments are start, takeover, read and write. Each time the mount is a new one. Claims that clients
notice nothing: each call that is under way succeeds, what was written is there, a file that is half
read goes on, a stream has another scan. --every: only each N-th call. Needs root, and a kernel that
sends requests again (Linux 6.9). IIOFS, IIOFS_BUILD and IIOFS_GOLDEN as for the mount tests.
"""
import argparse
import os
import signal
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../mount"))
from held_mount import RESENDS, UNDER_LOAD_S, Reader, bare_mount, serve_held  # noqa: E402
from mount_fixture import STOP_S, fusermount, read, recordings, simulate, write  # noqa: E402

DIE_AT = os.path.join(os.environ["IIOFS_BUILD"], "tests", "die_at")
PARTS = ("as5600", "mcp4725", "bma250")
ANGLE, DAC, ACCEL = range(3)
ANGLE_RAW, DAC_RAW = "1200\n", "1234\n"  # of their recordings
SETTING = "in_accel_scale"
SCAN = struct.Struct("<h6xq")  # in_accel_x, in_timestamp
COME_THROUGH = 3  # calls one after the other that were not reached end a sweep


def scan_time(node):
    """Of the next scan of a stream."""
    data = os.read(node, SCAN.size)
    assert len(data) == SCAN.size, f"a read of a stream answered {data!r}"
    return SCAN.unpack(data)[1]


def outcome(client):
    """What went wrong; empty: nothing."""
    try:
        client()
    except (AssertionError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


class Drill:
    """A mount, its server and what clients know of it."""

    def __init__(self, root, fuse, keep):
        self.root, self.fuse, self.keep = root, fuse, keep
        self.server = None

    def serve(self, *die_at):
        self.server = serve_held(self.fuse, self.keep, *simulate(recordings(*PARTS)), self.root,
                                 by=(DIE_AT, *map(str, die_at)) if die_at else ())

    def kill(self):
        self.server.kill()
        self.server.wait(STOP_S)

    def end(self):
        fusermount("-u", "-z", self.root)
        self.kill()

    def path(self, number, attribute):
        return f"{self.root}/devices/iio:device{number}/{attribute}"

    def outlive(self, client):
        """Runs what a client does; whether the server died meanwhile."""
        call = Reader(outcome, client)
        end, died = time.monotonic() + UNDER_LOAD_S, False
        while call.is_alive() and time.monotonic() < end:
            if self.server.poll() is not None:
                assert not died, f"the next server ended with {self.server.returncode}"
                assert self.server.returncode == -signal.SIGKILL, f"it ended with {self.server.returncode}"
                died = True
                self.serve()
            call.join(0.002)
        said = call.answer(0)
        assert not said, said
        return died

    def claim(self, attribute, value, number=DAC):
        found = read(self.path(number, attribute))
        assert found == value, f"{attribute} is {found!r}, not {value!r}"

    def look(self):
        """What was never written."""
        self.claim("name", "as5600\n", ANGLE)
        self.claim("in_angl_raw", ANGLE_RAW, ANGLE)

    def stream(self):
        """A stream of scans by a timer, which is open."""
        os.mkdir(f"{self.root}/config/iio/triggers/hrtimer/clock")
        for attribute, value in (("current_timestamp_clock", "monotonic"), ("trigger/current_trigger", "clock"),
                                 ("scan_elements/in_accel_x_en", 1), ("scan_elements/in_timestamp_en", 1),
                                 ("buffer/enable", 1)):
            write(self.path(ACCEL, attribute), f"{value}\n")
        return os.open(f"{self.root}/dev/iio:device{ACCEL}", os.O_RDONLY)


def start(drill, call):
    drill.serve(call)
    return drill.outlive(drill.look)


def takeover(drill, call):
    drill.serve()
    write(drill.path(DAC, "out_voltage0_raw"), "2345\n")
    scales = read(drill.path(ACCEL, f"{SETTING}_available")).split()
    write(drill.path(ACCEL, SETTING), f"{scales[1]}\n")
    half = os.open(drill.path(DAC, "out_voltage0_raw"), os.O_RDONLY)
    assert os.read(half, 2) == b"23"
    scans = drill.stream()
    scan_time(scans)
    drill.kill()
    drill.serve(call)

    def client():
        assert os.read(half, 99) == b"45\n"
        drill.claim("out_voltage0_raw", "2345\n")
        drill.claim(SETTING, f"{scales[1]}\n", ACCEL)
        # Those that were there when the server died may come first.
        now_ns = time.monotonic_ns()
        while scan_time(scans) < now_ns:
            pass
        drill.look()

    try:
        return drill.outlive(client)
    finally:
        os.close(half)
        os.close(scans)


def under_fire(drill, call, client):
    """The server dies at its n-th call from when the client begins."""
    drill.serve(call, "--from-signal")
    drill.look()
    drill.server.send_signal(signal.SIGUSR2)
    return drill.outlive(client)


def reading(drill, call):
    def client():
        drill.look()
        drill.claim("out_voltage0_raw", DAC_RAW)
        assert len(os.listdir(drill.path(ANGLE, ""))) > 5
    return under_fire(drill, call, client)


def writing(drill, call):
    def client():
        for value in ("1111\n", "2222\n"):
            assert write(drill.path(DAC, "out_voltage0_raw"), value) == 5
            drill.claim("out_voltage0_raw", value)
        scans = drill.stream()
        scan_time(scans)
        os.close(scans)
        write(drill.path(ACCEL, "buffer/enable"), "0\n")
        write(drill.path(ACCEL, "trigger/current_trigger"), "\n")
        os.rmdir(f"{drill.root}/config/iio/triggers/hrtimer/clock")
    return under_fire(drill, call, client)


MOMENTS = {"start": start, "takeover": takeover, "read": reading, "write": writing}


def sweep(moment, every):
    """The last call at which the server died."""
    call, last, reached = every, 0, 0
    while call - last <= COME_THROUGH * every:
        with bare_mount() as (root, fuse, keep):
            drill = Drill(root, fuse, keep)
            try:
                if moment(drill, call):
                    last, reached = call, reached + 1
            except (AssertionError, OSError) as error:
                raise AssertionError(f"the server died at its {call}. call: {error}") from error
            finally:
                drill.end()
        call += every
    return last, reached


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--every", type=int, default=1, metavar="N")
    arguments.add_argument("moments", nargs="*", metavar="MOMENT", choices=[*MOMENTS, []])
    options = arguments.parse_args()
    if os.geteuid() != 0 or not RESENDS:
        print("skipped: it needs root, and Linux 6.9 or later")
        return 77
    failed = 0
    for name in options.moments or MOMENTS:
        begin = time.monotonic()
        try:
            last, reached = sweep(MOMENTS[name], options.every)
            print(f"ok: {name}: {reached} deaths, the last one at call {last} ({time.monotonic() - begin:.0f} s)",
                  flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAILED: {name}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
