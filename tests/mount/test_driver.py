#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Drivers in shared objects under a mount."""
import json
import os
import shutil
import tempfile
import time

import mount_fixture as fixture
from held_mount import HeldMount
from mount_fixture import read, recordings, run, simulate

QUIET_S = 8
OBJECTS = os.path.join(os.environ["IIOFS_BUILD"], "tests")


class Folder:
    """A driver folder with one object, and a model of the part that it drives."""

    def __init__(self, name, part, registers):
        self.name, self.chip = name, {
            "part": part, "driver": part, "bus": "i2c", "address": "0x36",
            "model": {"kind": "registers", "registers": registers}}

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        shutil.copy(os.path.join(OBJECTS, self.name + ".so"), self.folder)
        os.chmod(os.path.join(self.folder, self.name + ".so"), 0o755)
        self.model = os.path.join(self.folder, "part.model.json")
        with open(self.model, "w", encoding="utf-8") as file:
            json.dump(self.chip, file)
        os.environ["IIOFS_DRIVERS"] = self.folder
        return self

    def __exit__(self, *_):
        del os.environ["IIOFS_DRIVERS"]
        fixture.clean_up("", self.folder)


def test_crash_in_probe():
    """a driver that crashes whenever it probes its part is left alone after two crashes; the others are served"""
    with Folder("crashes_in_probe", "faulty", {"0x00": "0x00"}) as driver:
        os.environ["IIOFS_TEST_CRASH"] = switch = os.path.join(driver.folder, "crash")
        with HeldMount(*simulate([driver.model, *recordings("as5600")])) as mount:
            angle = mount.path(1, "in_angl_raw")
            assert read(angle)
            servers = [mount.server()]
            with open(switch, "w", encoding="utf-8"):
                pass

            def is_left_alone():
                """A later server, the third unless the second died unseen, has not crashed for
                longer than any pause between two probes."""
                pid = mount.server()
                if pid != servers[-1]:
                    servers.append(pid)
                    begin[:] = [time.monotonic()]
                return len(servers) > 1 and time.monotonic() - begin[0] > QUIET_S
            begin = [0.0]
            fixture.wait_until(is_left_alone, 60, "a server that stays")
            assert read(angle) and not os.path.exists(mount.path(0))
        del os.environ["IIOFS_TEST_CRASH"]


run(test_crash_in_probe)
