#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: recorded parts, each on a real bus node.
    reference_mount_parts.py KERNEL RECORDING... [-- RECORDING...]

KERNEL is the reference kernel's folder. A recording's chip is put on its bus; our
daemon drives it through /dev/i2c-0 or /dev/spidev0.N, its interrupt output is a
line of a simulated GPIO chip, and KERNEL's conform.py judges the mount, captures
and all. The writes of those behind the -- are not made.
"""
import os
import sys
import time

KERNEL = sys.argv[1]
sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mount"), KERNEL]
import chipmodel  # noqa: E402: folders beside this one
from mount_fixture import Mount  # noqa: E402
from patient_conform import judge  # noqa: E402
from recording import load  # noqa: E402

GPIO_SIM = "/sys/kernel/config/gpio-sim/iiofs"
CONFIG = "/run/part.toml"


def store(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def gpiochip():
    """The node of the guest's GPIO chip, which is made for the first part that needs it."""
    bank = f"{GPIO_SIM}/bank0"
    if not os.path.exists(GPIO_SIM):
        os.makedirs(bank)
        store(f"{bank}/num_lines", "1")
        store(f"{GPIO_SIM}/live", "1")
    with open(f"{bank}/chip_name", encoding="utf-8") as name:
        return f"/dev/{name.read().strip()}"


def configuration(chip):
    lines = ['permissions = { write = "0200" }', "[[device]]", f'driver = "{chip["driver"]}"']
    if chip["bus"] == "i2c":
        lines += ['i2c = "/dev/i2c-0"', f"address = {chip['address']}"]
    else:
        lines += [f'spi = "/dev/spidev0.{chip["chip_select"]}"', f"mode = {chip.get('spi_mode', 0)}"]
    if "irq" in chip:
        lines += [f'interrupt = {{ gpiochip = "{gpiochip()}", line = 0 }}']
    return "\n".join(lines) + "\n"


def check(bus, file, *options):
    """Whether a part answers as recorded. On SPI the kernel has to be told of a device; dh2228fv is
    a name that spidev binds to."""
    chip = load(file)["chip"]
    where = chipmodel.num(chip.get("address", chip.get("chip_select", 0)))
    control = "/sys/kernel/debug/emubus/ctl"
    bus.attach(chip["bus"], where, chip["model"])
    if chip["bus"] == "spi":
        store(control, f"spi dh2228fv {where} {chip.get('spi_mode', 0)} {chip.get('speed_hz', 1000000)}\n")
        time.sleep(0.1)
    store(CONFIG, configuration(chip))
    status = 1
    try:
        with Mount("--config", CONFIG) as mount:
            mount.await_devices(len(load(file)["devices"]))
            status = judge(os.path.join(KERNEL, "conform.py"), *options, mount.root, file)
    except Exception as error:  # the others are still asked
        print(f"{file}: {error!r}")
    sys.stdout.flush()
    if chip["bus"] == "spi":
        store(control, f"remove spi {where}\n")
    bus.detach(chip["bus"], where)
    return status == 0


def main(*files):
    cut = files.index("--") if "--" in files else len(files)
    bus = chipmodel.Bus()
    bus.on = False
    held = [check(bus, file) for file in files[:cut]]
    held += [check(bus, file, "--skip-ops") for file in files[cut + 1:]]
    return 0 if all(held) else 1


sys.exit(main(*sys.argv[2:]))
