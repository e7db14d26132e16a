#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_topology.py [TEST...]: where programs find devices, and what they find there."""
import os
import re
import select
import signal
import stat
import subprocess
import sys
import tempfile

from held_mount import HeldMount
from mount_fixture import (PATIENCE, Mount, Skip, errno_of, iiofs, read, recordings, run, simulate,
                           wait_until, write)

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


def test_changes():
    """the file changes tells each client that waits of what has come and gone, and is not listed"""
    with tree("as5600") as mount:
        assert "changes" not in os.listdir(mount.root)
        clients = [os.open(f"{mount.root}/changes", os.O_RDONLY | os.O_NONBLOCK) for _ in range(2)]

        def news(client, wait_s=0.0):
            return bool(select.select([client], [], [], wait_s * PATIENCE)[0])

        counts = []
        for action in ("add_trigger", "remove_trigger", None):
            for client in clients:
                assert news(client, 10), action
                while news(client, 0.2):
                    counts.append(int(os.read(client, 100)))
                assert errno_of(os.read, client, 100) == "EAGAIN"
            if action:
                write(f"{mount.root}/devices/iio_sysfs_trigger/{action}", "1\n")
        assert counts[-1] > counts[0] and len(counts) >= 6, counts
        for client in clients:
            os.close(client)


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


def places(mount):
    """Where the entries of devices/ are, below at/."""
    return {name: os.path.realpath(f"{mount.root}/devices/{name}").removeprefix(f"{mount.root}/at/")
            for name in os.listdir(f"{mount.root}/devices")}


def test_places():
    """what is in devices/ leads to the chip's folder, as the kernel's does"""
    with tree("lsm6dsl", "bma255-irq") as mount:
        write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "1\n")
        os.mkdir(f"{mount.root}/config/iio/triggers/hrtimer/fast")
        assert places(mount) == {
            "iio:device0": "simulated/lsm6dsl.0/iio:device0",
            "iio:device1": "simulated/lsm6dsl.0/iio:device1",
            "iio:device2": "simulated/bma255.2/iio:device2",
            "trigger0": "simulated/bma255.2/trigger0", "trigger1": "simulated/bma255.2/trigger1",
            "trigger2": "iio_sysfs_trigger/trigger2", "trigger3": "trigger3",
            "iio_sysfs_trigger": "iio_sysfs_trigger"}, places(mount)
        for name in os.listdir(f"{mount.root}/devices"):
            path = f"{mount.root}/devices/{name}"
            assert os.path.lexists(path) and stat.S_ISLNK(os.lstat(path).st_mode), name
            assert os.lstat(path).st_size == len(os.readlink(path)), name
            subsystem = os.readlink(f"{path}/subsystem")
            assert subsystem.endswith("/iio") and os.path.samefile(f"{path}/subsystem", mount.root)
        chip = os.path.dirname(os.path.realpath(mount.path(2)))
        assert read(f"{chip}/modalias") == "platform:bma255\n"
        assert read(f"{chip}/uevent") == "MODALIAS=platform:bma255\n"
        assert write(f"{chip}/uevent", "add\n") == 4
        assert os.path.realpath(f"{chip}/subsystem") == f"{mount.root}/by-bus/platform"
        assert os.path.samefile(f"{mount.root}/by-bus/platform/bma255.2", chip)
        # A loop would be an error.
        done = subprocess.run(["find", "-L", f"{mount.root}/at", "-name", "in_accel_x_raw"], text=True,
                              capture_output=True, timeout=60 * PATIENCE, check=False)
        assert f"{mount.root}/at/simulated/bma255.2/iio:device2/in_accel_x_raw" in done.stdout


def test_labels():
    """by-label leads to the device, the first of its chip's, as they come and go with a reload"""
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        config = os.path.join(folder, "iiofs.toml")

        def configure(**devices):
            with open(config, "w", encoding="utf-8") as file:
                for part, label in devices.items():
                    file.write(f'[[device]]\nmodel = "{recordings(part)[0]}"\nlabel = "{label}"\n')

        configure(as5600="left", lsm6dsl="up", bme280="../x")
        with Mount("--config", config) as mount:
            def leads_to():
                at = f"{mount.root}/by-label"
                return {label: os.path.basename(os.path.realpath(f"{at}/{label}"))
                        for label in sorted(os.listdir(at))}

            strange = "\\x2e.\\x2fx"
            assert leads_to() == {strange: "iio:device3", "left": "iio:device0",
                                  "up": "iio:device1"}, leads_to()
            assert read(f"{mount.root}/by-label/left/label") == "left\n"
            configure(as5600="right", lsm6dsl="up")
            mount.process.send_signal(signal.SIGHUP)
            wait_until(lambda: leads_to() == {"right": "iio:device0", "up": "iio:device1"}, 10,
                       "the other labels")
            write(f"{mount.root}/delete_device", "iio:device1\n")
            wait_until(lambda: leads_to() == {"right": "iio:device0"}, 10, "the end of a label")


def test_come_and_go():
    """a device that comes has its place at once, and one that goes leaves nothing of it"""
    with tree("as5600") as mount:
        before = places(mount)
        for _ in range(3):
            with open(f"{mount.root}/new_device", "wb", buffering=0) as file:
                file.write(b"model bme280\n")
            assert places(mount) == before | {"iio:device1": "simulated/bme280.1/iio:device1"}
            with open(mount.path(1, "in_temp_input"), encoding="ascii") as attribute:
                write(f"{mount.root}/delete_device", "iio:device1\n")
                assert errno_of(attribute.read) == "ENODEV"
            wait_until(lambda: places(mount) == before, 10, "the end of the links")
            assert os.listdir(f"{mount.root}/at/simulated") == ["as5600.0"]
            assert os.listdir(f"{mount.root}/by-bus/platform") == ["as5600.0"]


def inodes(root):
    """Of all but chips' own triggers: while their chip has not answered they are not there."""
    return {path: os.lstat(path).st_ino
            for folder, folders, files in os.walk(root) for name in (*folders, *files)
            if not re.search(r"/bma255.*/trigger\d|devices/trigger\d",
                             path := os.path.join(folder, name))}


def test_takeover():
    """over a restart everything is where it was: links, labels, files, who reads and who dwells there"""
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        config = os.path.join(folder, "iiofs.toml")
        with open(config, "w", encoding="utf-8") as file:
            for part in "as5600", "bma255-irq", "lsm6dsl":
                file.write(f'[[device]]\nmodel = "{recordings(part)[0]}"\nlabel = "{part}"\n')
        with HeldMount("--config", config) as mount:
            write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "1\n")
            before, links = inodes(mount.root), places(mount)
            reader = os.open(mount.path(0, "in_angl_raw"), os.O_RDONLY)
            place = os.open(os.path.realpath(mount.path(0)), os.O_RDONLY | os.O_DIRECTORY)
            for _ in range(3):
                mount.replace()
                label = f"{mount.root}/by-label/as5600/in_angl_raw"
                assert read(label) == os.pread(reader, 100, 0).decode()
                # A chip's own triggers come with it.
                wait_until(lambda: places(mount) == links, 20, "all chips")
                assert "in_angl_raw" in os.listdir(place)
            after = inodes(mount.root)
            assert after == before, set(after.items()) ^ set(before.items())
            os.close(reader)
            os.close(place)


def test_other_target():
    """a link that leads elsewhere since a restart is not what the kernel remembers of it"""
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        config = os.path.join(folder, "iiofs.toml")

        def configure(*parts):
            with open(config, "w", encoding="utf-8") as file:
                for part in parts:
                    file.write(f'[[device]]\nmodel = "{recordings(part)[0]}"\nlabel = "it"\n')

        configure("as5600")
        with HeldMount("--config", config) as mount:
            link = mount.path(0)
            assert os.readlink(link) == "../at/simulated/as5600.0/iio:device0"
            assert read(f"{mount.root}/by-label/it/name") == "as5600\n"
            configure("bme280")
            mount.replace()
            wait_until(lambda: os.path.exists(f"{link}/name"), 20, "the other device")
            assert os.readlink(link) == "../at/simulated/bme280.0/iio:device0"
            assert read(f"{mount.root}/by-label/it/name") == "bme280\n"
            assert not os.path.exists(f"{mount.root}/at/simulated/as5600.0")


def test_clients():
    """iio_info finds all devices through the links"""
    with tree("lsm6dsl", "as5600", "bme280") as mount:
        try:
            done = iiofs("run", "--mount", mount.root, "--", "iio_info")
        except OSError as error:
            raise Skip(f"no iio_info: {error}") from None
        if done.returncode in (125, 126, 127):
            raise Skip(f"iiofs run cannot: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        found = [line.split()[1] for line in done.stdout.splitlines()
                 if line.startswith("\tiio:device")]
        assert len(found) == 4, done.stdout


CHOSEN = [globals()[f"test_{name}"] for name in sys.argv[1:]]
run(*(CHOSEN or [test for name, test in list(globals().items()) if name.startswith("test_")]))
