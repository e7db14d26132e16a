#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_clients.py [--unprivileged]: programs made for the kernel's IIO, through `iiofs run`.

As root all of it is done once more as an unprivileged user.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys

from mount_fixture import (IIOFS, REFERENCE, Mount, Skip, read, recordings, run,
                           run_unprivileged, simulate, wait_until)

LSIIO = os.path.join(REFERENCE, "tools", "lsiio")
# Files of a device that libiio does not show as attributes.
NO_ATTRIBUTES = {"name", "label", "dev", "uevent", "waiting_for_supplier"}
# Clients read one attribute after the other: all kinds of parts, none that is slow.
PARTS = ("ads1115", "apds9960", "as5600", "bma250", "bma255-irq", "bme280", "bmp180", "bmp380",
         "hmc5883l", "lis331dlh", "lsm6dso-irq", "max1363", "max11616", "mcp3008", "mcp3301",
         "mcp4725", "mcp4726", "tla2024")


def tool(name):
    if not shutil.which(name):
        raise Skip(f"{name} is not installed")
    return name


def inside(mount, *command, seconds=60):
    """Runs a command that sees the mount as /sys/bus/iio; what it prints."""
    done = subprocess.run([IIOFS, "run", "--mount", mount.root, "--", *command], text=True,
                          capture_output=True, timeout=seconds, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, \
        f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


# ---- iio_info

def parse_iio_info(text):
    """Device → list of (file the attribute may be of, attribute, answer)."""
    devices, attributes, prefix = {}, None, ""
    for line in text.splitlines():
        if device := re.match(r"\t(iio:device\d+):", line):
            attributes, prefix = devices.setdefault(device[1], []), ""
        elif channel := re.match(r"\t\t\t(\S+):.*\((in|out)put", line):
            prefix = f"{channel[2]}_{channel[1]}_"
        elif re.match(r"\t\t\d+ (device|debug|buffer)", line):
            prefix = None if "device-specific" not in line else ""
        elif prefix is not None:
            if found := re.match(r"\t+attr +\d+: (\S+) (?:value: (.*)|ERROR: .*\((\d+)\))$", line):
                answer = f"errno {found[3]}" if found[3] else found[2]
                attributes.append((prefix + found[1], found[1], answer))
    return devices


def answers_of(mount, device):
    """File → what iio_info must say of it, for each attribute that libiio shows."""
    answers = {}
    for name in os.listdir(f"{mount.root}/devices/{device}"):
        path = f"{mount.root}/devices/{device}/{name}"
        if name in NO_ATTRIBUTES or not os.path.isfile(path):
            continue
        try:
            answers[name] = read(path).rstrip("\0").removesuffix("\n")
        except OSError as error:
            answers[name] = f"errno {error.errno}"
    return answers


def hold_against_files(text, mount):
    """Every attribute that is a file is in iio_info's text, with the file's value."""
    shown, compared = parse_iio_info(text), 0
    assert sorted(shown) == sorted(mount.devices()), f"devices: {sorted(shown)}"
    for device, attributes in shown.items():
        by_file = {file: answer for file, _, answer in attributes}
        for file, answer in answers_of(mount, device).items():
            # An attribute that channels share stands at each of them, by its last words.
            shared = any(file.endswith("_" + name) and answer == value
                         for _, name, value in attributes)
            assert by_file.get(file) == answer or (file not in by_file and shared), \
                f"{device}/{file} is {answer!r}, iio_info has {by_file.get(file)!r}"
            compared += 1
    return f"{len(shown)} devices, {compared} attributes"


def test_iio_info():
    """iio_info shows every device and attribute, with its value"""
    tool("iio_info")
    with Mount(*simulate(recordings(*PARTS))) as mount:
        return hold_against_files(inside(mount, "iio_info"), mount)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_iiod():
    """iio_info shows the same through iiod, from the network"""
    tool("iiod")
    tool("iio_info")
    port = free_port()

    def listens():
        assert iiod.poll() is None, f"iiod ended with {iiod.returncode}"
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    with Mount(*simulate(recordings(*PARTS))) as mount:
        iiod = subprocess.Popen([IIOFS, "run", "--mount", mount.root, "--", "iiod", "-p",
                                 str(port)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(listens, 20, "iiod's port")
            remote = subprocess.run(["iio_info", "-u", f"ip:127.0.0.1:{port}"], text=True,
                                    capture_output=True, timeout=60, check=False)
            assert remote.returncode == 0, remote.stderr
            return hold_against_files(remote.stdout, mount)
        finally:
            iiod.kill()
            iiod.wait()


# ---- Reading and writing

def test_iio_attr():
    """iio_attr reads and writes, and is told what the chip refuses"""
    tool("iio_attr")
    with Mount(*simulate(recordings("mcp4725", "bmp280", "ads1115"))) as mount:
        def iio_attr(*arguments):
            return inside(mount, "iio_attr", *arguments).strip()

        dac = ("-c", "mcp4725", "voltage0", "raw")
        assert iio_attr(*dac) == "1234"
        assert iio_attr(*dac, "2000") == "2000"
        assert read(mount.path(0, "out_voltage0_raw")) == "2000\n"
        ratio = ("-c", "bmp280", "temp", "oversampling_ratio")
        assert iio_attr(*ratio) == "2"
        iio_attr(*ratio, "8")
        assert iio_attr(*ratio) == "8"
        assert read(mount.path(1, "in_temp_oversampling_ratio")) == "8\n"
        assert iio_attr("-c", "ads1015", "voltage0", "raw") == "24004"
        try:
            iio_attr(*dac, "5000")
        except AssertionError as error:
            assert "Invalid argument (22)" in str(error), error
        else:
            raise AssertionError("5000 is no value of a 12-bit DAC")


# Runs in the launched interpreter; nothing in it knows of iiofs.
PYLIBIIO = """
import iio, json
context = iio.LocalContext()
# iio_sysfs_trigger is a device to libiio, here as with the kernel; it has no name.
devices = {device.name: device for device in context.devices if device.name}
dac = devices["mcp4725"].find_channel("voltage0", True)
before = dac.attrs["raw"].value
dac.attrs["raw"].value = "777"
ratio = devices["bmp280"].find_channel("pressure").attrs["oversampling_ratio"]
ratio.value = "4"
print(json.dumps({"devices": sorted(devices), "before": before, "raw": dac.attrs["raw"].value,
                  "pressure": devices["bmp280"].find_channel("pressure").attrs["input"].value,
                  "ratio": ratio.value}))
"""


def has_pylibiio(python):
    try:
        return subprocess.run([python, "-c", "import iio"], capture_output=True, timeout=20,
                              check=False).returncode == 0
    except OSError:
        return False


def test_pylibiio():
    """pylibiio opens the local context, reads and writes"""
    # Debian's module is for Debian's interpreter.
    interpreters = list(filter(has_pylibiio, (sys.executable, "/usr/bin/python3")))
    if not interpreters:
        raise Skip("python3-libiio is not installed")
    with Mount(*simulate(recordings("bmp280", "mcp4725"))) as mount:
        got = json.loads(inside(mount, interpreters[0], "-c", PYLIBIIO))
        assert got == {"devices": ["bmp280", "mcp4725"], "before": "1234", "raw": "777",
                       "pressure": "100.653253906", "ratio": "4"}, got
        assert read(mount.path(1, "out_voltage0_raw")) == "777\n"
        assert read(mount.path(0, "in_pressure_oversampling_ratio")) == "4\n"


def test_lsiio():
    """Linux's lsiio lists every device and what can be read of it"""
    if not os.path.exists(LSIIO):
        raise Skip("the static lsiio is not there")
    with Mount(*simulate(recordings(*PARTS))) as mount:
        blocks = re.findall(r"^Device (\d+): (\S+)\n((?: .*\n)*)", inside(mount, LSIIO, "-v"),
                            re.MULTILINE)
        assert {f"iio:device{int(number)}" for number, _, _ in blocks} == set(mount.devices())
        for number, name, listed in blocks:
            assert read(mount.path(int(number), "name")) == name + "\n"
            readable = {file for file in os.listdir(mount.path(int(number)))
                        if re.fullmatch(r"in_.*_(raw|input)", file)}
            assert readable == set(listed.split()), f"{name}: {listed}"
        return f"{len(blocks)} devices"


# ---- As an unprivileged user

def test_unprivileged():
    """all of it works for a user without privileges"""
    run_unprivileged(__file__)


TESTS = [test_iio_info, test_iiod, test_iio_attr, test_pylibiio, test_lsiio]
if "--unprivileged" not in sys.argv:
    TESTS.append(test_unprivileged)
run(*TESTS)
