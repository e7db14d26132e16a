#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: whose triggers may drive another device, by the kernel's drivers and by ours.
    reference_trigger_checks.py KERNEL

KERNEL is the reference kernel's folder. The other device is the kernel's dummy there, a simulated HMC5883 here.
"""
import contextlib
import os
import sys

KERNEL = sys.argv[1]
sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mount"), KERNEL]
import chipmodel  # noqa: E402: folders beside this one
from mount_fixture import Mount, errno_of, read, recordings, run, simulate, wait_until, write  # noqa: E402
from recording import load  # noqa: E402

DEVICES = "/sys/bus/iio/devices"
DUMMY = "/sys/kernel/config/iio/devices/dummy/iiodummy"
CONTROL = "/sys/kernel/debug/emubus/ctl"
COME_S = 20
# One of each family that has triggers of its own.
PARTS = ["bma180-irq", "bma255-irq", "bma400-irq", "bmi160-irq", "bmi323-irq", "ccs811-irq", "ens160-irq", "hts221-irq",
         "kxcjk1013-irq", "lis3dh-irq", "lps22hb-irq", "mma8452-irq", "mpu6050-irq", "vcnl4010"]
bus = chipmodel.Bus()
bus.on = False


@contextlib.contextmanager
def driven(chip):
    """The kernel's own driver is bound to this chip, on I2C."""
    where = chipmodel.num(chip["address"])
    interrupt = f" {chip['irq']}" if chip.get("irq") is not None else ""
    tree = f" of={chip['of']}" + (f" irqname={chip['irq_name']}" if chip.get("irq_name") else "") if chip.get("of") else ""
    bus.attach("i2c", where, chip["model"])
    write(CONTROL, f"i2c {chip['driver']} {where}{interrupt}{tree}\n")
    try:
        yield
    finally:
        write(CONTROL, f"remove i2c {where}\n")
        bus.detach("i2c", where)


def triggers(root):
    return {read(f"{root}/{entry}/name").strip() for entry in os.listdir(root) if entry.startswith("trigger")}


def answers(root, other):
    """To the name of each trigger, written to the other device's current_trigger."""
    current = f"{root}/{other}/trigger/current_trigger"
    said = {}
    for name in sorted(triggers(root)):
        said[name] = errno_of(write, current, name)
        assert read(current).strip() == (name if said[name] == "none" else ""), (name, said[name])
        write(current, "\n")
    return said


def of_the_kernel(chip):
    with driven(chip):
        wait_until(lambda: triggers(DEVICES), COME_S, f"a trigger of {chip['driver']}")
        wait_until(lambda: os.path.exists(f"{DEVICES}/iio:device1"), COME_S, chip["driver"])
        return answers(DEVICES, "iio:device0")


def of_ours(file):
    with Mount(*simulate([*recordings("hmc5883"), file])) as mount:
        mount.await_devices(2)
        return answers(f"{mount.root}/devices", "iio:device0")


def test_other_devices():
    """a part's own trigger is taken by another device, or refused, as the kernel's driver has it"""
    os.makedirs(DUMMY)
    counts = {}
    for part in PARTS:
        file, = recordings(part)
        ours, kernels = of_ours(file), of_the_kernel(load(file)["chip"])
        assert ours == kernels, (part, ours, kernels)
        for said in ours.values():
            counts[said] = counts.get(said, 0) + 1
    return f"{len(PARTS)} parts, by their errno: {counts}"


run(test_other_devices, limit_s=200)
