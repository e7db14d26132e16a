#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_conform.py [--own]: every recorded part, simulated and mounted, against its recording.

Where the reference kernel's conform.py is beside the checkout it judges; elsewhere,
and with --own, recording.py does.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

import recording
from mount_fixture import REFERENCE, Mount, recordings, run, simulate

CONFORM = os.path.join(REFERENCE, "conform.py")
AT_ONCE = 8


def conform(mount, file, number):
    """How many checks hold and how many there are, and the text that says so."""
    done = subprocess.run([sys.executable, CONFORM, "--skip-buffer", mount.root, file,
                           f"iio:device{number}"],
                          text=True, capture_output=True, timeout=120, check=False)
    total = re.search(r"(\d+) of (\d+) hold", done.stdout)
    assert total, f"conform.py said nothing of {file}:\n{done.stdout}{done.stderr}"
    return int(total[1]), int(total[2]), done.stdout.strip()


def own(mount, file, number):
    devices = recording.load(file)["devices"]
    assert len(devices) == 1, f"{file}: a recording of {len(devices)} devices"
    result = recording.compare(mount.path(number), devices[0])
    lines = result.differences[:40] + [f"{os.path.basename(file)}: {result}"]
    return result.checks - len(result.differences), result.checks, "\n".join(lines)


def test_every_recording():
    """every recorded part answers in the mount as the kernel's driver did"""
    judge = conform if os.path.exists(CONFORM) and "--own" not in sys.argv else own
    files = recordings()
    assert files, "there are no recordings"
    held = checks = 0
    # Most of the time they wait for conversions, each for its own chip's.
    judges = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
    with Mount(*simulate(files)) as mount:
        assert mount.devices() == [f"iio:device{n}" for n in range(len(files))], mount.devices()
        try:
            judged = [judges.submit(judge, mount, file, n) for n, file in enumerate(files)]
            for good, all_of_them, text in (future.result() for future in judged):
                print("  " + text.replace("\n", "\n  "), flush=True)
                held += good
                checks += all_of_them
        finally:
            judges.shutdown(wait=False, cancel_futures=True)
        assert held == checks, f"only {held} of {checks} hold"
    by = "conform.py" if judge is conform else "recording.py"
    return f"{held} of {checks} hold for {len(files)} recordings, by {by}"


run(test_every_recording, limit_s=240)
