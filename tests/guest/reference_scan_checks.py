#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: what `iiofs scan` finds on its I2C buses, and what it does to the chips.
    reference_scan_checks.py KERNEL

KERNEL is the reference kernel's folder. Its driver of the MPU6050 joins the pins for a second sensor
to the bus, and makes a bus i2c-1 of them: an I2C multiplexer with one channel.
"""
import contextlib
import errno
import glob
import json
import os
import re
import sys

KERNEL = sys.argv[1]
sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mount"), KERNEL]
import chipmodel  # noqa: E402: folders beside this one
from mount_fixture import GOLDEN, Mount, iiofs, read, run, wait_until, write  # noqa: E402
from recording import load  # noqa: E402

CONTROL = "/sys/kernel/debug/emubus/ctl"
COME_S = 20
MPU6050 = 0x68
# Of an MPU6050: its register INT_PIN_CFG, and the bit that joins the pins to the bus.
BYPASS = (0x37, 0x02)
bus = chipmodel.Bus()
bus.on = False


class Logged:
    """A chip, or none, that remembers the transactions that it was asked for."""

    def __init__(self, model=None, is_joined=lambda: True):
        self.model = model
        self.is_joined = is_joined
        self.asked = []

    def i2c(self, messages):
        if not self.is_joined():
            raise OSError(errno.ENXIO, "behind a multiplexer that is off")
        self.asked.append(" ".join(f"r:{count}" if is_read else f"w:{data.hex()}"
                                   for is_read, data, count in messages))
        if not self.model:
            raise OSError(errno.ENXIO, "no chip")
        if isinstance(self.model, chipmodel.Commands):
            return b"".join(self.answer(message) for message in messages)
        return self.model.i2c(messages)

    def answer(self, message):
        """Of a part with commands: its answer is read once, and without one it refuses a read."""
        is_read = message[0]
        if is_read and not self.model.reply:
            raise OSError(errno.ENXIO, "no answer")
        answer = self.model.i2c([message])
        if is_read:
            self.model.reply = b""
        return answer

    def take(self):
        asked, self.asked = self.asked, []
        return asked


def chip_of(part):
    file, = glob.glob(f"{GOLDEN}/*/{part}.json")
    return load(file)["chip"]


def where_of(part):
    return chipmodel.num(chip_of(part)["address"])


@contextlib.contextmanager
def chips(*parts, is_joined=lambda: True):
    """Parts on the kernel's bus; all else there is nobody. By their names."""
    on_bus = {}
    try:
        for address in range(0x80):
            bus.chips.setdefault(("i2c", address), Logged())
        for part in parts:
            chip = chip_of(part)
            model = bus.attach("i2c", where_of(part), chip["model"])
            on_bus[part] = bus.chips["i2c", where_of(part)] = Logged(model, is_joined)
        yield on_bus
    finally:
        for part in on_bus:
            bus.chips["i2c", where_of(part)] = Logged()


@contextlib.contextmanager
def driven(*parts):
    """The kernel's own drivers are bound to them."""
    for part in parts:
        write(CONTROL, f"i2c {chip_of(part)['driver']} {where_of(part)}\n")
        place = f"/sys/bus/i2c/devices/0-{where_of(part):04x}"
        wait_until(lambda place=place: os.path.exists(f"{place}/driver"), COME_S, f"the kernel's {part}")
        # It suspends the part some time later, by transfers of its own.
        wait_until(lambda place=place: read(f"{place}/power/runtime_status") in ("suspended\n", "unsupported\n"),
                   COME_S, f"the rest of the kernel's {part}")
    try:
        yield
    finally:
        for part in parts:
            write(CONTROL, f"remove i2c {where_of(part)}\n")


# Those that have an identification: a register, some of them, a command.
TOLD = ["bmp280", "adxl345", "mcp9600", "tcs3472", "lis3dh", "hmc5883l", "sgp30", "sht4x"]
# No other supported part has theirs.
CERTAIN = {"bmp280", "mcp9600", "tcs3472", "sgp30", "sht4x"}
UNTOLD = ["ina219", "max44009"]
KERNELS = {"ads1115": "ads1015", "mcp4725": "mcp4725", "bme280": "bmp280"}
# A register's number is written and it is read in one transaction; a byte is read; a command is
# written, and its answer read later.
ASKING = re.compile(r"w:(..){1,2} r:[1-4]|r:1|w:(..){1,2}|r:[1-9]")


def scan(*arguments):
    """What it found, by bus and address: (confidence, parts or driver)."""
    done = iiofs("scan", *arguments)
    assert done.returncode == 0 and not done.stderr, done
    found = {}
    for line in done.stdout.splitlines():
        words = re.fullmatch(r"(\S+) +(0x..)  (.{18}) (.*)", line)
        if words:
            name, address, confidence, what = words.groups()
            assert (name, int(address, 16)) not in found, done.stdout
            found[name, int(address, 16)] = (confidence.strip(), what)
    return found


def check_told(found, node="i2c-0"):
    """Each of the free parts is named, with as much confidence as can be had."""
    for part in TOLD:
        confidence, what = found.pop((node, where_of(part)))
        parts = what.split(" (id 0x")[0].split(", ")
        assert part in parts and "(id 0x" in what, (part, what)
        assert confidence == ("certain" if len(parts) == 1 else "one of"), (part, what)
        assert confidence == "certain" or part not in CERTAIN, (part, what)
    for part in UNTOLD:
        confidence, what = found.pop((node, where_of(part)))
        assert confidence == "something answers" and what.startswith("perhaps "), (part, what)
        assert part in what or " more" in what, (part, what)


def registers_of(chip):
    return dict(getattr(chip.model, "regs", {}))


def test_finds():
    """each part is found with its name and confidence, by reads of identifications alone; the kernel's are not asked"""
    with chips(*TOLD, *UNTOLD, *KERNELS) as on_bus, driven(*KERNELS):
        before = {part: registers_of(chip) for part, chip in on_bus.items()}
        for chip in bus.chips.values():
            chip.take()
        found = scan()
        check_told(found)
        assert found == {("i2c-0", where_of(part)): ("not asked", f"the kernel's: {driver}")
                         for part, driver in KERNELS.items()}, found
        for part, chip in on_bus.items():
            asked = chip.take()
            assert bool(asked) == (part not in KERNELS), (part, asked)
            assert all(ASKING.fullmatch(transaction) for transaction in asked), (part, asked)
            assert registers_of(chip) == before[part], part
        nobody = [transaction for chip in bus.chips.values() for transaction in chip.take()]
        assert all(ASKING.fullmatch(transaction) for transaction in nobody), nobody

        assert ("i2c-0", where_of("bmp280")) not in scan("--skip", hex(where_of("bmp280")))
        assert on_bus["bmp280"].take() == []
        return f"{len(on_bus)} parts, {len(nobody)} transactions to nobody"


def test_configuration():
    """the configuration that it writes mounts the certain parts, and a scan beside that mount finds the same"""
    with chips(*TOLD, *UNTOLD, *KERNELS), driven(*KERNELS):
        found = scan("--config", "/run/found.toml")
        with open("/run/found.toml", encoding="utf-8") as file:
            written = re.findall(r'^driver = "(.*)"$', file.read(), re.MULTILINE)
        assert CERTAIN <= set(written), written
        with Mount("--config", "/run/found.toml") as mount:
            mount.await_devices(len(written))
            wait_until(lambda: all_answer(mount), COME_S, "all chips' answers")
            again = scan()
            assert again == found, (again, found)
            assert all_answer(mount)
            assert read(mount.path(written.index("bmp280"), "in_temp_input")).strip()
        return f"{len(written)} parts mounted"


def all_answer(mount):
    status, = json.loads(iiofs("status", "--json", "--mount", mount.root).stdout)["mounts"]
    return all(chip["answers"] for chip in status["chips"])


def test_behind_multiplexer():
    """what is behind the kernel's multiplexer is found, once, and also by its channel alone, which can be mounted"""
    with chips("mpu6050") as before:
        pins = before["mpu6050"].model
        with chips(*TOLD, *UNTOLD, is_joined=lambda: pins.get(BYPASS[0]) & BYPASS[1]):
            assert set(scan()) == {("i2c-0", MPU6050)}
            with driven("mpu6050"):
                found = scan()
                check_told(found)
                assert found == {("i2c-0", MPU6050): ("not asked", "the kernel's: inv-mpu6050-i2c")}, found
                heads = [line for line in iiofs("scan").stdout.splitlines() if "):" in line]
                assert heads[1] == "i2c-1 (i2c-0-mux (chan_id 0), behind i2c-0): nothing found", heads

                found = scan("--bus", "i2c-1", "--config", "/run/channel.toml")
                check_told(found, "i2c-1")
                assert found == {("i2c-1", MPU6050): ("not asked", "the kernel's: a kernel driver")}, found
                with Mount("--config", "/run/channel.toml") as mount:
                    wait_until(lambda: mount.devices() and all_answer(mount), COME_S, "all chips' answers")
                    status = iiofs("status", "--mount", mount.root).stdout
                    assert re.search(r"bmp280 +i2c-1 0x76\n", status), status


def test_stuck():
    """a bus that is stuck is given up at the first transfer, with a line and exit status 1"""
    class Stuck(Logged):
        def i2c(self, messages):
            super().i2c(messages)
            raise OSError(errno.ETIMEDOUT, "stuck")

    with chips("bmp280") as on_bus:
        lowest = 0x0c  # or so: of the addresses of supported parts
        stuck = Stuck(on_bus["bmp280"].model)
        for address in range(lowest, 0x30):
            bus.chips["i2c", address] = stuck
        done = iiofs("scan")
        for address in range(lowest, 0x30):
            bus.chips["i2c", address] = Logged()
        assert done.returncode == 1 and done.stdout == "i2c-0 (emubus): nothing found\n", done
        assert done.stderr == "iiofs: i2c-0 (emubus): given up, it is stuck (ETIMEDOUT)\n", done
        assert len(stuck.take()) == 1 and not on_bus["bmp280"].take()


run(test_finds, test_configuration, test_behind_multiplexer, test_stuck, limit_s=120)
