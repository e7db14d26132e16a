#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a chip model of a dump of a real chip's registers.

    i2cdump -y 1 0x4d b | dump2model.py tc74 0x4d >tc74.model.json

All registers can be written in the model; "read_only" and "read_only_bits" say where that is not
so (docs/chip-models.md).
"""
import json
import re
import sys


def registers(lines):
    """Of i2cdump's table: a row's address, a colon, 16 bytes; XX: no answer."""
    found = {}
    for line in lines:
        row = re.match(r"([0-9a-f]{2}):((?: (?:[0-9a-fA-F]{2}|XX)){1,16})", line)
        for column, byte in enumerate(row[2].split() if row else []):
            if byte != "XX":
                found[f"0x{int(row[1], 16) + column:02x}"] = "0x" + byte.lower()
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    part, address = sys.argv[1:]
    found = registers(sys.stdin)
    if not found:
        sys.exit("dump2model.py: there are no registers in what i2cdump printed")
    json.dump({"part": part.upper(), "driver": part, "bus": "i2c", "address": address,
               "model": {"kind": "registers", "registers": found}}, sys.stdout, indent=2)
    print()


main()
