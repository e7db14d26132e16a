#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that what the types forbid does not compile, and why.

    run.py COMPILER FLAG... -- FILE...

Each file compiles as it is, and fails with -DFORBIDDEN with a message that holds
the text behind its line `// expect: TEXT`.
"""
import os
import re
import subprocess
import sys
import tempfile


def compile_file(command, path, *flags):
    return subprocess.run([*command, *flags, "-fsyntax-only", path], capture_output=True, text=True)


def precompile(command, header, directory):
    """What all files begin with is compiled once; the flags by which they find it."""
    compiled = os.path.join(directory, os.path.basename(header))
    subprocess.run([*command, "-w", "-x", "c++-header", header, "-o", compiled + ".gch"], check=True)
    return ["-include", compiled]


def check(command, path):
    with open(path, encoding="utf-8") as source:
        expected = re.search(r"^// expect: (.+)$", source.read(), re.M).group(1)
    allowed = compile_file(command, path)
    if allowed.returncode:
        return f"does not compile without -DFORBIDDEN:\n{allowed.stderr}"
    forbidden = compile_file(command, path, "-DFORBIDDEN")
    if not forbidden.returncode:
        return "compiles with -DFORBIDDEN"
    messages = re.sub(r"[‘’“”]", "'", forbidden.stderr)
    if expected not in messages:
        return f"fails without saying {expected!r}:\n{forbidden.stderr}"
    return None


def main():
    cut = sys.argv.index("--")
    command, files = sys.argv[1:cut], sys.argv[cut + 1:]
    faults = 0
    with tempfile.TemporaryDirectory() as directory:
        command += precompile(command, os.path.join(os.path.dirname(files[0]), "driver.hpp"), directory)
        for path in files:
            fault = check(command, path)
            faults += fault is not None
            print(f"{'FAILED' if fault else 'ok'}: {path.rsplit('/', 1)[-1]}" + (f": {fault}" if fault else ""))
    print(f"{len(files) - faults} of {len(files)} hold")
    return 1 if faults or not files else 0


sys.exit(main())
