#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""model_crosscheck.py MODEL_SHELL: the C++ chip models against the reference.

The same transfers, some random and some made to hit what each model knows, go to
../shared/kernel/chipmodel.py and to MODEL_SHELL (tests/tools/model_shell.cpp), for
every recording in ../shared/golden and for the models below, which use the keys
that no recording has. Every byte must be equal. Skips (77) where the reference is
absent.
"""
import copy, json, os, random, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(os.path.dirname(HERE), os.pardir, "shared")
TRANSACTIONS = int(os.environ.get("CROSSCHECK_TRANSACTIONS", "400"))

MORE = {
    "i2c-sequences": {"kind": "registers", "registers": {"1": 1, "2": "0xff", "9": 7}, "default": 5,
        "initial_pointer": 2, "sequences": {"1": [3, 4, 5], "2": [1, 2]}, "write_one_clears": ["2", "9"],
        "views": [{"when": {"reg": 9, "mask": 1, "value": 1}, "registers": {"1": "0x1234", "5": 6}, "widths": {"1": 2}}],
        "on_write": [{"reg": 9, "set_bits": {"3": 6}, "clear_bits": {"4": 3}, "add": {"5": [-1, 255], "6": [3, 15]}, "copy": {"7": "9", "8": "7"}}],
        "also_at": {"0x21": {"kind": "messages", "vars": {"a": 3}, "fill": 9, "initial": ["01", {"var": "a"}], "rules": [{"tx": "80", "mask": "80", "set": {"a": "7f"}}]}}},
    "i2c-wide": {"kind": "registers", "word_bytes": 3, "byte_order": "little", "address_bytes": 2, "address_mask": "0x1f0f",
        "increment_flag": "0x8000", "registers": {"0": "0x123456", "15": 1, "0x1000": 2, "0x1f0f": 3}, "widths": {"1": 1, "2": 8},
        "read_only": [15], "read_only_bits": {"0": "0xff00"}, "self_clearing": {"2": "0x0f"}},
    "i2c-pages": {"kind": "registers", "registers": {"0": 0, "1": 1, "2": 2, "3": 3}, "read_only": [1], "sequences": {"2": [7, 8]},
        "pages": {"register": "0", "mask": "3", "banks": {"1": {"1": 11}, "2": {"2": 22, "3": 33}}, "common": [3]}},
    "i2c-scans": {"kind": "registers", "word_bytes": 2, "address_mask": "0xff", "plain_read_at": 2, "registers": {"1": "0x30", "2": 7},
        "scans": [{"pointer": {"mask": "0xf0", "value": "0x70"}, "select": 1, "mask": "0xf0", "values": [1, 2, 3, 4]},
                  {"select": "pointer", "mask": "0x0c", "values": [5, 6]}]},
    "spi-pad": {"kind": "registers", "word_bytes": 2, "read_pad": 1, "address_mask": "0x7f", "increment_flag": "0x40",
        "registers": {"0": 1, "1": 2, "0x3f": 3}, "write_one_clears": [1], "sequences": {"2": [9, 8, 7]}},
    "spi-write-flag": {"kind": "registers", "write_flag": "0x80", "registers": {"0": 1, "5": 2}, "auto_increment": False},
    "spi-shift": {"kind": "registers", "read_flag": 1, "address_shift": 1, "registers": {"0": 1, "5": 2, "127": 3}},
    "spi-next-little": {"kind": "registers", "next_frame": 2, "byte_order": "little", "registers": {str(i): i + 1 for i in range(20)},
        "bursts": {"4": [6, 8, 10]}},
    "spi-pipe": {"kind": "frames", "latency": 2, "frames": [{"tx": "01", "rx": "1122"}, {"tx": "", "rx": "aa"}]},
    "spi-start-bit": {"kind": "frames", "latency": 0, "align": "start_bit", "frames": [{"tx": "80", "mask": "c0", "rx": "123456"}, {"tx": "c0", "mask": "c0", "rx": "0abc"}]},
    "spi-messages": {"kind": "messages", "vars": {"a": "0x123456", "n": -5}, "fill": "0x5a", "rules": [
        {"tx": "10", "mask": "f0", "length": 3, "set": {"a": "00ffff"}, "rx": [{"var": "a", "bytes": 3, "shift": 4, "order": "little"}]},
        {"tx": "20", "mask": "f0", "set": {"a": 77}, "copy": {"n": "a"}, "rx": ["0102", {"var": "n", "bytes": 2, "shift": -1, "or": "0x8000"}]},
        {"tx": "30", "mask": "f0", "set": {"n": "0c"}},
        {"rx": {"var": "n", "bytes": 2}}]},
    "i2c-commands": {"kind": "commands", "fill": 0, "initial": "0102", "commands": {"": "ff", "10": ["01", "02", "0304"], "1020": "05"},
        "stores": {"20": "10", "2030": "1020"}, "on_command": [{"command": "1020", "set": {"10": ["07", "08"]}}, {"command": "30", "set": {"40": "4242"}}]},
}


def hexes(value):
    """all strings within a model that could be bytes of a message, and its register numbers"""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from hexes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from hexes(inner)
    elif isinstance(value, (str, int)):
        yield value


def seeds(model):
    """beginnings of messages that the model is likely to know"""
    found = set()
    for item in hexes(model):
        try:
            if isinstance(item, str) and not item.startswith("0x") and len(item) > 1:
                found.add(bytes.fromhex(item))
            else:
                found.add(int(str(item), 0).to_bytes(model.get("address_bytes", 1), "big"))
        except (ValueError, OverflowError):
            pass
    patterns = [(bytes.fromhex(r["tx"]), bytes.fromhex(r.get("mask", "ff" * (len(r["tx"]) // 2))), r.get("length"))
                for r in model.get("rules", model.get("frames", [])) if r.get("tx")]
    return sorted(found) or [b""], patterns


def message(rng, known, patterns):
    if patterns and rng.random() < 0.7:
        tx, mask, length = rng.choice(patterns)
        data = bytes(t & m | rng.randrange(256) & ~m for t, m in zip(tx, mask))
        more = max((length or 0) - len(tx), 0) if rng.random() < 0.8 else rng.randrange(4)
        return data + rng.randbytes(more)
    kind = rng.random()
    if kind < 0.75:
        return rng.choice(known) + rng.randbytes(rng.choice([0, 0, 0, 1, 1, 2, 2, 3, 4, 7]))
    return rng.randbytes(rng.randrange(1, 6))


def transaction(rng, chip, known, patterns):
    if chip["bus"] == "i2c":
        out = []
        for _ in range(rng.choice([1, 1, 2, 2, 2, 3])):
            out.append((True, b"", rng.choice([1, 1, 2, 2, 3, 6, 9])) if rng.random() < 0.5 else (False, message(rng, known, patterns), 0))
        return [(rd, d, n if rd else len(d)) for rd, d, n in out]
    out = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        data = message(rng, known, patterns)
        if rng.random() < 0.5 and data:
            data = bytes([data[0] ^ rng.choice([0, 0x80, 0x40, 1])]) + data[1:]
        if rng.random() < 0.1:
            data = (int.from_bytes(data, "big") >> rng.randrange(8)).to_bytes(len(data), "big") + b"\0"
        out.append((data or b"\0", rng.random() < 0.3))
    return out


def line(chip, address, work):
    if chip["bus"] == "spi":
        return "spi " + " ".join(t.hex() + "/" * cs for t, cs in work)
    return f"i2c {address} " + " ".join(f"r:{n}" if rd else "w:" + d.hex() for rd, d, n in work)


def check(shell, chipmodel, name, path, chip, seed):
    """the number of equal answers"""
    rng = random.Random(seed)
    models = {chip.get("address", "0"): chip["model"], **chip["model"].get("also_at", {})}
    chips = {a: chipmodel.KINDS[m["kind"]](copy.deepcopy(m)) for a, m in models.items()}
    known = {a: seeds(m) for a, m in models.items()}
    lines, wanted = [], []
    for _ in range(TRANSACTIONS):
        address = rng.choice(list(chips))
        work = transaction(rng, chip, *known[address])
        answer = getattr(chips[address], chip["bus"])(work)
        lines.append(line(chip, address, work))
        wanted.append(answer.hex())
    run = subprocess.run([shell, path], input="\n".join(lines) + "\n", capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"{name}: model_shell: {run.stderr.strip()}")
    got = run.stdout.split("\n")[:-1]
    for sent, want, have in zip(lines, wanted, got, strict=True):
        if want != have:
            raise SystemExit(f"{name} (seed {seed}): {sent}\n  reference {want}\n  here      {have}")
    return len(lines)


def cases(folder):
    for name in sorted(os.listdir(os.path.join(SHARED, "golden"))):
        if name.endswith(".json"):
            path = os.path.join(SHARED, "golden", name)
            with open(path) as file:
                yield name, path, json.load(file)["chip"]
    for name, model in MORE.items():
        chip = {"part": name, "driver": name, "bus": name[:3], "model": model}
        if name[:3] == "i2c":
            chip["address"] = "0x20"
        path = os.path.join(folder, name + ".json")
        with open(path, "w") as file:
            json.dump(chip, file)
        yield name, path, chip


def main():
    if not os.path.exists(os.path.join(SHARED, "kernel", "chipmodel.py")):
        print("skipped: no ../shared/kernel/chipmodel.py beside the checkout")
        return 77
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(SHARED, "kernel"))
    import chipmodel
    models = transactions = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path, chip in cases(folder):
            models += 1
            transactions += check(sys.argv[1], chipmodel, name, path, chip, seed=models)
    print(f"{transactions} transactions over {models} models agree")
    return 0


sys.exit(main())
