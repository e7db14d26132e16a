#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In Debian's User-Mode Linux: /dev/iio:deviceN of a daemon with device-nodes = true, used by
nothing but system calls.
"""
import errno
import fcntl
import os
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "mount"))
from mount_fixture import (Mount, errno_of, iiofs, read, recordings, run, wait_until,  # noqa: E402
                           write)

NODE = "/dev/iio:device0"
AXES = ("x", "y", "z")
# <linux/iio/events.h>, <linux/iio/buffer.h>: _IOR('i', 0x90, int), _IOWR('i', 0x91, int)
IIO_GET_EVENT_FD, IIO_BUFFER_GET_FD, UNKNOWN = 0x80046990, 0xC0046991, 0x80046999


def magnetometers(count=1, permissions=""):
    """A mount with simulated HMC5843s and their nodes."""
    chip, = recordings("hmc5843")
    with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
        file.write(f"device-nodes = true\n{permissions}\n"
                   + f'[[device]]\nmodel = "{chip}"\n' * count)
    return Mount("--config", file.name)


class Trigger:
    """A sysfs trigger. One that fires while the capture before is under way is lost, as in the
    kernel, so it fires again until there is a scan more, or until somebody has it."""

    def __init__(self, mount, number):
        self.folder, = (entry.path for entry in os.scandir(f"{mount.root}/devices")
                        if entry.name.startswith("trigger")
                        and read(f"{entry.path}/name") == f"sysfstrig{number}\n")
        self.available = mount.path(number, "buffer/data_available")

    def fire(self):
        there = int(read(self.available))
        self.fire_until(lambda: int(read(self.available)) > there)

    def fire_until(self, done):
        for _ in range(10):
            write(f"{self.folder}/trigger_now", "1\n")
            for _ in range(100):
                if done():
                    return
                time.sleep(0.02)
        raise AssertionError("no capture")


def prepare(mount, number=0, watermark=1):
    """All of a device's axes into its buffer, by a sysfs trigger, which is returned."""
    triggers = f"{mount.root}/devices/iio_sysfs_trigger"
    write(f"{triggers}/add_trigger", f"{number}\n")
    for axis in AXES:
        write(mount.path(number, f"scan_elements/in_magn_{axis}_en"), "1\n")
    write(mount.path(number, "trigger/current_trigger"), f"sysfstrig{number}\n")
    write(mount.path(number, "buffer/length"), "64\n")
    write(mount.path(number, "buffer/watermark"), f"{watermark}\n")
    write(mount.path(number, "buffer/enable"), "1\n")
    return Trigger(mount, number)


def scan(mount, number=0):
    """What the device's attributes say, as a scan has it: three big endian numbers."""
    return struct.pack(">hhh", *(int(read(mount.path(number, f"in_magn_{axis}_raw")))
                                 for axis in AXES))


class Opened:
    """The node, open."""

    def __init__(self, flags=0, node=NODE):
        self.fd = os.open(node, os.O_RDONLY | flags)

    def __enter__(self):
        return self.fd

    def __exit__(self, *_):
        os.close(self.fd)


class Client:
    """A process that opens the node, says so, does something with it, and ends with the errno
    of the first call that fails, or says what it got."""

    PROGRAM = """
import os, select, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(44))
node = os.open({node!r}, os.O_RDONLY)
print("opened", flush=True)
try:
    {body}
except OSError as error:
    sys.exit(error.errno)
"""

    def __init__(self, body, node=NODE):
        self.process = subprocess.Popen(
            ["python3", "-c", self.PROGRAM.format(node=node, body=body)], text=True,
            stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "opened\n"

    def sleep(self):
        """Waits until it waits."""
        wait_until(lambda: read(f"/proc/{self.process.pid}/stat").rsplit(") ", 1)[1][0] == "S",
                   20, "the client's wait")
        return self

    def ends(self, status, says=""):
        said, _ = self.process.communicate(timeout=20)
        assert (self.process.returncode, said) == (status, says), (self.process.returncode, said)


def test_node():
    """the node is a character device, its number is what dev and uevent say"""
    with magnetometers() as mount:
        status = os.stat(NODE)
        assert stat.S_ISCHR(status.st_mode), oct(status.st_mode)
        number = os.major(status.st_rdev), os.minor(status.st_rdev)
        assert read(mount.path(0, "dev")) == "%d:%d\n" % number
        assert "MAJOR=%d\nMINOR=%d\n" % number in read(mount.path(0, "uevent"))
        shown = os.stat(f"{mount.root}{NODE}")
        assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (
            shown.st_mode & 0o7777, shown.st_uid, shown.st_gid)
        say = "%d:%d" % number
    assert not os.path.exists(NODE)
    return say


def test_permissions():
    """owner, group and mode of the node are those of the configuration"""
    rights = '[permissions]\nowner = 7\ngroup = 9\nread = "0440"\nwrite = "0220"'
    with magnetometers(permissions=rights):
        status = os.stat(NODE)
        assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o660, 7, 9), status


def test_one_client():
    """one client has it at a time, here or in the mount: the others get EBUSY until he closes"""
    with magnetometers() as mount:
        for _ in range(20):
            for node in (NODE, f"{mount.root}{NODE}"):
                with Opened(node=node):
                    assert errno_of(os.open, NODE, os.O_RDONLY) == "EBUSY"
                    assert errno_of(os.open, f"{mount.root}{NODE}", os.O_RDONLY) == "EBUSY"
                # FUSE says only later that a file of the mount is closed.
                wait_until(lambda: errno_of(lambda: os.close(os.open(NODE, os.O_RDONLY))) == "none",
                           20, "the node's release")


def test_capture():
    """a capture by a sysfs trigger gives what the attributes say, blocking and not"""
    with magnetometers() as mount:
        trigger = prepare(mount)
        with Opened(os.O_NONBLOCK) as node:
            assert errno_of(os.read, node, 64) == "EAGAIN"
            for _ in range(5):
                trigger.fire()
            got = os.read(node, 3 * 6), os.read(node, 64)
            assert errno_of(os.read, node, 64) == "EAGAIN"
            assert errno_of(os.read, node, 5) == "EINVAL"
        client = Client("print(os.read(node, 6).hex())").sleep()
        trigger.fire_until(lambda: client.process.poll() is not None)
        write(mount.path(0, "buffer/enable"), "0\n")
        wanted = scan(mount)
        assert got == (wanted * 3, wanted * 2), (got, wanted)
        client.ends(0, wanted.hex() + "\n")


def test_poll():
    """poll says nothing until the watermark is reached, then wakes who waits in it"""
    with magnetometers() as mount:
        trigger = prepare(mount, watermark=3)
        with Opened() as node:
            poll = select.poll()
            poll.register(node, select.POLLIN)
            trigger.fire()
            trigger.fire()
            assert poll.poll(300) == []
            told = []
            waiter = threading.Thread(target=lambda: told.extend(poll.poll(20000)))
            waiter.start()
            trigger.fire()
            waiter.join()
            assert told == [(node, select.POLLIN)], told
            assert len(os.read(node, 60)) == 18


def test_signal():
    """a signal ends a read that waits, with EINTR, and the node can be opened again"""
    with magnetometers() as mount:
        prepare(mount)
        for _ in range(5):
            client = Client("os.read(node, 6)").sleep()
            client.process.send_signal(signal.SIGUSR1)
            client.ends(44)  # of the handler: Python calls it after EINTR alone
            wait_until(lambda: errno_of(lambda: os.close(os.open(NODE, os.O_RDONLY))) == "none",
                       20, "the node's release")


def test_ioctl():
    """the ioctls that return descriptors are ENODEV, as in the mount, and all others too"""
    with magnetometers() as mount:
        for node in (NODE, f"{mount.root}{NODE}"):
            with Opened(node=node) as fd:
                for request in (IIO_GET_EVENT_FD, IIO_BUFFER_GET_FD, UNKNOWN):
                    said = errno_of(fcntl.ioctl, fd, request, bytes(4))
                    assert said == "ENODEV", f"{node}: {request:#x}: {said}"


def test_many_waiting():
    """many threads of the client may wait in read, and each gets a scan"""
    with magnetometers() as mount:
        trigger = prepare(mount)
        client = Client("import threading\n"
                        "    threads = [threading.Thread(target=os.read, args=(node, 6))\n"
                        "               for _ in range(8)]\n"
                        "    [thread.start() for thread in threads]\n"
                        "    [thread.join() for thread in threads]\n"
                        "    print('all')").sleep()
        deadline = time.monotonic() + 40
        while client.process.poll() is None and time.monotonic() < deadline:
            write(f"{trigger.folder}/trigger_now", "1\n")
            time.sleep(0.02)
        client.ends(0, "all\n")


def test_removal():
    """delete_device takes the node away, who waits is told ENODEV, and new_device brings it back"""
    chip, = recordings("hmc5843")
    with magnetometers() as mount:
        write(f"{mount.root}/delete_device", "iio:device0\n")
        assert not os.path.exists(NODE)
        for turn in range(5):
            write(f"{mount.root}/new_device", f"model {chip}\n")
            assert os.path.exists(NODE)
            write(mount.path(0, "scan_elements/in_magn_x_en"), "1\n")
            if turn == 0:
                write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "0\n")
            write(mount.path(0, "trigger/current_trigger"), "sysfstrig0\n")
            write(mount.path(0, "buffer/enable"), "1\n")
            client = Client("os.read(node, 2)").sleep()
            write(f"{mount.root}/delete_device", "iio:device0\n")
            assert not os.path.exists(NODE)
            client.ends(errno.ENODEV)
        write(f"{mount.root}/new_device", f"model {chip}\n")
        with Opened() as node:
            write(f"{mount.root}/delete_device", "iio:device0\n")
            assert not os.path.exists(NODE)
            assert errno_of(os.read, node, 2) in ("ENODEV", "ENOTCONN")
            poll = select.poll()
            poll.register(node, select.POLLIN)
            assert poll.poll(20000), "poll waits for a device that is gone"


def test_end():
    """the daemon's end takes the nodes away, whoever waits in read or in poll"""
    waits = "p = select.poll(); p.register(node, select.POLLIN); "
    for body, status, says in (("os.read(node, 6)", errno.ENODEV, ""),
                               (waits + "print(len(p.poll()))", 0, "1\n")):
        with magnetometers() as mount:
            prepare(mount)
            client = Client(body).sleep()
            mount.stop()
            assert not os.path.exists(NODE)
            client.ends(status, says)


def test_name_taken():
    """a node that is there already is left alone and said in the log; the others come"""
    taken = "/dev/iio:device1"
    os.mknod(taken, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    try:
        with magnetometers(3) as mount:
            assert os.stat(taken).st_rdev == os.makedev(1, 3)
            for number in (0, 2):
                trigger = prepare(mount, number)
                with Opened(os.O_NONBLOCK, f"/dev/iio:device{number}") as node:
                    trigger.fire()
                    assert select.select([node], [], [], 20)[0]
                    assert len(os.read(node, 6)) == 6
            said = re.findall(".*no /dev/.*", mount.log())
            assert len(said) == 1 and "no /dev/iio:device1: another driver has created one already" in said[0], said
        assert os.stat(taken).st_rdev == os.makedev(1, 3)
    finally:
        os.unlink(taken)


def test_no_cuse():
    """without /dev/cuse there are no nodes, which is one line of the log, and the mount serves"""
    os.rename("/dev/cuse", "/dev/not-cuse")
    try:
        with magnetometers() as mount:
            assert not os.path.exists(NODE)
            assert read(mount.path(0, "name")) == "hmc5843\n"
            said = re.findall(".*no /dev/.*", mount.log())
            assert len(said) == 1 and "module cuse" in said[0], said
    finally:
        os.rename("/dev/not-cuse", "/dev/cuse")


def test_off_by_default():
    """without the key there is no node"""
    chip, = recordings("hmc5843")
    with Mount("--simulate", chip) as mount:
        assert not os.path.exists(NODE)
        assert re.fullmatch("254:0\n", read(mount.path(0, "dev")))


def test_run():
    """iiofs run shows the tree's file in the node's place"""
    with magnetometers() as mount:
        done = iiofs("run", "--mount", mount.root, "--", "realpath", NODE)
        assert done.stdout == f"/sys/bus/iio{NODE}\n", done
        assert stat.S_ISCHR(os.stat(NODE).st_mode)


run(test_node, test_permissions, test_one_client, test_capture, test_poll, test_signal, test_ioctl,
    test_many_waiting, test_removal, test_end, test_name_taken, test_no_cuse, test_off_by_default,
    test_run, limit_s=200)
