#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_topology.py [TEST...]: where programs find devices, and what they find there."""
import os
import subprocess
import sys

from mount_fixture import (PATIENCE, Mount, errno_of, read, recordings, run, simulate, wait_until,
                           write)

UUID = "12345678-1234-1234-1234-123456789abc"
SCANS = 16


def tree(*names):
    return Mount(*simulate(recordings(*names)))


class Stream:
    """A buffer with one channel of two bytes, driven by sysfstrig1."""

    def __init__(self, mount, number, channel):
        self.device = mount.path(number)
        write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "1\n")
        self.trigger = next(path for name in os.listdir(f"{mount.root}/devices")
                            if name.startswith("trigger")
                            and read((path := f"{mount.root}/devices/{name}") + "/name")
                            == "sysfstrig1\n")
        write(f"{self.device}/trigger/current_trigger", "sysfstrig1\n")
        write(f"{self.device}/scan_elements/{channel}_en", "1\n")
        write(f"{self.device}/buffer/length", f"{2 * SCANS}\n")
        self.fd = os.open(f"{mount.root}/dev/iio:device{number}", os.O_RDONLY | os.O_NONBLOCK)
        write(f"{self.device}/buffer/enable", "1\n")

    def available(self):
        return int(read(f"{self.device}/buffer/data_available"))

    def fire(self):
        """A moment that comes while the last sample is taken would be dropped."""
        before = self.available()
        write(f"{self.trigger}/trigger_now", "1\n")
        wait_until(lambda: self.available() > before, 10, "a scan")

    def close(self):
        os.close(self.fd)
        write(f"{self.device}/buffer/enable", "0\n")


def test_backup():
    """who reads all files of the mount comes to the end, and a stream loses nothing"""
    with tree("as5600", "bma250", "lsm6dsl", "ads1115") as mount:
        stream = Stream(mount, 1, "in_accel_x")
        for command in (["tar", "-cf", "-", "--ignore-failed-read", mount.root],
                        ["grep", "-r", "nothing has this in it", mount.root],
                        ["grep", "-R", "nothing has this in it", mount.root],
                        ["cp", "-r", mount.root, f"{mount.folder}/copy"],
                        ["find", mount.root, "-type", "f", "-newer", "/"]):
            stream.fire()
            done = subprocess.run(command, capture_output=True, timeout=60 * PATIENCE, check=False,
                                  stdin=subprocess.DEVNULL)
            # Files that answer EBUSY or EIO are an error to them; nothing else is.
            assert done.returncode in (0, 1, 2), (command, done.returncode)
            stream.fire()
        assert len(os.read(stream.fd, 4096)) == 10 * 2
        stream.close()


def test_streams():
    """the files of dev/ are found by name and not listed"""
    with tree("bma255-irq", "as5600") as mount:
        dev = f"{mount.root}/dev"
        assert os.listdir(dev) == []
        for name in ("iio:device0", "iio:device0.buffer0", "iio:device0.events"):
            os.close(os.open(f"{dev}/{name}", os.O_RDONLY | os.O_NONBLOCK))
        assert errno_of(os.stat, f"{dev}/iio:device1") == "ENOENT"
        assert os.listdir(dev) == []


def test_uevent():
    """a device's uevent shows what udev looks for, and takes what udevadm writes"""
    with tree("bma250", "mcp4725") as mount:
        write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "1\n")
        for path in ("iio:device0", "iio:device1", "trigger0", "iio_sysfs_trigger", "../uevent"):
            path = f"{mount.root}/devices/{path}"
            path += "" if path.endswith("uevent") else "/uevent"
            for text in ("add", "change\n", "add\0", f"change {UUID}", f"add {UUID} A=1 B=x\n"):
                assert write(path, text) == len(text), (path, text)
            for text in ("\n", "nothing", "add ", "add x", f"add {UUID} ", f"add {UUID} A",
                         f"add {UUID} A=1 ", f"add {UUID} A=_"):
                assert errno_of(write, path, text) == "EINVAL", (path, text)
        with_node = read(mount.path(0, "uevent")).splitlines()
        assert [line.split("=")[0] for line in with_node] == ["MAJOR", "MINOR", "DEVNAME", "DEVTYPE"]
        assert with_node[2:] == ["DEVNAME=iio:device0", "DEVTYPE=iio_device"]
        assert read(mount.path(0, "dev")) == ":".join(
            line.split("=")[1] for line in with_node[:2]) + "\n"
        assert read(mount.path(1, "uevent")) == "DEVTYPE=iio_device\n"


CHOSEN = [globals()[f"test_{name}"] for name in sys.argv[1:]]
run(*(CHOSEN or [test for name, test in list(globals().items()) if name.startswith("test_")]))
