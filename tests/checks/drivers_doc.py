#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""drivers_doc.py IIOFS DOCUMENT: docs/drivers.md is what the drivers say of themselves."""
import difflib
import pathlib
import subprocess
import sys


def main():
    program, document = sys.argv[1:]
    said = subprocess.run([program, "drivers", "--markdown"], text=True, check=True,
                          capture_output=True).stdout
    there = pathlib.Path(document).read_text(encoding="utf-8")
    changes = difflib.unified_diff(there.splitlines(), said.splitlines(), document,
                                   "what the drivers say", lineterm="", n=0)
    text = "\n".join(list(changes)[:40])
    if text:
        sys.exit(f"{text}\nrun: {program} drivers --markdown >{document}")
    print(f"ok   {document}: {said.count(chr(10) + '### ')} families")


main()
