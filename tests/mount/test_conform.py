#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_conform.py [--all] [--own]: every recorded part, simulated and mounted, against its recording.

The tree and the captures of all, and the writes of the shortest recording that a family has on
each bus; --all: the writes of all. (Those are compared without a mount in tests/conformance/.)
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
PATIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "patient_conform.py")
AT_ONCE = 8


def conform(mount, file, writes):
    """How many checks hold and how many there are, and the text that says so."""
    options = [] if writes else ["--skip-ops"]
    done = subprocess.run([sys.executable, PATIENT, CONFORM, *options, mount.root, file], text=True,
                          capture_output=True, timeout=120, check=False)
    total = re.search(r"(\d+) of (\d+) hold", done.stdout)
    assert total, f"conform.py said nothing of {file}:\n{done.stdout}{done.stderr}"
    return int(total[1]), int(total[2]), done.stdout.strip()


def own(mount, file, writes):
    recorded = recording.load(file)["devices"]
    compared = recording.Comparison()
    compared.equal("the number of devices", len(mount.devices()), len(recorded))
    for number, device in enumerate(recorded[:len(mount.devices())]):
        compared.add(recording.compare(mount.path(number), device if writes else device | {"ops": []}))
    lines = compared.differences[:40] + [f"{os.path.basename(file)}: {compared}"]
    return compared.checks - len(compared.differences), compared.checks, "\n".join(lines)


def judge_alone(judge, file, writes):
    """In a mount of its own: a trigger fires for all that use it."""
    with Mount(*simulate([file])) as mount:
        mount.await_devices(len(recording.load(file)["devices"]))
        return judge(mount, file, writes)


def shortest(files):
    """The shortest recording that each family has on each bus."""
    found = {}
    for file in sorted(files, key=os.path.getsize, reverse=True):
        found[os.path.dirname(file), recording.load(file)["chip"]["bus"]] = file
    return set(found.values())


def test_every_recording():
    """every recorded part answers in the mount as the kernel's driver did, captures and all"""
    judge = conform if os.path.exists(CONFORM) and "--own" not in sys.argv else own
    files = recordings()
    assert files, "there are no recordings"
    written = set(files) if "--all" in sys.argv else shortest(files)
    held = checks = 0
    # Most of the time they wait for conversions, each for its own chip's.
    judges = concurrent.futures.ProcessPoolExecutor(AT_ONCE)
    try:
        judged = [judges.submit(judge_alone, judge, file, file in written) for file in files]
        for good, all_of_them, text in (future.result() for future in judged):
            print("  " + text.replace("\n", "\n  "), flush=True)
            held += good
            checks += all_of_them
    finally:
        judges.shutdown(cancel_futures=True)
    assert held == checks, f"only {held} of {checks} hold"
    by = "conform.py" if judge is conform else "recording.py"
    return f"{held} of {checks} hold for {len(files)} recordings, {len(written)} with writes, by {by}"


run(test_every_recording, limit_s=500)
