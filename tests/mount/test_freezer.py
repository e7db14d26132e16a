#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A machine that is to sleep: systemd's hook, and control groups for the kernel's freezing.

The hook looks at all processes that it sees, so this runs in a pid namespace of its own."""
import contextlib
import os
import subprocess
import sys
import time

from mount_fixture import SOURCE, Mount, Skip, read, recordings, run, simulate, wait_until, write

HOOK = os.path.join(SOURCE, "systemd/sleep-hook")
ACCEL = 1
# Opens a file; "read": reads for ever, and says of each read how it ended.
CLIENT = """
import ctypes, errno, os, select, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open(sys.argv[1], os.O_RDONLY)
print("open", flush=True)
if sys.argv[2] == "poll":
    os.read(fd, 100)
    select.select([fd], [], [])
while sys.argv[2] == "read" or sys.stdin.read():
    count = libc.read(fd, ctypes.create_string_buffer(65536), ctypes.c_size_t(65536))
    print(errno.errorcode[ctypes.get_errno()] if count < 0 else count, flush=True)
"""


def hierarchy():
    """Where cgroup v2 is mounted."""
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        for line in lines:
            if " - cgroup2 " in line:
                return line.split(" ")[4]
    raise Skip("no cgroup v2 here")


def group_of(pid):
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as lines:
        return next(line[3:].rstrip() for line in lines if line.startswith("0::"))


class Group:
    """A control group of the test's own."""

    def __init__(self, name):
        self.folder = f"{hierarchy()}/iiofs-test-{name}"
        try:
            os.mkdir(self.folder)
        except OSError as error:
            raise Skip(f"no control groups can be made: {error}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.freeze(False)
        with open(f"{self.folder}/cgroup.procs", encoding="ascii") as pids:
            for pid in pids.read().split():
                write(f"{hierarchy()}/cgroup.procs", pid)
        os.rmdir(self.folder)

    def add(self, pid):
        write(f"{self.folder}/cgroup.procs", str(pid))

    def freeze(self, on=True):
        write(f"{self.folder}/cgroup.freeze", "1" if on else "0")

    def is_frozen(self):
        return "frozen 1" in read(f"{self.folder}/cgroup.events")


def start_stream(mount, watermark):
    element = next(name for name in sorted(os.listdir(mount.path(ACCEL, "scan_elements")))
                   if name.endswith("_en"))
    for attribute, value in (("trigger/current_trigger", "clock"), (f"scan_elements/{element}", 1),
                             ("buffer/length", 4096), ("buffer/watermark", watermark),
                             ("buffer/enable", 1)):
        write(mount.path(ACCEL, attribute), f"{value}\n")


def hook(when):
    done = subprocess.run([HOOK, when], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done


@contextlib.contextmanager
def client_of(file, what):
    """A process that has opened a file, and does that with it."""
    process = subprocess.Popen([sys.executable, "-c", CLIENT, file, what], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_hook():
    """after the sleep hook the clients are frozen, whatever becomes of the server, and go on later"""
    with Mount(*simulate(recordings("as5600", "bmi160"))) as mount, \
            Group("server") as servers, Group("clients") as clients:
        os.mkdir(f"{mount.root}/config/iio/triggers/hrtimer/clock")
        start_stream(mount, 4000)
        with client_of(f"{mount.root}/dev/iio:device{ACCEL}", "read") as reads, \
                client_of(f"{mount.root}/changes", "poll") as polls, \
                client_of(mount.path(0, "name"), "idle") as idles:
            processes = (reads, polls, idles)
            servers.add(mount.process.pid)
            for process in processes:
                clients.add(process.pid)
            own = group_of(reads.pid)
            for _ in range(3):
                time.sleep(0.2)
                hook("pre")
                assert {group_of(process.pid) for process in processes} == {f"{own}/iiofs-asleep"}
                servers.freeze()
                wait_until(servers.is_frozen, 5, "the server frozen")
                clients.freeze()
                wait_until(clients.is_frozen, 5, "the clients frozen after the server")
                clients.freeze(False)
                servers.freeze(False)
                hook("post")
                assert {group_of(process.pid) for process in processes} == {own}
                assert not os.path.exists(f"{clients.folder}/iiofs-asleep")
                assert reads.stdout.readline() == "EINTR\n"
                assert polls.poll() is None
            write(mount.path(ACCEL, "buffer/enable"), "0\n")
            assert read(mount.path(0, "name")) == "as5600\n"


def test_nobody():
    """without a client, or a mount, the hook does nothing"""
    hook("pre")
    hook("post")
    with Mount(*simulate(recordings("as5600"))):
        hook("pre")
        assert not os.path.exists(f"{hierarchy()}{group_of(os.getpid())}/iiofs-asleep")
        hook("post")


if os.geteuid() != 0:
    print("only root makes control groups")
    sys.exit(77)
if "--inside" not in sys.argv:
    os.execvp("unshare", ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                          sys.executable, "-B", os.path.abspath(__file__), "--inside"])
run(test_hook, test_nobody)
