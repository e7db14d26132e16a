#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In Debian's User-Mode Linux: SpidevDevice on a spidev node that cuse_spidev serves.
    debian_cuse_checks.py BUS_PROBE CUSE_SPIDEV MCP3008.json BMP280-SPI.json
The chips are the MCP3008 (inputs at 100, 200 … 800 counts) and a register file.
"""
import json
import os
import subprocess
import sys
import time

from probing import Probe, check, finish

probe = Probe(sys.argv[1])
NODE = "/dev/spidev9.0"


class Served:
    def __init__(self, chip):
        self.chip = chip

    def __enter__(self):
        # /proc/devices and devtmpfs have the node when CUSE_INIT is answered.
        self.server = subprocess.Popen([sys.argv[2], os.path.basename(NODE), self.chip])
        for _ in range(100):
            if os.path.exists(NODE):
                return self.server
            time.sleep(0.05)
        sys.exit(f"{NODE} did not appear")

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(10)


def mcp3008():
    # Single-ended channel n: start bit, SGL, three bits of channel; 10 bits of answer from bit 6 on
    # of the last 16 (DS21295D, figure 5-1, as the kernel's driver clocks it).
    questions = [f"tx:{0x60 | n << 2:02x}0000" for n in range(8)]
    answers = probe("spi", NODE, *questions)
    counts = [(int(a[-4:], 16) >> 6) & 0x3ff for a in answers if "error" not in a]
    check("an MCP3008 gives its eight inputs", counts, [100 * n for n in range(1, 9)])
    check("several transfers are one frame, a side each", probe("spi", NODE, "w:60 r:2", "tx:60 tx:00 w:00"),
          ["tx:600000 rx:001900", "tx:600000 rx:001900"])
    check("an empty transfer is one", probe("spi", NODE, "tx:", "tx:600000"), ["tx: rx:", "tx:600000 rx:001900"])
    check("modes 0 and 3 are taken, 1 and 2 are EINVAL", [probe("--mode", str(m), "spi", NODE, "tx:600000") for m in range(4)],
          [["tx:600000 rx:001900"], ["error:EINVAL"], ["error:EINVAL"], ["tx:600000 rx:001900"]])
    check("a read of 4096 bytes", len(probe("spi", NODE, "r:4096")[0]), len("tx: rx:") + 4 * 4096)
    check("4097 bytes are EMSGSIZE", probe("spi", NODE, "r:4097"), ["error:EMSGSIZE"])
    check("4 threads get 400 answers", probe("--threads", "4", "spi", NODE, *(["tx:640000"] * 100)),
          [f"{NODE} tx:640000 rx:003200"] * 400)
    count = 2000
    begin = time.monotonic()
    subprocess.run([probe.path, "spi", NODE], input="tx:600000\n" * count, text=True, stdout=subprocess.DEVNULL, check=True)
    print(f"       {count / (time.monotonic() - begin):.0f} transactions a second, text and all")


def register_file(path):
    with open(path, encoding="utf-8") as file:
        model = json.load(file)
    model = model.get("chip", model)["model"]
    mask = int(model["address_mask"], 0)
    registers = {int(k, 0) & mask: int(v, 0) for k, v in model["registers"].items()}
    first, second = (registers.get(0xd0 & mask, 0), registers.get(0xd1 & mask, 0))
    check("chip select stays over a transaction", probe("spi", NODE, "w:d0 r:1 r:1"),
          [f"tx:d00000 rx:00{first:02x}{second:02x}"])
    check("cs_change begins a frame", probe("spi", NODE, "tx:d000/ tx:d000"), [f"tx:d000d000 rx:00{first:02x}00{first:02x}"])
    check("a register is written", probe("spi", NODE, "w:7457", "tx:f400"), ["tx:7457 rx:0000", "tx:f400 rx:0057"])


with Served(sys.argv[3]) as server:
    mcp3008()
    session = probe.session("spi", NODE)
    check("a node answers", session.ask("tx:600000"), "tx:600000 rx:001900")
    server.kill()
    check("... an error when its server is killed, and no hang", session.ask("tx:600000").startswith("error:"), True)
    session.close()
check("... and is gone then", probe("spi", NODE, "tx:600000"), ["error:ENOENT"])
with Served(sys.argv[4]):
    register_file(sys.argv[4])
finish()
