#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""reference_mount_part.py CONFORM RECORDING: in the reference kernel, one part on a real bus node.

The recording's chip is on the bus (serve.py); our daemon drives it through
/dev/i2c-0 or /dev/spidev0.N, and CONFORM judges its mount.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "mount"))
from mount_fixture import Mount  # noqa: E402: a folder beside this one


def configuration(chip):
    lines = ["[[device]]", f'driver = "{chip["driver"]}"']
    if chip["bus"] == "i2c":
        lines += ['i2c = "/dev/i2c-0"', f"address = {chip['address']}"]
    else:
        lines += [f'spi = "/dev/spidev0.{chip["chip_select"]}"', f"mode = {chip.get('spi_mode', 0)}"]
    return "\n".join(lines) + "\n"


def main(conform, file):
    with open(file, encoding="utf-8") as text:
        chip = json.load(text)["chip"]
    # TMPDIR is a tmpfs of the guest's.
    config = os.path.join(os.environ["TMPDIR"], "part.toml")
    with open(config, "w", encoding="utf-8") as text:
        text.write(configuration(chip))
    with Mount("--config", config) as mount:
        status = subprocess.run([sys.executable, conform, "--skip-buffer", mount.root, file],
                                timeout=300, check=False).returncode
    return status


sys.exit(main(*sys.argv[1:]))
