#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""patient_conform.py CONFORM [OPTION...] ROOT RECORDING: the reference kernel's conform.py, which gives
a scan 50 ms; here a busy machine has longer, where the recording has scans at all.
"""
import os
import runpy
import select
import sys

import recording


def judge(conform, *arguments):
    """Runs it in this process; its exit status."""
    has_scans = any(scan != "EAGAIN" for device in recording.load(arguments[-1])["devices"]
                    for capture in recording.captures(device)
                    for scan in capture.get("scans", []))
    read = os.read

    def patient_read(fd, size):
        try:
            return read(fd, size)
        except BlockingIOError:
            if not has_scans or not select.select([fd], [], [], recording.PATIENCE_S)[0]:
                raise
            return read(fd, size)

    before = sys.argv
    os.read, sys.argv = patient_read, [conform, *arguments]
    try:
        runpy.run_path(conform, run_name="__main__")
    except SystemExit as end:
        return end.code
    finally:
        os.read, sys.argv = read, before
    return 1


if __name__ == "__main__":
    sys.exit(judge(*sys.argv[1:]))
