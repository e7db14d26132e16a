#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_readme.py: the README's command blocks work as they are pasted.

Each block that begins with ```sh is given to a shell that ends at the first command that fails.
They are run from top to bottom, in a mount namespace with an empty /tmp and /run.
"""
import os
import pathlib
import re
import subprocess

from mount_fixture import IIOFS, Skip, run

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
IN_EMPTY_FOLDERS = """
set -eu
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs run /run
exec bash -eu -o pipefail -c "$1"
"""
END = "\nfor mount in /tmp/iio /run/iiofs; do mountpoint -q $mount && umount $mount; done; true\n"


def sections():
    """Title: its blocks, one after the other."""
    text = README.read_text(encoding="utf-8")
    found = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
        if blocks:
            found[part.splitlines()[0]] = "".join(blocks)
    return found


def pasted(commands):
    if os.geteuid() != 0:
        raise Skip("only root may mount over /tmp and /run here")
    program = f"PATH={os.path.dirname(IIOFS)}:$PATH\n"
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-c",
                           IN_EMPTY_FOLDERS, "bash", program + commands + END],
                          text=True, capture_output=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL)
    said = f"{commands}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, f"it ended with {done.returncode}:\n{said}"
    return done.stdout, said


def test_sixty_seconds():
    """sixty seconds without hardware: values, a DAC that is written, iio_info, and the end"""
    out, said = pasted(sections()["Sixty seconds without hardware"])
    assert len(re.findall(r"^iio:device0/in_\w+_input:\d+\.\d+$", out, re.MULTILINE)) == 3, said
    assert re.search("^2048$", out, re.MULTILINE), said
    assert "iio:device0: bme280 (buffer capable)" in out, said
    assert "/tmp/iio" in out, said


def test_streaming():
    """streaming by a timer"""
    pasted(sections()["Streaming"] + "\ntest \"$(stat -c %s /tmp/scans.bin)\" -ge 6000\n")


def test_all_are_tried():
    """no other section has commands to paste"""
    assert list(sections()) == ["Sixty seconds without hardware", "Streaming"], list(sections())


run(test_sixty_seconds, test_streaming, test_all_are_tried)
