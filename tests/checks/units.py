#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""units.py UNIT...: what the units promise: systemd understands all of each, and the service comes
back however it ended, and takes nothing of the machine along."""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def settings(path):
    """All values of each key, in the file's order."""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if match := re.fullmatch(r"(\w+)=(.*)\n", line):
                found.setdefault(match[1], []).append(match[2])
    return found


def complaints(paths):
    """What systemd says of them, but for programs and pages that are not installed."""
    if shutil.which("systemd-analyze") is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        copies = [shutil.copy(path, folder) for path in paths]
        done = subprocess.run(["systemd-analyze", "verify", *copies], text=True, check=False,
                              capture_output=True, env=os.environ | {"LC_ALL": "C"})
    harmless = re.compile(r"is not executable|Command 'man |Failed to (load|create|prepare)|/usr/lib/")
    return [line for line in done.stderr.splitlines() if line and not harmless.search(line)]


def main(paths):
    wrong = complaints(paths)
    service = settings(next(path for path in paths if path.endswith("iiofs.service")))
    for key, value in {"Restart": "always",  # also where it ended with 0: umount -l
                       "LimitCORE": "0",  # the watchdog's SIGABRT
                       "SystemCallErrorNumber": "EPERM",  # a newer libc's call is no crash
                       "NoNewPrivileges": "yes", "CapabilityBoundingSet": ""}.items():
        if service.get(key) != [value]:
            wrong.append(f"{key}: is {service.get(key)}, not {value}")
    before = " ".join(service.get("Before", [])).split()
    for other in "docker", "containerd", "podman", "libvirtd":  # their guests are given the mount
        if f"{other}.service" not in before:
            wrong.append(f"Before: has no {other}.service")
    for key in "WatchdogSec", "TasksMax", "MemoryMax", "StartLimitBurst":
        if not service.get(key, [""])[0][:1].isdigit():
            wrong.append(f"{key}: has no value")
    # After nine deaths in a row a server begins without records: it must come to that.
    if int(service["StartLimitBurst"][0]) < 10:
        wrong.append("StartLimitBurst: systemd gives up before a server without records is tried")
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


sys.exit(main(sys.argv[1:]))
