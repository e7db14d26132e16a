#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the authors of the drivers say in their comments, and the recordings, as a C++ table.

  collect_facts.py SOURCE_DIRECTORY FACTS UNITS DEPFILE FAMILY...

The comment at the top of drivers/FAMILY/FAMILY.cpp begins with the maker and says what the parts
are; its first paragraph ends with "Datasheet: ..." or "Datasheets: ...". What follows are notes. A
comment "kernel: ..." anywhere in the folder is a sentence about a difference between what
the kernel's driver shows and the datasheet. After it "top: PART TYPE * FACTOR, ..." says what `iiofs top`
multiplies to come to the ABI's unit. Anything else is a mistake, which fails the build.
"""
import json
import pathlib
import re
import sys

COMMENT = re.compile(r"^\s*//[/<!]*\s?(.*)$")
TRAILING = re.compile(r"^(?!\s*//).*\S\s*//[/<!]*\s+(kernel: .*)$")
FIRST = re.compile(r"^(?P<summary>.*\.) Datasheets?(?: \"[^\"]*\")?: (?P<datasheets>.*)\.$")


class Mistake(Exception):
    pass


def comments_of(file):
    """The comments, each as (line number, its lines)."""
    comments, block = [], []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if text := COMMENT.match(line):
            block.append((number, text[1].strip()))
            continue
        if block:
            comments.append((block[0][0], [text for _, text in block]))
            block = []
        if trailing := TRAILING.match(line):
            comments.append((number, [trailing[1]]))
    return comments + ([(block[0][0], [text for _, text in block])] if block else [])


def paragraphs_of(lines):
    return [" ".join(paragraph.split("\n")).strip()
            for paragraph in "\n".join(lines).split("\n\n")]


def header_of(file):
    lines = comments_of(file)[0][1]
    paragraphs = [text for text in paragraphs_of(lines) if not text.startswith("SPDX-")]
    first = FIRST.match(paragraphs[0]) if paragraphs else None
    if not first or not re.match(r"[A-Z]|ams ", first["summary"]) or "." in first["summary"][:20]:
        raise Mistake(f"{file}: the comment at the top does not begin with a paragraph "
                      "\"MAKER PART: what it measures. ... Datasheet: ...\"")
    maker = re.match(r"(\D+?),? \S*\d", first["summary"])
    if not maker or len(maker[1]) > 25:
        raise Mistake(f"{file}: the comment at the top does not begin with a maker and a part")
    return {
        "maker": maker[1],
        "summary": first["summary"],
        "datasheets": first["datasheets"],
        "notes": [text for text in paragraphs[1:] if not text.startswith("kernel: ")],
    }


def differences_of(file):
    differences = []
    for number, lines in comments_of(file):
        for paragraph in paragraphs_of(lines):
            for text in re.split(r"\bkernel: ", paragraph)[1:]:
                text = re.split(r" (?:Errors|top): ", text)[0].strip()
                if not re.fullmatch(r"[A-Z`].*\.", text) or len(text) < 20:
                    raise Mistake(f"{file}:{number}: a kernel: comment is a sentence "
                                  f"(a capital letter, a full stop): {text}")
                if text not in differences:
                    differences.append(text)
    return differences


def units_of(file):
    """(part, type, factor) of each "top: PART TYPE * FACTOR, ..."."""
    units = []
    for number, lines in comments_of(file):
        for paragraph in paragraphs_of(lines):
            for text in re.split(r"\btop: ", paragraph)[1:]:
                for one in text.split(", "):
                    unit = re.fullmatch(r"(\S+) ([a-z]+) \* (\d+)", one)
                    if not unit:
                        raise Mistake(f"{file}:{number}: not PART TYPE * FACTOR: {one}")
                    units.append(unit.groups())
    return units


def recordings_of(golden):
    """All, as (part, file, kernel); the kernel is none where there is no driver."""
    recordings = []
    for file in sorted(golden.rglob("*.json")):
        recording = json.loads(file.read_text())
        recordings.append((recording["chip"]["driver"], str(file.relative_to(golden)),
                           recording.get("kernel") or ""))
    return recordings


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def family_row(name, folder):
    # The family's own file first.
    files = sorted(folder.glob("*.[ch]pp"), key=lambda file: (file.stem != name, file.name))
    header = header_of(files[0])
    differences = []
    for file in files:
        differences += [text for text in differences_of(file) if text not in differences]

    def texts(kind, values):
        return (f"constexpr std::array<std::string_view, {len(values)}> {name}_{kind}{{"
                + ", ".join(map(quoted, values)) + "};\n")

    row = ", ".join(map(quoted, [name, header["maker"], header["summary"], header["datasheets"]]))
    return (texts("notes", header["notes"]) + texts("differences", differences),
            f"    {{{row}, {name}_notes, {name}_differences}},\n", files)


def main():
    root, output, units_output, depfile = map(pathlib.Path, sys.argv[1:5])
    texts, rows, units, read, mistakes = "", "", [], [], []
    # All families', as the tree that `iiofs top` shows may be the kernel's own.
    for file in sorted((root / "drivers").glob("*/*.[ch]pp")):
        units += units_of(file)
        read.append(file)
    for family in sys.argv[5:]:
        folder = root / "drivers" / family
        try:
            family_texts, row, files = family_row(family, folder)
        except Mistake as mistake:
            mistakes.append(str(mistake))
            continue
        texts, rows, read = texts + family_texts, rows + row, read + [folder, *files]
    if mistakes:
        sys.exit("\n".join(mistakes))
    golden = root / "tests" / "golden"
    recordings = recordings_of(golden)
    read += [golden] + [path for path in golden.rglob("*")]
    output.write_text(
        "// Made by collect_facts.py of the drivers' comments and the recordings.\n"
        "#include <array>\n#include <daemon/info/facts.hpp>\n\n"
        "namespace iiofs::info {\n\nnamespace {\n\n" + texts
        + f"\nconstexpr std::array<FamilyFacts, {rows.count(chr(10))}> family_table{{{{\n{rows}}}}};\n\n"
        + f"constexpr std::array<Recording, {len(recordings)}> recording_table{{{{\n"
        + "".join(f"    {{{', '.join(map(quoted, one))}}},\n" for one in recordings)
        + "}};\n\n} // namespace\n\n"
        "std::span<const FamilyFacts> all_facts() { return family_table; }\n"
        "std::span<const Recording> all_recordings() { return recording_table; }\n\n"
        "} // namespace iiofs::info\n")
    units_output.write_text(
        "// Made by collect_facts.py of the drivers' comments.\n"
        "#include <array>\n#include <daemon/info/units.hpp>\n\n"
        "namespace iiofs::info {\n\nnamespace {\n\n"
        f"constexpr std::array<OtherUnit, {len(units)}> unit_table{{{{\n"
        + "".join(f"    {{{quoted(part)}, {quoted(kind)}, {factor}}},\n"
                  for part, kind, factor in units)
        + "}};\n\n} // namespace\n\n"
        "std::span<const OtherUnit> other_units() { return unit_table; }\n\n"
        "} // namespace iiofs::info\n")
    depfile.write_text(f"{output}: " + " ".join(str(path) for path in read) + "\n")


main()
