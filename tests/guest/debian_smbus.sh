#!/bin/bash
# SPDX-License-Identifier: MIT
#
# i2c-dev on adapters that know SMBus only: Debian's User-Mode Linux with
# i2c-stub, its calls cut down step by step (debian_smbus_checks.py). Skipped where the
# package user-mode-linux is missing.
#   debian_smbus.sh BUS_PROBE
set -u
here=$(dirname "$(readlink -f "$0")")
. "$here/chips.sh"
byte_chip=$(chip_file bmp280) && word_chip=$(chip_file ads1115) || exit 1
exec "$here/uml.sh" i2c-dev -- \
    python3 -B "$here/debian_smbus_checks.py" "$(readlink -f "$1")" "$byte_chip" "$word_chip"
