#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The blocks of the documents, and how each of them is tried.

A block is fenced (```sh) or indented by four spaces.
  sh         commands, as they are pasted: the shell ends at the first one that fails
  console    commands behind a prompt ($, # or name$), each with what it prints; numbers may
             differ, and a line ... stands for any number of lines
  toml       a configuration; `toml device`: keys of a [[device]], one of them each paragraph
  json       a chip file, or keys of one
  cpp        the inside of a driver; with a file behind it (`cpp docs/x.cpp`): lines of that file
  text       what is neither; with a file behind it: lines of that file
An indented block is `console` if it begins with a prompt, else `sh`.

  documents.py list                              all blocks
  documents.py paste DOCUMENT SECTION            the commands of a section
  documents.py scripts FOLDER                    those of the boot test, as scripts
  documents.py compare FOLDER                    what these printed with what the documents show
"""
import json
import pathlib
import re
import sys
import textwrap
import typing

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FILES = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted(SOURCE.glob("docs/*.md"))]
PROMPT = re.compile(r"(?:\w+\$|\$|#) +(?=\S)")
END = re.compile(r"== ended with (\d+)\n")

# Blocks that tests/guest/debian_boot.sh runs, where there is systemd; and what stands there for
# what that machine has not, an I2C bus.
IN_GUEST: dict[tuple[str, str], dict[str, str]] = {
    ("README.md", "$ sudo systemctl enable --now iiofs"): {},
    ("README.md", "pi$     sudo systemctl enable --now iiod"): {},
    ("README.md", "sudo iiofs add bme280 i2c-1 0x76"):
        {"add bme280 i2c-1 0x76": "add model mcp3008", "iio:device0": "mcp3008"},
    ("docs/service.md", "sudo systemd-sysusers"): {},
    ("docs/service.md", "iiofs check /etc/iiofs.toml"): {},
    ("docs/service.md", "$ iiofs status"):
        {"i2c-1 0x76": "model bme280.model.json", "add bme280 i2c-1 0x77": "add model bme280",
         "i2c-1 0x77  absent: no chip answers at this address (EREMOTEIO)":
             "i2c-7 0x76 absent: there is no such bus; is it enabled? (ENOENT)"},
    ("docs/service.md", "journalctl -u iiofs"): {},
    ("docs/service.md", "pi$     sudo systemctl enable --now iiofs iiod"): {},
}

# Blocks that scripts/try-readme runs, as they build and install.
IN_FRESH_DEBIAN = {
    ("README.md", "./scripts/install-deps demo"),
    ("README.md", "./scripts/demo"),
}

# Blocks that no test runs, and why.
NOT_RUN: dict[tuple[str, str], str] = {
    ("README.md", "sudo ./scripts/install-deps demo"):
        "the first commands by sudo; the boot test runs the last line, which docs/service.md has, too",
    ("README.md", "$ sudo iiofs scan"): "needs a chip on I2C; the test guest-reference-scan has some",
    ("README.md", " iiofs top"): "a screen",
    ("README.md", "sudo ./scripts/build-packages"): "minutes and a mirror; scripts/boot-test runs both",
    ("CONTRIBUTING.md", "meson test -C build"): "single tests of this suite",
    ("CONTRIBUTING.md", "tests/sanitize_parts.sh"): "hours",
    ("CONTRIBUTING.md", "scripts/suspend-test"): "minutes of QEMU; the test mount-freezer has the hook",
    ("CONTRIBUTING.md", "./scripts/fuzz"): "ten minutes of clang; the tests fuzz-* have the targets",
    ("docs/architecture.md", "cat in_temp_raw"): "a picture",
    ("docs/architecture.md", "echo 1 > trigger0/trigger_now"): "a picture",
    ("docs/beside-kernel.md", "$ sudo iiofs mount"):
        "needs a kernel with IIO and its chips; the test guest-reference-beside has them",
    ("docs/configuration.md", '"json.schemas"'): "settings of an editor",
    ("docs/packaging.md", "sudo ./scripts/build-packages"): "many minutes and a mirror",
    ("docs/packaging.md", "sudo meson test -C build --suite debian"): "a test of this suite",
    ("docs/packaging.md", "sudo ./scripts/boot-test"): "many minutes; the test guest-debian-boot is most of it",
    ("docs/packaging.md", "sudo ./scripts/test-arch"): "hours and a mirror",
    ("docs/service.md", "sudo iiofs run -- /usr/libexec/iio-sensor-proxy"):
        "does not end; the test mount-udev has both programs",
    ("docs/service.md", "docker run --volume"): "needs Docker and an image",
    ("docs/service.md", "docker run --device"): "needs Docker, an image and a bus",
    ("docs/service.md", "iiofs-mounter"): "a picture",
    ("docs/service.md", "answering"): "a picture",
    ("docs/writing-drivers.md", "sudo meson install"):
        "needs the service and a TC74; the test install has the driver in its folder",
}


class Block(typing.NamedTuple):
    document: str
    line: int
    section: str
    kind: str
    words: list[str]  # behind the kind
    text: str

    @property
    def name(self):
        return f"{self.document}:{self.line}"

    def is_one_of(self, table):
        """The key of the table that means this block."""
        return next((key for key in table
                     if key[0] == self.document and self.text.startswith(key[1])), None)


def blocks_of(path):
    document = str(path.relative_to(SOURCE))
    lines = path.read_text(encoding="utf-8").splitlines()
    section, number = "", 0
    while number < len(lines):
        line, begin = lines[number], number
        number += 1
        if fence := re.fullmatch(r"( *)```(.*)", line):
            while lines[number].strip() != "```":
                number += 1
            text = textwrap.dedent("\n".join(lines[begin + 1:number]) + "\n")
            number += 1
            kind, *words = fence[2].split() or ["text"]
            yield Block(document, begin + 1, section, kind, words, text)
        elif heading := re.fullmatch("#+ (.*)", line):
            section = heading[1]
        elif re.match(r" {4,}\S", line) and not lines[begin - 1].strip():
            while number < len(lines) and (not lines[number].strip() or lines[number].startswith("    ")):
                number += 1
            text = textwrap.dedent("\n".join(lines[begin:number]).rstrip() + "\n")
            yield Block(document, begin + 1, section, "console" if PROMPT.match(text) else "sh", [], text)


def all_blocks():
    return [block for path in FILES for block in blocks_of(path)]


def with_stand_ins(text, stand_ins):
    for shown, instead in stand_ins.items():
        assert shown in text, f"there is no {shown!r} in\n{text}"
        text = text.replace(shown, instead)
    return text


def commands(block):
    """Of a transcript: each command, with the lines that it prints."""
    found = []
    for line in block.text.splitlines():
        if prompt := PROMPT.match(line):
            found.append((line[prompt.end():], []))
        else:
            found[-1][1].append(line)
    return found


def script(block):
    """What bash runs: ends at the first of the pasted commands that fails; tells what the commands of
    a transcript print apart, and how they ended."""
    if block.kind == "sh":
        return f"set -e -o pipefail\n{block.text}"
    return "set +e\n" + "".join(f"{command}\necho == ended with $?\n" for command, _ in commands(block))


def as_compared(line):
    line = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", line)
    line = re.sub(r"(?<![\w.])-?\d+(\.\d+)?\b(?!\.\d)", "NUMBER", line)
    line = re.sub("^[^ ]+: line NUMBER: ", "bash: ", line)
    return " ".join(line.split())


def is_as_shown(shown, printed):
    """Whether these lines are those of the document."""
    pattern = "".join("(?:.*\n)*" if line.strip() == "..." else re.escape(as_compared(line)) + "\n"
                      for line in shown)
    return re.fullmatch(pattern, "".join(as_compared(line) + "\n" for line in printed)) is not None


def differences(block, output):
    """What the commands of a transcript did otherwise than it shows. Where it shows nothing the
    command has to succeed, whatever it prints."""
    if block.kind != "console":
        return
    parts = END.split(output)
    printed, ends = parts[:-1:2], parts[1::2]
    for (command, shown), text, end in zip(commands(block), printed, ends, strict=False):
        if not (is_as_shown(shown, text.splitlines()) if shown else end == "0"):
            yield f"{block.name}: {command}\nprints\n{text}and ends with {end}; shown is\n" + "\n".join(shown)
    if len(ends) != len(commands(block)):
        yield f"{block.name}: it ended early:\n{output}"


def configurations(block):
    """The configurations that a toml block is or is a part of."""
    if block.words != ["device"]:
        return [block.text]
    return [f'[[device]]\ndriver = "lsm6dso"\ni2c = "/dev/i2c-1"\naddress = 0x6a\n{keys}\n'
            for keys in block.text.strip().split("\n\n")]


def chip(block):
    """The chip file that a json block is or is a part of."""
    if block.text.startswith("{"):
        return json.loads(block.text)
    keys = json.loads("{" + block.text + "}")
    if "on_write" in keys:
        keys = {"model": {"kind": "registers", "word_bytes": 2, "registers": {}} | keys}
    model = keys.setdefault("model", {"kind": "registers", "registers": {}})
    if model["kind"] == "frames":
        return {"part": "MCP3201", "driver": "mcp3201", "bus": "spi"} | keys
    return {"part": "MCP4725", "driver": "mcp4725", "bus": "i2c", "address": "0x60"} | keys


def for_guest():
    """Each block of the boot test, and its file there."""
    for block in all_blocks():
        if key := block.is_one_of(IN_GUEST):
            text = with_stand_ins(block.text, IN_GUEST[key])
            yield block._replace(text=text), block.name.replace("/", "-")


def main():
    match sys.argv[1:]:
        case ["list"]:
            for block in all_blocks():
                print(block.name, block.kind, *block.words, block.text.splitlines()[0], sep="  ")
        case ["paste", document, section]:
            found = [block for block in all_blocks() if (block.document, block.section) == (document, section)
                     and block.kind in ("sh", "console")]
            assert found, f"{document} has no section {section}, or no commands in it"
            print("".join(block.text if block.kind == "sh" else
                          "".join(command + "\n" for command, _ in commands(block)) for block in found), end="")
        case ["scripts", folder]:
            for block, name in for_guest():
                pathlib.Path(folder, name + ".sh").write_text(script(block), encoding="utf-8")
        case ["compare", folder]:
            wrong = [text for block, name in for_guest()
                     for text in differences(block, pathlib.Path(folder, name + ".output").read_text("utf-8"))]
            for text in wrong:
                print("FAILED:", text)
            sys.exit(1 if wrong else 0)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
