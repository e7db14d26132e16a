#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""iiofs status, add, remove and unmount."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

from mount_fixture import (DRIVERS, IIOFS, STOP_S, Mount, Skip, clean_up, iiofs, mounts_at, read, recordings,
                           run, run_unprivileged, simulate, wait_until, write)

LABELLED = """[[device]]
driver = "bme280"
i2c = "/dev/i2c-99"
address = 0x76
label = "greenhouse"
"""


def status_of(mount):
    """What --json says of one mount."""
    done = iiofs("status", "--json", "--mount", mount.root)
    assert done.returncode == 0, done
    found, = json.loads(done.stdout)["mounts"]
    return found


def refused(arguments, status, reason):
    done = iiofs(*arguments)
    assert done.returncode == status, (arguments, done)
    assert re.search(reason, done.stderr) and not done.stdout, (arguments, done)


def test_add_and_remove():
    """add prints the device's name or the reason of a refusal, and remove takes it away"""
    first, second = recordings("as5600", "ads1115")
    with Mount(*simulate([first])) as mount:
        at = ("--mount", mount.root)
        done = iiofs("add", *at, "model", second)
        assert (done.returncode, done.stdout) == (0, "iio:device1\n"), done
        assert read(mount.path(1, "name")) == "ads1015\n"
        here = os.path.relpath(second)
        done = iiofs("add", *at, "model", here)
        assert (done.returncode, done.stdout) == (0, "iio:device2\n"), done
        write(f"{mount.root}/new_device", f"model {second}")
        assert read(f"{mount.root}/new_device") == "iio:device3\n"

        refused(("add", *at, "bm280", "i2c-99", "0x76"), 2, "there is no driver for 'bm280'")
        refused(("add", *at, "bme280", "i2c-99"), 2, "several addresses")
        refused(("add", *at, "bme280", "i2c-99", "0x76"), 1, "there is no such bus")
        refused(("add", "--mount", "/nowhere", "bme280"), 1, "/nowhere")
        assert len(mount.devices()) == 4

        refused(("remove", *at, "ads1115"), 1, r"several(.|\n)*iio:device2  ads1115")
        refused(("remove", *at, "iio:device7"), 1, "no such device")
        for word, device in (("iio:device2", 2), ("3", 3), ("ads1115", 1), ("as5600", 0)):
            done = iiofs("remove", *at, word)
            assert (done.returncode, done.stdout) == (0, f"iio:device{device}\n"), done
        assert mount.devices() == [] and status_of(mount)["chips"] == []


def test_status():
    """status knows who serves and which chips are absent, with the reason, also for programs"""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(LABELLED)
        config.flush()
        with Mount("--config", config.name, *simulate(recordings("as5600"))) as mount:
            done = iiofs("status", "--mount", mount.root)
            assert done.returncode == 0, done
            lines = done.stdout.splitlines()
            assert lines[0] == f"{mount.root}: 1 of 2 chips answer", lines
            assert re.fullmatch(rf"  process {mount.process.pid} since 20\S+Z, in the foreground",
                                lines[1]), lines
            assert lines[2] == ("  iio:device0  bme280  i2c-99 0x76        greenhouse  absent: there"
                                " is no such bus; is it enabled? (ENOENT)"), lines
            assert lines[3] == "  iio:device1  as5600  model as5600.json", lines

            said = status_of(mount)
            assert said["state"] == "answers" and said["holder"] == "nobody", said
            absent, there = said["chips"]
            assert absent == {"devices": ["iio:device0"], "part": "bme280", "bus": "i2c-99 0x76",
                              "label": "greenhouse", "configured": True, "answers": False,
                              "errno": "ENOENT", "why": "there is no such bus; is it enabled?"}
            assert there["answers"] and "errno" not in there, there
            assert read(f"{mount.root}/status").count("\n") == 3
            done = iiofs("remove", "--mount", mount.root, "greenhouse")
            assert done.stdout == "iio:device0\n" and len(status_of(mount)["chips"]) == 1, done
    done = iiofs("status", "--mount", "/tmp")
    assert done.returncode == 1 and "/tmp: no iiofs is mounted there" in done.stderr, done


def test_wrong_chip():
    """status names the chip that answers in the place of the configured one, as the log does"""
    with tempfile.TemporaryDirectory() as folder:
        other = f"{folder}/other.model.json"
        own_id = '"0xd0": "0x58"'
        with open(f"{DRIVERS}/bmp280/bmp280.model.json", encoding="utf-8") as bmp280, \
                open(other, "w", encoding="utf-8") as file:
            text = bmp280.read()
            assert own_id in text
            file.write(text.replace(own_id, '"0xd0": "0x60"'))
        with Mount(*simulate([other])) as mount:
            why = "id 0x60: that is a bme280"
            absent, = status_of(mount)["chips"]
            assert (absent["answers"], absent["errno"], absent["why"]) == (False, "ENODEV", why), absent
            done = iiofs("status", "--mount", mount.root)
            assert f"absent: {why} (ENODEV)\n" in done.stdout, done
            assert f"{why} (ENODEV)" in mount.log()


def test_long_status():
    """a status of many chips is longer than a page, and complete"""
    chips = 200
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        for n in range(chips):
            config.write(f'[[device]]\ndriver = "bme280"\ni2c = "/dev/i2c-{n + 100}"\n'
                         f'address = 0x76\nlabel = "chip {n}"\n')
        config.flush()
        with Mount("--config", config.name) as mount:
            said = status_of(mount)["chips"]
            assert [chip["label"] for chip in said] == [f"chip {n}" for n in range(chips)]
            with open(f"{mount.root}/status", encoding="utf-8") as file:
                size = len(file.read())
    return f"{size} bytes"


def test_states():
    """status tells a stuck server and a dead one from one that answers, and does not hang"""
    with Mount(*simulate(recordings("as5600"))) as mount:
        mount.process.send_signal(signal.SIGSTOP)
        try:
            done = iiofs("status", "--json", "--mount", mount.root, timeout=20)
        finally:
            mount.process.send_signal(signal.SIGCONT)
        assert done.returncode == 1, done
        assert json.loads(done.stdout)["mounts"] == [{"mountpoint": mount.root, "state": "stuck"}]
        mount.process.kill()
        mount.process.wait()
        done = iiofs("status", "--mount", mount.root)
        assert done.returncode == 1 and "its server has died" in done.stdout, done
        done = iiofs("unmount", mount.root)
        assert done.returncode == 0 and mounts_at(mount.root) == 0, done
        refused(("unmount", mount.root), 1, "no iiofs is mounted there")
        mount.process = subprocess.Popen(["true"])  # the fixture wants one that ends with 0
        mount.process.wait()


def test_unmount():
    """unmount ends a mount in order, unless clients use it, whom it names"""
    for background in ([], ["--background"]):
        folder = tempfile.mkdtemp(prefix="iiofs-test-")
        root = f"{folder}/mnt"
        server = subprocess.Popen([IIOFS, "mount", *background, *simulate(recordings("as5600")),
                                   root], stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: os.path.isdir(f"{root}/devices"), 20, "the mount")
            with open(f"{root}/devices/iio:device0/name", encoding="utf-8"):
                refused(("unmount", root), 1, rf"{root}: .*; in use by {os.getpid()} \(")
            done = iiofs("unmount", root + "/", cwd="/")
            assert done.returncode == 0 and not done.stderr, done
            assert mounts_at(root) == 0
            assert server.wait(STOP_S) == 0
            wait_until(lambda: not os.path.exists(root), 10, "the end of the mountpoint")
        finally:
            server.kill()
            clean_up(root, folder)


def test_unprivileged():
    """a user without privileges reads the status of his own mount, adds, removes, unmounts"""
    run_unprivileged(__file__)


def unprivileged():
    """as that user"""
    test_add_and_remove()
    test_status()
    test_unmount()


def test_not_for_others():
    """who may not write new_device is told so, and may read the status"""
    if os.geteuid() != 0:
        raise Skip("root mounts here, for others")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", IIOFS]
    with Mount(*simulate(recordings("as5600"))) as mount:
        os.chmod(mount.folder, 0o755)
        done = subprocess.run([*nobody, "status", "--mount", mount.root], text=True,
                              capture_output=True, timeout=30, check=False)
        if done.returncode == 126:
            raise Skip("an unprivileged user cannot reach the program")
        assert done.returncode == 0 and "as5600" in done.stdout, done
        for verb in (("add", "model", "as5600"), ("remove", "as5600")):
            done = subprocess.run([*nobody, verb[0], "--mount", mount.root, *verb[1:]], text=True,
                                  capture_output=True, timeout=30, check=False)
            assert done.returncode == 1, done
            assert "Permission denied; run it as root" in done.stderr, done


if "--unprivileged" in sys.argv:
    run(unprivileged)
run(test_add_and_remove, test_status, test_wrong_chip, test_long_status, test_states, test_unmount,
    test_unprivileged, test_not_for_others)
