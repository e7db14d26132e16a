#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""drivers_doc.py IIOFS DOCUMENT README [--write]: both are what the drivers say of themselves.

DOCUMENT, docs/drivers.md, is what `iiofs drivers --markdown` prints; the table of parts in README
has its parts by what they measure. --write makes them so.
"""
import difflib
import pathlib
import re
import subprocess
import sys

BEGIN, END = "<!-- made by tests/checks/drivers_doc.py --write -->\n", "<!-- end -->\n"


def short_table(document):
    """A row for each quantity, of the rows (measures, family, parts) of the document's table."""
    parts = {}
    for measures, names in re.findall(r"^\| (.*) \| \[\w+\]\(#\w+\) \| (.*) \|$", document, re.MULTILINE):
        quantity = measures.strip() or quantity  # only the first row of a quantity names it
        parts.setdefault(quantity, []).append(names)
    rows = [f"| {quantity} | {', '.join(names)} |\n" for quantity, names in parts.items()]
    return "| Measures | Parts |\n|---|---|\n" + "".join(rows)


def main():
    program, document, readme, *options = sys.argv[1:]
    said = subprocess.run([program, "drivers", "--markdown"], text=True, check=True,
                          capture_output=True).stdout
    before, made, after = re.fullmatch(f"(.*{BEGIN})(.*)({END}.*)",
                                       pathlib.Path(readme).read_text(encoding="utf-8"),
                                       re.DOTALL).groups()
    wanted = {document: said, readme: before + short_table(said) + after}
    changes = []
    for path, text in wanted.items():
        if options == ["--write"]:
            pathlib.Path(path).write_text(text, encoding="utf-8")
        there = pathlib.Path(path).read_text(encoding="utf-8")
        changes += difflib.unified_diff(there.splitlines(), text.splitlines(), path,
                                        "what the drivers say", lineterm="", n=0)
    if changes:
        sys.exit("\n".join(changes[:40]) + f"\nrun: {sys.argv[0]} {program} {document} {readme} --write")
    print(f"ok   {document}: {said.count(chr(10) + '### ')} families; "
          f"{readme}: {made.count(chr(10)) - 2} quantities")


main()
