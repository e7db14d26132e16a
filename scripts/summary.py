#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sums up meson's logs of test runs as "N passed, N failed[, N skipped]".
    summary.py STATUS LOG..."""
import json
import os
import re
import sys

FAULT = re.compile(r"FAILED|^FAIL|error:|ERROR:|[Tt]imed? ?out|Traceback|Error\b|warning:")


def output(result):
    return [line for name in ("stdout", "stderr") for line in (result.get(name) or "").splitlines()]


def faults(result):
    """The lines that say what is wrong, each with what follows it; or the last ones."""
    lines = output(result)
    at = {k for i, line in enumerate(lines) if FAULT.search(line) for k in range(i, i + 6)}
    return [line for i, line in enumerate(lines) if i in at][:40] or lines[-10:]


def main():
    status = int(sys.argv[1])
    results = []
    for log in filter(os.path.exists, sys.argv[2:]):
        with open(log, encoding="utf-8") as lines:
            results += map(json.loads, lines)
    passed = [result for result in results if result["result"] in ("OK", "EXPECTEDFAIL")]
    skipped = [result for result in results if result["result"] == "SKIP"]
    failed = [result for result in results if result not in passed and result not in skipped]
    for result in skipped:
        print(f"skipped: {result['name']}: {(output(result) or ['no reason given'])[-1].strip()}")
    for result in failed:
        print(f"failed: {result['name']}: {result['result']}")
        print("".join(f"    {line[:200]}\n" for line in faults(result)), end="")
    text = f"{len(passed)} passed, {len(failed)} failed"
    if skipped:
        text += f", {len(skipped)} skipped"
    print(text)
    return 1 if failed or status or not passed else 0


sys.exit(main())
