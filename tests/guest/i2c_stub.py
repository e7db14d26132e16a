# SPDX-License-Identifier: MIT
"""Chips as images in i2c-stub, an adapter of Linux's that knows SMBus only."""
import ctypes
import fcntl
import json
import sys

I2C_SLAVE, I2C_SMBUS = 0x0703, 0x0720
SMBUS_WRITE, SMBUS_WORD_DATA = 0, 3


class SmbusRequest(ctypes.Structure):
    """struct i2c_smbus_ioctl_data"""
    _fields_ = [("read_write", ctypes.c_uint8), ("command", ctypes.c_uint8),
                ("size", ctypes.c_uint32), ("data", ctypes.c_void_p)]


class Chip:
    """The registers of a chip file, and its words as i2c-stub keeps them: a word for each register
    number, of which byte and block calls use the lower byte."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            chip = json.load(file)
        chip = chip.get("chip", chip)
        self.address = int(chip["address"], 0)
        self.registers = {int(k, 0): int(v, 0) for k, v in chip["model"]["registers"].items()}
        self.wide = chip["model"].get("word_bytes", 1) == 2

    def read(self, first, count):
        """what the chip answers on a real bus"""
        if self.wide:
            return self.registers[first].to_bytes(2, "big")[:count]
        return bytes(self.registers.get(first + i, 0) for i in range(count))

    def words(self):
        if self.wide:
            return {r: int.from_bytes(self.read(r, 2), "little") for r in self.registers}
        return {r: int.from_bytes(self.read(r, 2), "little") for r in range(0xff)}


def load(address, words):
    with open("/dev/i2c-0", "r+b", buffering=0) as node:
        fcntl.ioctl(node, I2C_SLAVE, address)
        for register, word in words.items():
            data = ctypes.create_string_buffer(word.to_bytes(2, sys.byteorder), 34)
            request = SmbusRequest(SMBUS_WRITE, register, SMBUS_WORD_DATA, ctypes.addressof(data))
            fcntl.ioctl(node, I2C_SMBUS, request)
