#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_takeover.py [TEST...]: what clients see when the server is killed and the next one takes
the mount over: nothing. Before Linux 6.9 what is under way then fails with EIO."""
import contextlib
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

from held_mount import (RESENDS, UNDER_LOAD_S, HeldMount, Reader, bare_mount, descriptors, is_eio,
                        resident_kb, serve_held)
from mount_fixture import (IIOFS, STOP_S, Mount, errno_of, fusermount, read, recordings, run,
                           simulate, wait_until, write)
from streaming_bench import interrupting

PARTS = ("as5600", "mcp4725", "bma250")
ANGLE, DAC, ACCEL = range(3)
SCAN = "in_accel_x"
RESTARTS = 100


def parts():
    return simulate(recordings(*PARTS))


@contextlib.contextmanager
def opened(path, flags=os.O_RDONLY):
    fd = os.open(path, flags)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def slow_chip(part, delay_ms, **when):
    """The chip file of a part each of whose transfers takes so long, always or at times."""
    with open(recordings(part)[0], encoding="utf-8") as text:
        chip = json.load(text)["chip"]
    chip["faults"] = [{"delay_ms": delay_ms} | when]
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="iiofs-test-") as file:
        json.dump(chip, file)
        file.flush()
        yield file.name


def triggers(mount):
    """The directories of the triggers, by name."""
    folder = f"{mount.root}/devices"
    return {read(f"{folder}/{name}/name").rstrip("\n"): name
            for name in os.listdir(folder) if name.startswith("trigger")}


def test_open_files():
    """a file half read, an open directory and a working directory stay what they were"""
    with HeldMount(*parts()) as mount:
        path = mount.path(DAC, "out_voltage0_raw")
        whole = "1234\n"
        write(path, whole)
        inode = os.stat(path).st_ino
        folder = os.open(mount.path(DAC), os.O_RDONLY | os.O_DIRECTORY)
        names = sorted(os.listdir(folder))
        with opened(path) as half, opened(path) as fresh, \
                subprocess.Popen(["cat"], cwd=mount.path(ANGLE), stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True) as dweller:
            assert os.read(half, 2) == b"12"
            shell = subprocess.Popen(["sh", "-c", "read line; cat in_angl_raw && ls | wc -l"],
                                     cwd=mount.path(ANGLE), stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
            angle = read(mount.path(ANGLE, "in_angl_raw"))
            for _ in range(3):
                mount.replace()
            write(path, "777\n")
            assert os.read(half, 100) == b"34\n", "the text before is torn"
            assert os.read(half, 100) == b""
            assert os.pread(half, 100, 0) == b"777\n"
            assert os.read(fresh, 100) == b"777\n"
            assert sorted(os.listdir(folder)) == names
            assert os.stat(path).st_ino == inode
            said, _ = shell.communicate("go\n", timeout=STOP_S)
            assert said.splitlines()[0] == angle.rstrip("\n"), said
            dweller.communicate("", timeout=STOP_S)
        os.close(folder)


def test_settings():
    """settings, triggers and devices are what they were, and so are their names"""
    with HeldMount(*parts()) as mount:
        rate = mount.path(ACCEL, "in_accel_filter_low_pass_3db_frequency_available")
        other = read(rate).split()[0]
        write(mount.path(ACCEL, "in_accel_filter_low_pass_3db_frequency"), other)
        write(mount.path(DAC, "out_voltage0_raw"), "2049\n")
        os.mkdir(f"{mount.root}/config/iio/triggers/hrtimer/fast")
        for number in (5, 3, 9):
            write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", f"{number}\n")
        write(f"{mount.root}/devices/iio_sysfs_trigger/remove_trigger", "5\n")
        write(f"{mount.root}/devices/{triggers(mount)['fast']}/sampling_frequency", "250\n")
        write(f"{mount.root}/new_device", f"model {recordings('ads1115')[0]}\n")
        write(f"{mount.root}/new_device", f"model {recordings('as5600')[0]}\n")
        write(f"{mount.root}/delete_device", "iio:device3\n")
        write(f"{mount.root}/delete_device", "iio:device0\n")
        fast = f"{mount.root}/devices/{triggers(mount)['fast']}/sampling_frequency"
        frequency = read(fast)
        os.chmod(mount.path(DAC, "out_voltage0_raw"), 0o600)
        before = triggers(mount)
        devices = sorted(os.listdir(f"{mount.root}/devices"))
        for _ in range(2):
            mount.replace()
        assert triggers(mount) == before
        assert sorted(os.listdir(f"{mount.root}/devices")) == devices
        assert read(mount.path(4, "name")) == "as5600\n"
        assert read(mount.path(ACCEL, "in_accel_filter_low_pass_3db_frequency")).rstrip("\n") == other
        assert read(mount.path(DAC, "out_voltage0_raw")) == "2049\n"
        assert os.stat(mount.path(DAC, "out_voltage0_raw")).st_mode & 0o777 == 0o600
        assert frequency.startswith("250") and read(fast) == frequency, read(fast)
        write(f"{mount.root}/new_device", f"model {recordings('ads1115')[0]}\n")
        assert read(mount.path(0, "name")).startswith("ads1"), "not the lowest number that is free"
        os.rmdir(f"{mount.root}/config/iio/triggers/hrtimer/fast")


def stream(mount):
    os.mkdir(f"{mount.root}/config/iio/triggers/hrtimer/clock")
    for attribute, value in (("trigger/current_trigger", "clock"), (f"scan_elements/{SCAN}_en", 1),
                             ("buffer/length", 32), ("buffer/watermark", 4), ("buffer/enable", 1)):
        write(mount.path(ACCEL, attribute), f"{value}\n")


def test_streams():
    """who reads, polls or waits for a stream gets scans of the next server"""
    with HeldMount(*parts()) as mount:
        stream(mount)
        node = f"{mount.root}/dev/iio:device{ACCEL}"
        with opened(node) as fd:
            first = os.read(fd, 64)
            assert first
            for _ in range(3):
                waiting = Reader(os.read, fd, 64)
                mount.replace()
                scan = waiting.answer()
                assert scan if RESENDS else is_eio(scan) or scan, scan
                assert os.read(fd, 64)
            assert read(mount.path(ACCEL, "buffer/watermark")) == "4\n"
            assert errno_of(os.open, node, os.O_RDONLY) == "EBUSY"
            # The waiter is of the server that dies.
            write(mount.path(ACCEL, "buffer/enable"), "0\n")
            write(mount.path(ACCEL, "buffer/enable"), "1\n")
            polls = Reader(lambda: select.select([fd], [], [], UNDER_LOAD_S)[0])
            mount.replace()
            assert polls.answer(2 * UNDER_LOAD_S) == [fd], "nobody woke who polled"
        write(mount.path(ACCEL, "buffer/enable"), "0\n")


def test_slow_streams():
    """a device whose buffer is slow to start again streams on for each reader"""
    with slow_chip("lis3dh", 40) as slow, \
            HeldMount(*simulate(recordings("as5600", "mcp4725")), "--simulate", slow) as mount:
        stream(mount)
        with opened(f"{mount.root}/dev/iio:device{ACCEL}") as fd:
            mount.kill()
            readers = []
            while len(readers) < 100:
                readers.append(Reader(os.read, fd, 2))
                time.sleep(0.01)
            answers = [reader.answer() for reader in readers]
            assert b"" not in answers, f"{answers.count(b'')} reads answered nothing"
        write(mount.path(ACCEL, "buffer/enable"), "0\n")


def test_trigger_of_another_chip():
    """a stream that another chip's trigger paces goes on, whichever of them the next server finds first"""
    def fresh(fd):
        """A scan that was taken after this call."""
        while os.read(fd, 4096) and select.select([fd], [], [], 0)[0]:
            pass
        return os.read(fd, 64)

    with interrupting("bma250-irq", 200) as source, \
            HeldMount(*simulate(recordings("hmc5883")), "--simulate", source,
                      *simulate(recordings("hmc5883l"))) as mount:
        name, = triggers(mount)
        for number in (0, 2):
            for attribute, value in (("trigger/current_trigger", name), ("scan_elements/in_magn_x_en", 1),
                                     ("buffer/enable", 1)):
                write(mount.path(number, attribute), f"{value}\n")
        with opened(f"{mount.root}/dev/iio:device0") as before, opened(f"{mount.root}/dev/iio:device2") as after:
            assert fresh(before) and fresh(after)
            for _ in range(3):
                mount.kill()
                for fd in (before, after):
                    scan = Reader(fresh, fd).answer()
                    assert scan if RESENDS else is_eio(scan) or scan, scan
                    assert fresh(fd)
        for number in (0, 2):
            assert read(mount.path(number, "trigger/current_trigger")) == f"{name}\n"
            write(mount.path(number, "buffer/enable"), "0\n")


def test_in_flight():
    """reads and writes that hang in the bus when the server dies are answered by the next one"""
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        hangs = os.path.join(folder, "hangs")
        with slow_chip("as5600", 2500, while_exists=hangs) as slow, \
                HeldMount("--simulate", slow, *parts()) as mount:
            angle = mount.path(0, "in_angl_raw")
            with open(hangs, "w", encoding="ascii"):
                reads = [Reader(read, angle) for _ in range(4)]
            time.sleep(0.5)
            mount.kill()
            os.unlink(hangs)
            answers = [reader.answer() for reader in reads]
            assert all(answer.strip().isdigit() if RESENDS else is_eio(answer)
                       for answer in answers), answers
            assert read(angle).strip().isdigit()
            return f"{len(answers)} reads: {answers[0]}".strip()


def test_ends():
    """SIGTERM and SIGINT to server or holder, and unmounting, still end both"""
    ends = {"SIGTERM to the server": lambda mount: os.kill(mount.server(), signal.SIGTERM),
            "SIGINT to the server": lambda mount: os.kill(mount.server(), signal.SIGINT),
            "SIGTERM to the holder": lambda mount: os.kill(mount.holders()[0], signal.SIGTERM),
            "SIGINT to the holder": lambda mount: os.kill(mount.holders()[0], signal.SIGINT),
            "fusermount3 -u": lambda mount: fusermount("-u", mount.root)}
    for how, end in ends.items():
        with HeldMount(*parts()) as mount:
            mount.replace()
            read(mount.path(0, "name"))
            print(f"  {how}")
            mount.end(end)


def test_no_leak():
    """servers come and go without a descriptor or memory left in holder or server"""
    with HeldMount(*parts()) as mount:
        holder = mount.holders()[0]
        path = mount.path(ANGLE, "in_angl_raw")
        mount.replace()
        read(path)
        before = descriptors(holder), descriptors(mount.server())
        for _ in range(5):
            mount.replace()
            read(path)

        def now():
            return descriptors(holder), descriptors(mount.server())
        # One server after the other would leave some.
        wait_until(lambda: all(new <= old for new, old in zip(now(), before)), STOP_S,
                   f"no more descriptors than {before}")
        return f"the holder has {resident_kb(holder)} kB, the server {resident_kb(mount.server())} kB"


def sleeps(pid):
    """How often the threads of a process went to sleep: all woke for something before."""
    count = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as lines:
            count += next(int(line.split()[1]) for line in lines
                          if line.startswith("voluntary_ctxt_switches"))
    return count


def test_idle():
    """idle, with 20 devices, server and holder do not wake in 10 s and have together at most 13.5 MB"""
    files = 4 * recordings(*PARTS, "ads1115", "bme280")
    os.environ.pop("MALLOC_PERTURB_", None)  # meson's: it touches all that is allocated
    with HeldMount(*simulate(files)) as mount:
        for _, _, _ in os.walk(mount.root):
            pass
        mount.replace()
        for _, _, _ in os.walk(mount.root):
            pass
        both = [mount.server(), *mount.holders()]
        assert len(both) == 2, both
        time.sleep(12)  # threads that probed the chips end ten seconds after that
        begin = [sleeps(pid) for pid in both]
        time.sleep(10)
        wakes = [sleeps(pid) - before for pid, before in zip(both, begin)]
        assert wakes == [0, 0], f"server and holder woke {wakes} times in 10 s"
        kb = [resident_kb(pid) for pid in both]
        assert sum(kb) <= 13.5 * 1024, f"{kb} kB"
        return f"{kb[0]} + {kb[1]} kB"


def test_service_manager():
    """a server that a service manager holds the mount for leaves it to the next one, however it ends"""
    with bare_mount() as (root, fuse, keep), contextlib.ExitStack() as end:
        server = serve_held(fuse, keep, *parts(), root)
        end.callback(lambda: server.wait(STOP_S))
        end.callback(fusermount, "-u", "-z", root)
        path = f"{root}/devices/iio:device{DAC}/out_voltage0_raw"
        write(path, "1234\n")
        with opened(path) as half:
            assert os.read(half, 2) == b"12"
            for signum in (signal.SIGKILL, signal.SIGTERM, signal.SIGABRT):
                server.send_signal(signum)
                server.wait(STOP_S)
                server = serve_held(fuse, keep, *parts(), root)
                assert read(path) == "1234\n", f"after signal {signum}"
            assert os.read(half, 100) == b"34\n"


class Namespace:
    """The mount bound to another place in a mount namespace of its own, as a container has it."""

    SCRIPT = """mount --bind "$0" "$1" && cd "$1" && while read -r what file; do case $what in
        read) cat "$1/$file" ;;
        read_from_here) cat "$file" ;;
        read_half) exec 3<"$file" && dd bs=2 count=1 status=none <&3 && echo ;;
        read_rest) cat <&3 ;;
    esac; done"""

    def __init__(self, root, propagation):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        self.process = subprocess.Popen(
            ["unshare", "--mount", f"--propagation={propagation}", "sh", "-c", self.SCRIPT, root,
             self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def does(self, what, file=""):
        """One line."""
        self.process.stdin.write(f"{what} {file}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(STOP_S)
        self.process.stdout.close()
        os.rmdir(self.folder)
        assert status == 0, f"a read ended with {status}"


def test_other_namespaces():
    """binds of the mount in other mount namespaces, private and slave, are served by each server"""
    with bare_mount() as (root, fuse, keep), contextlib.ExitStack() as end:
        server = serve_held(fuse, keep, *parts(), root)
        end.callback(lambda: server.wait(STOP_S))
        end.callback(fusermount, "-u", "-z", root)
        file = f"devices/iio:device{DAC}/out_voltage0_raw"
        others = [Namespace(root, propagation) for propagation in ("private", "slave")]
        newer = end.enter_context(tempfile.TemporaryDirectory(prefix="iiofs-test-")) + "/iiofs"
        shutil.copy(IIOFS, newer)
        turns = {"a restart": (signal.SIGTERM, IIOFS), "a kill": (signal.SIGKILL, IIOFS),
                 "an upgrade": (signal.SIGTERM, newer), "a kill of the new one": (signal.SIGKILL, newer)}
        for turn, (what, (signum, program)) in enumerate(turns.items()):
            write(f"{root}/{file}", f"{turn + 1000}\n")
            for other in others:
                assert other.does("read_half", file) == "10\n", f"before {what}"
            server.send_signal(signum)
            server.wait(STOP_S)
            server = serve_held(fuse, keep, *parts(), root, program=program)
            for other in others:
                assert other.does("read", file) == f"{turn + 1000}\n", f"after {what}"
                assert other.does("read_from_here", file) == f"{turn + 1000}\n", f"after {what}"
                assert other.does("read_rest") == f"0{turn}\n", f"after {what}"
        for other in others:
            other.end()


LONGEST_REQUEST = 1 << 21
INIT_FLAGS2, HAS_RESEND = 56, 1 << 7  # in a FUSE_INIT request with its header


def keep_without_resend(keep, init):
    """Leaves a keep as a server would that Linux before 6.9 has sent this FUSE_INIT."""
    init = bytearray(init)
    flags2, = struct.unpack_from("<I", init, INIT_FLAGS2)
    struct.pack_into("<I", init, INIT_FLAGS2, flags2 & ~HAS_RESEND)
    # kept::Header; of no version, so that there are no records yet.
    os.write(keep, struct.pack("<8sIIIII", b"iiofskp\n", 0, 0, 0, 0, len(init)) + init)


def read_on(path, end, count):
    """Reads a file in turns by pread and by open, read and close, until the end."""
    with opened(path) as fd:
        while not end.is_set():
            assert os.pread(fd, 100, 0).strip().isdigit()
            read(path)
            count.append(1)


def test_orderly_restarts():
    """restarts in order fail no request, although the kernel does not send it again"""
    with bare_mount() as (root, fuse, keep), contextlib.ExitStack() as last:
        keep_without_resend(keep, os.read(fuse, LONGEST_REQUEST))
        server = serve_held(fuse, keep, *parts(), root)
        last.callback(lambda: server.wait(STOP_S))
        last.callback(fusermount, "-u", "-z", root)
        path = f"{root}/devices/iio:device{ANGLE}/in_angl_raw"
        # It takes a mount over, so it does not wait for chips; and it has no records of them.
        wait_until(lambda: os.path.exists(path), UNDER_LOAD_S, "the first chip")
        end, count = threading.Event(), []
        readers = [Reader(read_on, path, end, count) for _ in range(8)]
        last.callback(end.set)
        for turn in range(RESTARTS):
            time.sleep(0.02)
            server.send_signal(signal.SIGTERM)
            assert server.wait(STOP_S) == 0, f"turn {turn}: {server.returncode}"
            server = serve_held(fuse, keep, *parts(), root)
            read(path)
            failed = [str(reader.result) for reader in readers if not reader.is_alive()]
            assert not failed, f"restart {turn + 1}: {failed}"
        end.set()
        assert not any(reader.answer() for reader in readers)
        return f"{RESTARTS} restarts, {len(count)} rounds of 8 readers"


def test_lost_init():
    """a server that dies when it has read the first request, FUSE_INIT, leaves a mount that answers"""
    with bare_mount() as (root, fuse, keep):
        os.read(fuse, LONGEST_REQUEST)
        server = serve_held(fuse, keep, *parts(), root)
        try:
            name = Reader(read, f"{root}/devices/iio:device{ANGLE}/name")
            assert name.answer() == "as5600\n"
        finally:
            fusermount("-u", "-z", root)
            server.kill()
            server.wait(STOP_S)


def read_calls(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("syscr"))


def test_no_polling():
    """with polling = false a client that waits for each reply costs the server one read a request"""
    requests = 2000
    with tempfile.NamedTemporaryFile("w", suffix=".toml", prefix="iiofs-test-") as config:
        config.write("polling = false\n")
        config.flush()
        with HeldMount("--config", config.name, *parts()) as mount, \
                opened(mount.path(ANGLE, "name")) as fd:
            begin = read_calls(mount.server())
            for _ in range(requests):
                os.pread(fd, 100, 0)
            calls = read_calls(mount.server()) - begin
            assert calls <= 1.2 * requests, f"{calls} calls of read for {requests} requests"
            return f"{calls} calls of read for {requests} requests"


def test_foreground():
    """a server in the foreground takes its mount along, as ever"""
    mount = Mount(*parts())
    try:
        mount.start()
        mount.process.kill()
        mount.process.wait()
        assert errno_of(os.statvfs, mount.root) == "ENOTCONN"
    finally:
        mount.discard()


TESTS = (test_open_files, test_settings, test_streams, test_slow_streams,
         test_trigger_of_another_chip, test_in_flight, test_ends, test_no_leak, test_idle,
         test_service_manager, test_other_namespaces, test_orderly_restarts, test_lost_init,
         test_no_polling, test_foreground)
run(*(test for test in TESTS if not sys.argv[1:] or test.__name__[5:] in sys.argv[1:]))
