#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`iiofs mount` under a service manager: ready, status, watchdog, reload."""
import json
import os
import signal
import time

import mount_fixture as fixture
from manager import Manager

ABSENT = """
[[device]]
driver = "bmp280"
i2c = "/dev/i2c-99"
address = 0x76
"""


def model(part, more=""):
    file = os.path.join(fixture.DRIVERS, part, part + ".model.json")
    return f'[[device]]\nmodel = "{file}"\n{more}\n'


class Managed(fixture.Mount):
    """A mount of a configuration, started by a Manager with a watchdog."""

    def __init__(self, manager, config):
        self.config = os.path.join(manager.folder, "iiofs.toml")
        self.configure(config)
        super().__init__("--config", self.config)
        self.manager = manager
        self.environment = manager.environment() | {"WATCHDOG_USEC": "400000"}

    def configure(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def reload(self, text):
        begun = len(self.manager.said("RELOADING"))
        self.configure(text)
        self.process.send_signal(signal.SIGHUP)

        def ended():
            """The READY of the start may come as late as this reload: only what follows its RELOADING counts."""
            messages = list(self.manager.messages)
            reloading = [at for at, message in enumerate(messages) if "RELOADING" in message]
            return len(reloading) > begun and any("READY" in message for message in messages[reloading[-1]:])

        fixture.wait_until(ended, 20, "the reload's end")

    def name(self, number):
        return fixture.read(self.path(number, "name")).strip()


def tells():
    """it is ready with a status, feeds the watchdog while nobody asks for anything, and says that it stops"""
    with Manager() as manager:
        with Managed(manager, model("as5600") + ABSENT) as mount:
            fixture.wait_until(lambda: manager.said("READY"), 20, "READY=1")
            status = manager.said("STATUS")[0]
            assert status == "1 of 2 devices; absent: iio:device1 (bmp280 on i2c-99 0x76)", status
            assert not manager.said("WATCHDOG")[1:], "it is fed before it is ready"
            fixture.wait_until(lambda: len(manager.said("WATCHDOG")) >= 5, 20, "five feeds")
            fixture.write(f"{mount.root}/new_device", "model as5600")
            fixture.wait_until(lambda: manager.said("STATUS")[-1].startswith("2 of 3 devices"),
                               20, "the new device in the status")
            mount.process.send_signal(signal.SIGSTOP)
            try:
                time.sleep(1)  # what it said before has come
                fed = len(manager.said("WATCHDOG"))
                time.sleep(2)
                assert len(manager.said("WATCHDOG")) == fed, "it is fed by somebody else"
            finally:
                mount.process.send_signal(signal.SIGCONT)
        fixture.wait_until(lambda: manager.said("STOPPING"), 5, "STOPPING=1")


def misses():
    """a part that stops answering and answers again is in the status and in the log, once each"""
    with Manager() as manager:
        switch = os.path.join(manager.folder, "unplugged")
        file = os.path.join(manager.folder, "unsteady.model.json")
        with open(os.path.join(fixture.DRIVERS, "as5600", "as5600.model.json"), encoding="utf-8") as original:
            chip = json.load(original)
        chip["faults"] = [{"absent": True, "while_exists": switch}]
        with open(file, "w", encoding="utf-8") as copy:
            json.dump(chip, copy)
        with Managed(manager, f'[[device]]\nmodel = "{file}"\n') as mount:
            def status_becomes(status):
                fixture.wait_until(lambda: manager.said("STATUS")[-1:] == [status], 5, f"{status}: {manager.messages[-3:]}")

            angle = mount.path(0, "in_angl_raw")
            status_becomes("1 of 1 devices")
            with open(switch, "w", encoding="utf-8"):
                pass
            refused = {fixture.errno_of(fixture.read, angle) for _ in range(50)}
            assert refused == {"ENXIO"}, refused
            status_becomes("0 of 1 devices; absent: iio:device0 (as5600 on model unsteady.model.json)")
            os.remove(switch)
            fixture.wait_until(lambda: fixture.errno_of(fixture.read, angle) == "none", 20, "a value")
            status_becomes("1 of 1 devices")
            log = [line for line in mount.log().splitlines() if "answer" in line]
            assert len(log) == 2, log
            assert "as5600: iio:device0 on model unsteady.model.json does not answer: no chip" in log[0], log
            assert "as5600: iio:device0 on model unsteady.model.json answers again" in log[1], log


def reloads():
    """a reload applies the difference: what is unchanged keeps its number, its value and its open files"""
    with Manager() as manager, Managed(manager, model("mcp4725") + model("as5600")) as mount:
        fixture.write(mount.path(0, "out_voltage0_raw"), "1234")
        fd = os.open(mount.path(0, "out_voltage0_raw"), os.O_RDONLY)
        mount.reload("# a line more\n" + model("as5600", 'label = "knob"') + model("mcp4725")
                     + model("mcp4725", 'label = "second"'))
        assert [mount.name(n) for n in range(3)] == ["mcp4725", "as5600", "mcp4725"]
        assert os.pread(fd, 64, 0) == b"1234\n", "the unchanged one was touched"
        assert fixture.read(mount.path(1, "label")) == "knob\n", "the changed one is as it was"
        assert fixture.read(mount.path(2, "label")) == "second\n"
        reloading = [m for m in manager.messages if "RELOADING" in m][-1]
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert 0 < now - int(reloading["MONOTONIC_USEC"]) < 60_000_000, reloading
        fixture.write(f"{mount.root}/new_device", "model as5600")
        mount.reload(model("as5600", 'label = "knob"'))
        assert mount.devices() == ["iio:device1", "iio:device3"], mount.devices()
        assert fixture.errno_of(os.pread, fd, 64, 0) == "ENODEV", "a removed one is still open"
        os.close(fd)


def mistakes():
    """a reload of a wrong configuration says file, line and key, and changes nothing"""
    with Manager() as manager, Managed(manager, model("as5600")) as mount:
        mount.reload(model("mcp4725") + "[[device]]\nmodel = 5\n")
        assert mount.devices() == ["iio:device0"] and mount.name(0) == "as5600"
        line = f"{mount.config}:5:9: device.model: "
        assert line in mount.log(), mount.log()
        mount.reload(model("mcp4725"))
        assert mount.devices() == ["iio:device0"] and mount.name(0) == "mcp4725"


if __name__ == "__main__":
    fixture.run(tells, misses, reloads, mistakes)
