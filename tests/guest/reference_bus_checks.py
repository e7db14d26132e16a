#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: what i2c-dev and spidev clients see of errors, limits, chip select, a
stuck bus and a device that goes away. This program is the bus: it answers /dev/emubus itself.
    reference_bus_checks.py BUS_PROBE
"""
import errno
import os
import struct
import subprocess
import sys
import threading
import time

from probing import Probe, check, finish

I2C_BYTE, SPI_BYTE = 0x5a, 0xa5
probe = Probe(sys.argv[1])


class Bus:
    """Answers each transfer by the next of `statuses` (None: never), else well; keeps the requests."""

    def __init__(self):
        self.node = open("/dev/emubus", "r+b", buffering=0)
        self.statuses, self.requests, self.release = [], [], threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            request = self.node.read(65536)
            self.requests.append(self.segments(request))
            status = self.statuses.pop(0) if self.statuses else 0
            if status is None:
                self.release.wait()
                continue
            self.node.write(struct.pack("<i", -status) + (b"" if status else self.answer(request)))

    @staticmethod
    def segments(request):
        """(address or chip select, flags, length, bytes out) of each; I2C flags but a read's are i2c-dev's own"""
        found, at = [], 4
        for _ in range(request[1]):
            where, flags, length = struct.unpack_from("<HHH", request, at)
            at += 6
            out = b""
            if request[:1] == b"S" or not flags & 1:
                out = request[at:at + length]
                at += length
            found.append((where, flags & 1 if request[:1] == b"I" else flags, length, out))
        return found

    def answer(self, request):
        if request[:1] == b"S":
            return bytes([SPI_BYTE]) * sum(length for _, _, length, _ in self.segments(request))
        return bytes([I2C_BYTE]) * sum(length for _, flags, length, _ in self.segments(request) if flags & 1)


def control(line):
    with open("/sys/kernel/debug/emubus/ctl", "w", encoding="ascii") as file:
        file.write(line + "\n")
    time.sleep(0.1)


def i2c_checks(bus):
    i2c = ["i2c", "/dev/i2c-0", "0x20"]
    check("an I2C transaction is one transfer of several messages", probe(*i2c, "w:0102 r:3"), ["w:0102 r:5a5a5a"])
    check("... as asked", bus.requests[-1], [(0x20, 0, 2, b"\x01\x02"), (0x20, 1, 3, b"")])
    for name in ("ENXIO", "EREMOTEIO", "EIO", "EOPNOTSUPP", "ETIMEDOUT"):
        bus.statuses = [getattr(errno, name)]
        check(f"{name} stays {name} and the next transaction works", probe(*i2c, "r:1", "r:1"), [f"error:{name}", "r:5a"])
    bus.statuses, before = [errno.EAGAIN] * 4, len(bus.requests)
    check("lost arbitration is tried anew, and then EAGAIN", probe(*i2c, "r:1", "r:1"), ["error:EAGAIN", "r:5a"])
    check("... three times", len(bus.requests) - before, 5)
    check("8192 bytes are a message", probe(*i2c, "r:8192"), ["r:" + "5a" * 8192])
    check("8193 bytes are EMSGSIZE, no message EINVAL, an empty read EINVAL",
          probe(*i2c, "r:8193", "w:" + "00" * 8193, "", "w:00 r:0"), ["error:EMSGSIZE"] * 2 + ["error:EINVAL"] * 2)
    check("42 messages are a transaction, 43 EMSGSIZE", probe(*i2c, "r:1 " * 42, "r:1 " * 43),
          [" ".join(["r:5a"] * 42), "error:EMSGSIZE"])
    for address in ("0x02", "0x78", "0x120"):
        check(f"address {address} is EINVAL", probe("i2c", "/dev/i2c-0", address, "r:1"), ["error:EINVAL"])

    control("i2c ads1115 54")
    if os.path.exists("/sys/bus/i2c/devices/0-0036/driver"):
        check("an address that a kernel driver has is EBUSY", probe("i2c", "/dev/i2c-0", "0x36", "r:1"), ["error:EBUSY"])
    else:
        check("the kernel's driver is bound", False, True)
    control("remove i2c 54")
    check("... and free when the driver is gone", probe("i2c", "/dev/i2c-0", "0x36", "r:1"), ["r:5a"])

    session = probe.session(*i2c)
    check("an adapter answers", (session.ask("r:1"), session.holds("/dev/i2c-0")), ("r:5a", True))
    bus.statuses = [errno.ENODEV]
    check("an adapter that goes away is ENODEV, and let go", (session.ask("r:1"), session.holds("/dev/i2c-0")),
          ("error:ENODEV", False))
    os.rename("/dev/i2c-0", "/dev/i2c-away")
    check("... ENODEV while its node is not there", [session.ask("r:1"), session.ask("r:1")], ["error:ENODEV"] * 2)
    os.rename("/dev/i2c-away", "/dev/i2c-0")
    check("... and back with its node", (session.ask("r:1"), session.holds("/dev/i2c-0")), ("r:5a", True))
    session.close()

    before = len(bus.requests)
    answers = probe("--threads", "4", "i2c", "/dev/i2c-0", "0x20,0x21", *(["w:07 r:2"] * 200))
    check("800 transactions of 4 threads at 2 addresses are all answered", sorted(answers),
          ["0x20 w:07 r:5a5a"] * 400 + ["0x21 w:07 r:5a5a"] * 400)
    check("... by 400 transfers each", [sum(r[0][0] == a for r in bus.requests[before:]) for a in (0x20, 0x21)], [400] * 2)


def stuck_check(bus, *words):
    bus.statuses = [None]
    process = subprocess.Popen([probe.path, "--threads", "2", *words], stdout=subprocess.PIPE, text=True)
    begin, answers = time.monotonic(), []
    for line in process.stdout:
        answers.append((line.split()[1], round(time.monotonic() - begin)))
    process.wait()
    bus.release.set()
    # The reference kernel's bus gives a transfer up after 5 s.
    check(f"{words[0]}: the wait for a stuck bus ends in ETIMEDOUT after 2 s", answers[:1], [("error:ETIMEDOUT", 2)])
    check("... and its holder's with the bus", answers[1:], [("error:ETIMEDOUT", 5)])
    bus.release.clear()
    check("... and the next transaction works", [len(probe(*words)), "error" in probe(*words)[0]], [1, False])


def spi_checks(bus):
    control("spi dh2228fv 1 0 1000000")
    node = "/dev/spidev0.1"
    spi = ["spi", node]
    check("an SPI exchange", probe(*spi, "tx:600000"), ["tx:600000 rx:a5a5a5"])
    check("an empty transfer is one", (probe(*spi, "tx:"), bus.requests[-1]), (["tx: rx:"], [(1, 0, 0, b"")]))
    check("one-sided transfers and cs_change", probe(*spi, "w:d0 r:2/ tx:1122"), ["tx:d000001122 rx:00a5a5a5a5"])
    check("... as asked", bus.requests[-1],
          [(1, 1, 1, b"\xd0"), (1, 2 | 4, 2, b"\x00\x00"), (1, 1 | 2, 2, b"\x11\x22")])
    check("cs_change after the last transfer", (probe(*spi, "tx:00/"), bus.requests[-1]),
          (["tx:00 rx:a5"], [(1, 7, 1, b"\x00")]))
    for name in ("EIO", "ETIMEDOUT"):
        bus.statuses = [getattr(errno, name)]
        check(f"{name} stays {name} and the next transaction works", probe(*spi, "tx:00", "tx:00"),
              [f"error:{name}", "tx:00 rx:a5"])
    check("bufsiz bytes are a transaction, one more is EMSGSIZE", probe(*spi, "r:4096", "r:4097", "w:00 r:4096", "r:2048 r:2049"),
          ["tx:" + "00" * 4096 + " rx:" + "a5" * 4096, "error:EMSGSIZE",
           "tx:" + "00" * 4097 + " rx:00" + "a5" * 4096, "error:EMSGSIZE"])
    check("32 transfers are a transaction, 33 EMSGSIZE, none EINVAL", probe(*spi, "tx:00 " * 32, "tx:00 " * 33, ""),
          ["tx:" + "00" * 32 + " rx:" + "a5" * 32, "error:EMSGSIZE", "error:EINVAL"])
    check("every mode is set", [probe("--mode", str(m), *spi, "tx:00") for m in range(4)], [["tx:00 rx:a5"]] * 4)
    check("a mode above 3 is EINVAL", probe("--mode", "4", *spi, "tx:00"), ["error:EINVAL"])
    check("a speed is set", probe("--speed", "500000", *spi, "tx:00"), ["tx:00 rx:a5"])
    stuck_check(bus, *spi, "tx:00")

    session = probe.session(*spi)
    check("a device answers", session.ask("tx:00"), "tx:00 rx:a5")
    control("remove spi 1")
    check("a device that goes away is ENODEV", [session.ask("tx:00"), session.ask("tx:00")], ["error:ENODEV"] * 2)
    control("spi dh2228fv 1 0 1000000")
    check("... and works when it is back", session.ask("tx:00"), "tx:00 rx:a5")
    session.close()
    control("remove spi 1")
    check("a node that is not there is ENOENT", probe(*spi, "tx:00"), ["error:ENOENT"])


bus = Bus()
i2c_checks(bus)
stuck_check(bus, "i2c", "/dev/i2c-0", "0x20", "r:1")
spi_checks(bus)
finish()
