#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In Debian's User-Mode Linux: i2c-dev on an adapter that knows SMBus only (i2c-stub), with each
set of calls such an adapter may have. The chips' registers are written by ioctls made here.
    debian_smbus_checks.py BUS_PROBE BYTE_CHIP.json WORD_CHIP.json
"""
import os
import subprocess
import sys
import time

from i2c_stub import Chip, load
from probing import Probe, check, finish

BYTE, BYTE_DATA, WORD_DATA, I2C_BLOCK = 0x00060000, 0x00180000, 0x00600000, 0x0c000000
UNEVEN_CHIP = 0x50  # each word's upper byte is not the next register: tells byte, word and block calls apart

probe = Probe(sys.argv[1])
insmod = os.path.join(os.path.dirname(os.path.abspath(__file__)), "insmod.py")


class Adapter:
    """i2c-stub with these calls and the chips' registers in it"""

    def __init__(self, functions, chips):
        self.parameters = ["chip_addr=" + ",".join(hex(c.address) for c in chips) + f",{UNEVEN_CHIP:#x}",
                           f"functionality={functions:#x}"]
        self.chips = chips

    def __enter__(self):
        subprocess.run([insmod, "i2c-stub", *self.parameters], check=True)
        for chip in self.chips:
            load(chip.address, chip.words())
        load(UNEVEN_CHIP, {r: 0xc000 | r << 8 & 0x3f00 | r for r in range(0x40)})

    def __exit__(self, *_):
        subprocess.run([insmod, "--remove", "i2c-stub"], check=True)


def at(address):
    return ["i2c", "/dev/i2c-0", hex(address)]


def check_image(chip, counts):
    """every register, in reads of every count"""
    reads = [(r, n) for n in counts for r in sorted(chip.registers) if r + n <= 0x100]
    questions = [f"w:{r:02x} r:{n}" for r, n in reads]
    wanted = [f"w:{r:02x} r:{chip.read(r, n).hex()}" for r, n in reads]
    check(f"{len(reads)} reads of {counts} bytes at {chip.address:#x} equal the image", probe(*at(chip.address), *questions),
          wanted)


def refused(claim, chip, *transactions):
    check(claim, probe(*at(chip.address), *transactions), ["error:EOPNOTSUPP"] * len(transactions))


def all_calls(byte_chip, word_chip):
    check_image(byte_chip, [1, 2, 3, 6, 24, 32, 33, 80])
    check_image(word_chip, [2])
    check("a read of 2 bytes is a word call, others of an even number are not", probe(*at(UNEVEN_CHIP), "w:10 r:2", "w:10 r:4"),
          ["w:10 r:10d0", "w:10 r:10111213"])
    check("a register is set", probe(*at(byte_chip.address), "w:f457", "w:f4 r:1"), ["w:f457", "w:f4 r:57"])
    check("a register of 16 bits is set, bytes in wire order", probe(*at(word_chip.address), "w:018483", "w:01 r:2"),
          ["w:018483", "w:01 r:8483"])
    check("a block is set", probe(*at(byte_chip.address), "w:2011223344", "w:20 r:4"), ["w:2011223344", "w:20 r:11223344"])
    check("a byte is sent (the stub's pointer) and received", probe(*at(byte_chip.address), "w:d0", "r:1"), ["w:d0", "r:58"])
    check("two bytes of which none is a register are written", probe(*at(byte_chip.address), "w:0fff"), ["w:0fff"])
    refused("reads without a register and other forms are EOPNOTSUPP", byte_chip, "r:5", "r:2", "w:00 w:01", "w:0001 r:1",
            "r:1 r:1", "w:" + "00" * 34, "w:")
    check("8 threads at 2 addresses of one node get their own chip's answers", sorted(
        probe("--threads", "8", "i2c", "/dev/i2c-0", f"{byte_chip.address:#x},{word_chip.address:#x}", *(["w:01 r:2"] * 100))),
          sorted([f"{c.address:#x} w:01 r:{c.read(1, 2).hex()}" if c is byte_chip else f"{c.address:#x} w:01 r:8483"
                  for c in (byte_chip, word_chip)] * 400))
    check("an address without a chip keeps its errno", probe(*at(0x30), "w:00 r:1"), ["error:ENODEV"])


def kernel_driver(chip):
    session = probe.session(*at(chip.address))
    check("a chip that is free answers", session.ask("w:d0 r:1"), "w:d0 r:58")
    with open("/sys/bus/i2c/devices/i2c-0/new_device", "w", encoding="ascii") as file:
        file.write(f"dummy {chip.address:#x}\n")
    check("a chip that a kernel driver takes is EBUSY", session.ask("w:d0 r:1"), "error:EBUSY")
    check("... and for a new client", probe(*at(chip.address), "w:d0 r:1"), ["error:EBUSY"])
    with open("/sys/bus/i2c/devices/i2c-0/delete_device", "w", encoding="ascii") as file:
        file.write(f"{chip.address:#x}\n")
    check("... and answers when it is given back", session.ask("w:d0 r:1"), "w:d0 r:58")
    session.close()


def speed(chip):
    count = 5000
    questions = "w:d0 r:1\n" * count
    begin = time.monotonic()
    subprocess.run([probe.path, *at(chip.address)], input=questions, text=True, stdout=subprocess.DEVNULL, check=True)
    print(f"       {count / (time.monotonic() - begin):.0f} transactions a second, text and all")


chips = byte_chip, word_chip = Chip(sys.argv[2]), Chip(sys.argv[3])
with Adapter(BYTE | BYTE_DATA | WORD_DATA | I2C_BLOCK, chips):
    print("an adapter with all calls")
    all_calls(*chips)
    kernel_driver(byte_chip)
    speed(byte_chip)
with Adapter(BYTE_DATA | I2C_BLOCK, chips):
    print("byte and block calls")
    check_image(byte_chip, [1, 2, 3, 24, 32, 33, 80])
    check("2 bytes are a block call", probe(*at(UNEVEN_CHIP), "w:10 r:2"), ["w:10 r:1011"])
    check("2 bytes are written as a block", probe(*at(byte_chip.address), "w:20aabb", "w:20 r:2"), ["w:20aabb", "w:20 r:aabb"])
    refused("bytes without a register are EOPNOTSUPP", byte_chip, "w:d0", "r:1")
with Adapter(WORD_DATA, chips):
    print("word calls only")
    check_image(byte_chip, [2, 4, 24])
    check_image(word_chip, [2])
    check("4 bytes are two word calls", probe(*at(UNEVEN_CHIP), "w:10 r:4"), ["w:10 r:10d012d2"])
    check("a register of 16 bits is set", probe(*at(word_chip.address), "w:018483", "w:01 r:2"), ["w:018483", "w:01 r:8483"])
    refused("odd numbers of bytes are EOPNOTSUPP", byte_chip, "w:d0 r:1", "w:d0 r:3", "w:f457", "w:20112233")
with Adapter(BYTE_DATA, chips):
    print("byte calls only")
    check_image(byte_chip, [1, 3, 6, 24])
    check("4 bytes are four byte calls", probe(*at(UNEVEN_CHIP), "w:10 r:4"), ["w:10 r:10111213"])
    check("a register is set", probe(*at(byte_chip.address), "w:f457", "w:f4 r:1"), ["w:f457", "w:f4 r:57"])
    refused("a register of 16 bits is EOPNOTSUPP, not two halves", word_chip, "w:01 r:2", "w:018483")
finish()
