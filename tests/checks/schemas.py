#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The JSON Schemas of docs/schema take what iiofs takes, and not what it refuses.

  schemas.py SOURCE_DIRECTORY

All chip files and recordings of the project, and those and all configurations of its documents, are right;
a list of wrong ones, each wrong in one place, is not. Skipped without python3-jsonschema.
"""
import copy
import json
import pathlib
import re
import sys
import tomllib

try:
    import jsonschema
except ImportError:
    print("skipped: there is no python3-jsonschema")
    sys.exit(77)

SOURCE = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(SOURCE / "tests/tools"))
import documents  # pylint: disable=wrong-import-position

CHIP = {"part": "BMP280", "driver": "bmp280", "bus": "i2c", "address": "0x76",
        "model": {"kind": "registers", "registers": {"0xd0": "0x58"}}}
WRONG_CHIPS = [
    {"part": 4}, {"bus": "usb"}, {"address": "0xzz"}, {"nonsense": 1}, {"model": {}},
    {"model": {"kind": "nothing"}}, {"model": {"kind": "registers"}},
    {"model": {"kind": "registers", "registers": {"d0": 1}}},
    {"model": {"kind": "registers", "registers": {}, "frames": []}},
    {"model": {"kind": "commands", "commands": {"e3": "66a"}}},
    {"model": {"kind": "frames", "frames": [{"tx": "c0"}]}},
    {"waveforms": [{"registers": "0xfa", "shape": "cosine", "period_s": 1}]},
    {"waveforms": [{"registers": "0xfa", "shape": "sine"}]},
    {"faults": [{"transfer": 0, "errno": "EIO"}]}, {"line": {"active_low": True}},
]
RIGHT_DEVICE = 'driver = "bme280"\ni2c = "/dev/i2c-1"\naddress = 0x76\n'
WRONG_DEVICES = [
    'driver = "bme280"', 'i2c = "i2c-1"', 'driver = "x"\ni2c = "i2c-1"\nspi = "spi0.0"',
    'driver = "x"\nspi = "spi0.0"\naddress = 0x40', 'model = "x"\naddress = 0x40',
    'driver = "x"\ni2c = "spi0.0"', 'driver = "x"\nspi = "spi0.0"\nmode = 4',
    *(RIGHT_DEVICE + line for line in (
        "address = 1", "drivr = 1", 'label = ""', 'label = "a\\nb"', "supplies = { vref = 3300 }",
        "mount-matrix = [1, 2]", 'mount-matrix = ["a", 0, 0, 0, 1, 0, 0, 0, 1]',
        "interrupt = 4", 'interrupt = ""', "interrupt = { line = 4 }",
        'interrupt = { name = "GPIO4", line = 4 }', 'interrupt = { name = "GPIO4", bias = "up" }',
        'interrupt = { name = "GPIO4", debounce-us = 0 }', "set = 8", "set = { a = [1] }",
        'permissions = { manage = "0200" }', "mode = 1")),
]
WRONG_TOPS = ['mountpoint = "iio"', "polling = 1", "first-number = -1", "nonsense = 1",
              "[device]", '[permissions]\nread = "0999"', "[permissions]\ngroup = true"]


def validator(name):
    schema = json.loads((SOURCE / "docs/schema" / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def merged(change, target):
    """RFC 7396."""
    if not isinstance(change, dict):
        return change
    target = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = merged(value, target.get(key))
    return target


def whole_chip(path):
    """A chip file, with what it is like."""
    chip = json.loads(path.read_text())
    chip = chip.get("chip", chip)
    if "like" not in chip:
        return chip
    change = {key: value for key, value in chip.items() if key != "like"}
    return merged(change, whole_chip(path.parent / chip["like"]))


def configurations():
    for block in documents.all_blocks():
        if block.kind == "toml":
            yield from ((block.name, tomllib.loads(text)) for text in documents.configurations(block))
    for path in SOURCE.glob("docs/man/*.scd"):
        for block in re.findall(r"^```\n(.*?)^```", path.read_text(), re.M | re.S):
            if "[[device]]" in block.splitlines():
                yield path.name, tomllib.loads(block)
    for path in [*SOURCE.glob("systemd/*.toml"), *SOURCE.glob("tests/**/*.toml")]:
        yield path.name, tomllib.loads(path.read_text())
    full = re.search(r'full = R"\((.*?)\)"', (SOURCE / "tests/unit/config_test.cpp").read_text(), re.S)
    yield "config_test.cpp", tomllib.loads(full[1])


def main():
    failed = []

    def check(what, valid, instance, right):
        error = jsonschema.exceptions.best_match(valid.iter_errors(instance))
        if (error is None) != right:
            failed.append(f"{what}: " + (f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
                                         if error else "is taken"))

    chip, config = validator("chip.schema.json"), validator("iiofs.schema.json")
    files = [path for pattern in ("drivers/*/*.json", "tests/golden/*/*.json")
             for path in sorted(SOURCE.glob(pattern)) if path.parent.name != "hwmon"]
    for path in files:
        if path.parent.parent.name == "drivers":
            check(path.name, chip, json.loads(path.read_text()), True)
        check(f"{path.name}, as a whole", chip, whole_chip(path), True)
    for block in documents.all_blocks():
        if block.kind == "json" and block.document == "docs/chip-models.md":
            check(block.name, chip, documents.chip(block), True)
    check("CHIP", chip, CHIP, True)
    for change in WRONG_CHIPS:
        check(change, chip, copy.deepcopy(CHIP) | change, False)
    for key in ("part", "driver", "bus", "model"):
        check(f"without {key}", chip, {k: v for k, v in CHIP.items() if k != key}, False)

    right = list(configurations())
    for name, instance in right:
        check(name, config, instance, True)
    check("RIGHT_DEVICE", config, tomllib.loads("[[device]]\n" + RIGHT_DEVICE), True)
    wrong = [*WRONG_TOPS, *("[[device]]\n" + text for text in WRONG_DEVICES)]
    for text in wrong:
        try:
            check(text, config, tomllib.loads(text), False)
        except tomllib.TOMLDecodeError:
            # A key that is there twice.
            check(text, config, tomllib.loads(text.replace("address = 0x76\n", "")), False)
    for line in failed:
        print(line)
    print(f"{len(files)} chip files, {len(right)} configurations, {len(WRONG_CHIPS) + 4 + len(wrong)} "
          "wrong ones")
    sys.exit(1 if failed else 0)


main()
