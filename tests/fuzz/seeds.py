#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the first inputs of a fuzz target from what the sources have anyway.

  seeds.py TARGET FOLDER
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES = ["bme280 i2c-1 0x76", "as5600 /dev/i2c-1\n", "mcp3008 spi0.0", "model as5600",
         "model /usr/share/x/bme280-warm.json", "ads1115 i2c-0 73", "iio:device0", "spi0.0"]


def number_of(name):
    """As in fuzz.hpp."""
    number = 2166136261
    for byte in name.encode():
        number = (number ^ byte) * 16777619 % 2**32
    return (number >> 16 ^ number) & 0xFFFF


def config():
    text = (ROOT / "systemd/iiofs.toml").read_text()
    yield text
    lines = [line.removeprefix("#") if line.startswith("#") and not line.startswith("# ") else line
             for line in text.splitlines()]
    yield "\n".join(line for line in lines if not line.startswith("#")) + "\n"


def device_line():
    yield from LINES


def chip_file():
    """The smallest chips, and the first of each kind of key."""
    seen = set()
    models = list(ROOT.glob("drivers/*/*.json"))
    for path in sorted(models, key=lambda path: (path.stat().st_size, path.name)):
        text = path.read_text()
        keys = set()
        json.loads(text, object_hook=lambda pairs: keys.update(pairs))
        if not keys <= seen:
            seen |= keys
            yield text


def chip():
    """Each model: all is read, then streamed, and nothing is damaged; then from the start on."""
    for path in sorted(ROOT.glob("drivers/*/*.model.json")):
        model = number_of(path.name.split(".")[0]).to_bytes(2, "little")
        for orders in [b"\0" * 9, b"\x09\x22\x03\x07\xe4\x5a\xc6\x05\xf3"]:
            yield model + b"\x03\x00\xff\xff\x0d\x01\xe8\x03\x03" + orders


def attribute():
    """What was written when the target's parts were recorded."""
    source = (ROOT / "tests/fuzz/attribute_fuzz.cpp").read_text()
    parts = re.findall(r'"([\w-]+)"', source[source.index("parts{"):source.index("};", source.index("parts{"))])
    for path in sorted(path for part in parts for path in ROOT.glob(f"tests/golden/*/{part}.json")):
        part = number_of(path.stem).to_bytes(2, "little")
        writes = [op for device in json.loads(path.read_text()).get("devices", [])
                  for op in device.get("ops", []) if "text" in op]
        texts = {op["text"] for op in writes}
        for number, text in enumerate(sorted(texts)[:8]):
            yield part + b"\0" + bytes([number, len(text)]) + text.encode()


def fuse():
    """Ways that clients go: to an attribute, which is read; all opcodes in their order."""
    lookup = b"\0\0%c\0\0\0"
    open_read = b"\x0c\x00\x00\x00\x00" + b"\x0d\x18" + b"\0" * 16 + b"\0\x10" + b"\0" * 10
    yield b"\0" + b"".join(lookup % name for name in (0, 1, 2)) + open_read
    yield b"\1" + b"".join(bytes([form, 4]) + b"\1" * 10 for form in range(45))


def keep():
    """A record of each table is damaged; then the header's numbers."""
    for table in range(7):
        for place in (0, 8, 16, 64, 300):
            yield bytes([0, table, place & 255, place >> 8, 3, 255, 0, 255, 255])


def main():
    makers = {"config": config, "device_line": device_line, "chip_file": chip_file, "chip": chip,
              "attribute": attribute, "fuse": fuse, "keep": keep}
    folder = pathlib.Path(sys.argv[2])
    for number, seed in enumerate(makers.get(sys.argv[1], list)()):
        data = seed.encode() if isinstance(seed, str) else seed
        (folder / f"seed-{number:03}").write_bytes(data)


if __name__ == "__main__":
    main()
