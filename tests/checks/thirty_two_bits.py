#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The library, the drivers and the daemon compile for armhf, whose numbers have 32 bits, without a warning.
    thirty_two_bits.py BUILD_DIRECTORY

Debian's cross compiler checks what the build compiles; the headers of libraries are this machine's.
"""
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys

COMPILER = "arm-linux-gnueabihf-g++"


def check(unit):
    """What the compiler says of it; empty: nothing."""
    words = shlex.split(unit["command"])
    flags = words[next(i for i, word in enumerate(words) if word.startswith("-")):]
    done = subprocess.run([COMPILER, *flags, "-fsyntax-only", "-fdiagnostics-color=never", "-Werror",
                           "-idirafter", "/usr/include"],
                          cwd=unit["directory"], capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def main():
    if not shutil.which(COMPILER):
        print(f"needs {COMPILER}")
        return 77
    with open(f"{sys.argv[1]}/compile_commands.json", encoding="utf-8") as file:
        units = [unit for unit in json.load(file)
                 if unit["output"].startswith(("libiiowrap/", "drivers/", "daemon/"))]
    assert units
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = [text for text in pool.map(check, units) if text]
    print("\n".join(said) if said else f"{len(units)} units")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
