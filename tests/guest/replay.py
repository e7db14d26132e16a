#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: every transfer that the kernel's driver made in a recording, made by
bus_probe on a real node, gets the recorded answer.
    replay.py BUS_PROBE RECORDING.json        (the recording's chip is on the bus, as after power-up)
"""
import json
import subprocess
import sys


def question(transfer):
    """'w:01 r:8583' -> 'w:01 r:2'; 'tx:600000 rx:001900' -> 'tx:600000'"""
    words = []
    for word in transfer.split():
        kind, _, data = word.partition(":")
        if kind == "r":
            words.append(f"r:{len(data) // 2}")
        elif kind != "rx":
            words.append(word)
    return " ".join(words)


def main(probe, path):
    with open(path, encoding="utf-8") as file:
        recording = json.load(file)
    chip = recording["chip"]
    if chip["bus"] == "i2c":
        where = ["i2c", "/dev/i2c-0", chip["address"]]
    else:
        where = ["--mode", str(chip.get("spi_mode", 0)), "spi", f"/dev/spidev0.{chip['chip_select']}"]

    start = recording["probe_bus"]
    reads = [line for device in recording["devices"] for lines in device["read_bus"].values() for line in lines]
    # The attributes had all been read before their transfers were recorded: what the first round
    # reads back of its own writes is the end of a probe, of the second the end of a round.
    expected = start + reads + reads
    checked = list(range(len(start))) + list(range(len(start) + len(reads), len(expected)))
    answers = subprocess.run([probe, *where], input="\n".join(map(question, expected)) + "\n", text=True,
                             stdout=subprocess.PIPE, timeout=60, check=True).stdout.splitlines()
    if len(answers) != len(expected) or not checked:
        sys.exit(f"{path}: {len(answers)} answers to {len(expected)} transfers")
    wrong = [i for i in checked if answers[i] != expected[i]]
    for i in wrong:
        print(f"{path}: {question(expected[i])}: expected {expected[i]}, got {answers[i]}")
    print(f"{chip['driver']} over {chip['bus']}: {len(checked) - len(wrong)} of {len(checked)} transfers as recorded")
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
