#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sums up meson's log of a test run as "N passed, N failed[, N skipped]"."""
import json
import sys


def main():
    log, status = sys.argv[1], int(sys.argv[2])
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    skipped = []
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            result = json.loads(line)
            if result["result"] in ("OK", "EXPECTEDFAIL"):
                counts["passed"] += 1
            elif result["result"] == "SKIP":
                counts["skipped"] += 1
                skipped.append(result)
            else:
                counts["failed"] += 1
    for result in skipped:
        reason = (result.get("stdout") or result.get("stderr") or "").strip().splitlines()
        print(f"skipped: {result['name']}: {reason[-1] if reason else 'no reason given'}")
    text = f"{counts['passed']} passed, {counts['failed']} failed"
    if counts["skipped"]:
        text += f", {counts['skipped']} skipped"
    print(text)
    return 1 if counts["failed"] or status or not counts["passed"] else 0


sys.exit(main())
