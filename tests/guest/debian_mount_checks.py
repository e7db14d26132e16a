#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In Debian's User-Mode Linux: the daemon on i2c-dev over i2c-stub, which knows SMBus only,
and on a spidev node made by CUSE.
    debian_mount_checks.py CUSE_SPIDEV FIND_SENSORS
"""
import copy
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "mount"))
import i2c_stub  # noqa: E402
import recording  # noqa: E402
from mount_fixture import (IIOFS, Mount, errno_of, recordings, run, simulate, wait_until,  # noqa: E402
                           write)

SPI_NODE = "/dev/spidev9.0"


def add(mount, line):
    write(f"{mount.root}/new_device", line + "\n")


def hold(mount, number, recorded):
    """Claims that a device answers as recorded; says of how many checks."""
    result = recording.compare(mount.path(number), recorded)
    assert not result.differences, "\n    ".join([str(result), *result.differences[:20]])
    return str(result)


def recorded_device(file):
    return recording.load(file)["devices"][0]


def test_bmp280():
    """a BMP280 on an adapter that knows SMBus only answers as recorded, to reads and writes"""
    file, = recordings("bmp280")
    chip = i2c_stub.Chip(file)
    i2c_stub.load(chip.address, chip.words())
    with Mount() as mount:
        add(mount, f"bmp280 i2c-0 {chip.address:#x}")
        return hold(mount, 0, recorded_device(file))


def test_places():
    """under `iiofs run` a chip is in /sys/bus/i2c/devices beside the kernel's, where dbus-sensors finds it"""
    chip = i2c_stub.Chip(recordings("bmp280")[0])
    i2c_stub.load(chip.address, chip.words())

    def inside(*command):
        return subprocess.run([IIOFS, "run", "--mount", mount.root, "--", *command], text=True,
                              capture_output=True, check=True, timeout=60).stdout

    with Mount() as mount:
        add(mount, f"bmp280 i2c-0 {chip.address:#x}")
        device = f"/sys/bus/i2c/devices/0-00{chip.address:x}/iio:device0"
        assert inside("cat", f"{device}/name") == "bmp280\n"
        assert "i2c-0" in inside("ls", "/sys/bus/i2c/devices").split(), "not the kernel's adapter"
        seen = inside(sys.argv[2])
        assert f"bus 0 address {chip.address:#x} /sys/bus/iio/devices/iio:device0/in_temp_" in seen, seen


def from_an_image(recorded, counts):
    """The recording of a converter that gives one value whatever is asked, as an image does."""
    raw = f"{counts}\n"
    sample = counts.to_bytes(2, "little", signed=True).hex()

    def answered(path, entry):
        if re.fullmatch(r"in_voltage.*_raw", path) and "read" in entry:
            entry["read"] = raw

    recorded = copy.deepcopy(recorded)
    for entry in recorded["tree"]:
        answered(entry["path"], entry)
    # Writes that go to registers of 16 bits; all the others would take a minute.
    recorded["ops"] = [op for op in recorded["ops"]
                       if re.fullmatch("events/in_voltage0_thresh_.*ing_value", op["path"])]
    assert recorded["ops"]
    for op in recorded["ops"]:
        for path, entry in op.get("changed", {}).items():
            answered(path, entry)
    for capture in recorded["buffer"].get("captures", []):
        capture["scans"] = [sample for _ in capture.get("scans", [])]
    return recorded


def test_ads1115():
    """an ADS1115 on it: scales, rates, thresholds, and the conversion register's value"""
    file, = recordings("ads1115")
    chip = i2c_stub.Chip(file)
    i2c_stub.load(chip.address, chip.words())
    counts = int.from_bytes(chip.read(0, 2), "big", signed=True)
    with Mount() as mount:
        add(mount, f"ads1115 i2c-0 {chip.address:#x}")
        return hold(mount, 0, from_an_image(recorded_device(file), counts))


def test_mcp4725():
    """an MCP4725, which needs plain I2C, is refused there, in clear words"""
    with Mount() as mount:
        assert errno_of(add, mount, "mcp4725 i2c-0 0x60") == "ENOTSUP"
        assert mount.devices() == []
        assert re.search("mcp4725: no device on i2c-0 0x60: the adapter supports only SMBus",
                         mount.log()), mount.log()


def test_mcp3008():
    """an MCP3008 on a spidev node answers as recorded"""
    file, = recordings("mcp3008")
    server = subprocess.Popen([sys.argv[1], os.path.basename(SPI_NODE), file])
    try:
        wait_until(lambda: os.path.exists(SPI_NODE), 5, SPI_NODE)
        with Mount(*simulate([file])) as mount:
            add(mount, "mcp3008 spi9.0")
            return hold(mount, 1, recorded_device(file))
    finally:
        server.terminate()
        server.wait(10)


run(test_bmp280, test_places, test_ads1115, test_mcp4725, test_mcp3008, limit_s=200)
