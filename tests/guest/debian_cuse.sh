#!/bin/bash
# SPDX-License-Identifier: MIT
#
# spidev clients on a node made by CUSE: Debian's User-Mode Linux has no SPI
# controller, so cuse_spidev serves one from chip files (debian_cuse_checks.py).
# Skipped where the package user-mode-linux is missing.
#   debian_cuse.sh BUS_PROBE CUSE_SPIDEV
set -u
here=$(dirname "$(readlink -f "$0")")
. "$here/chips.sh"
adc=$(chip_file mcp3008) && registers=$(chip_file bmp280-spi) || exit 1
exec "$here/uml.sh" fuse cuse -- \
    python3 -B "$here/debian_cuse_checks.py" "$(readlink -f "$1")" "$(readlink -f "$2")" "$adc" "$registers"
