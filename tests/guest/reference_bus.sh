#!/bin/bash
# SPDX-License-Identifier: MIT
#
# i2c-dev and spidev in the reference kernel, which stands beside the checkout
# (../shared/kernel); where it does not, this is skipped.
#   reference_bus.sh BUS_PROBE
# - the transfers of the kernel's own drivers, made through our buses, get the
#   recorded answers (replay.py);
# - errors, limits, chip select, a stuck bus, devices that go away
#   (reference_bus_checks.py).
set -u
here=$(dirname "$(readlink -f "$0")")
probe=$(readlink -f "$1")
shared=$here/../../../shared
if [ ! -x "$shared/kernel/guest.sh" ]; then
    echo "skipped: no reference kernel at $shared/kernel"
    exit 77
fi
kernel=$(readlink -f "$shared/kernel")
golden=$(readlink -f "$here/../golden")

guest() { timeout --kill-after=5 300 "$kernel/guest.sh" "$@" </dev/null; }

status=0
guest python3 -B "$kernel/serve.py" python3 -B "$here/replay.py" "$probe" {} -- \
    "$golden"/*/{ads1115,bmp280,mcp3008,mcp3550-50,bme280-spi}.json || status=1
guest python3 -B "$here/reference_bus_checks.py" "$probe" || status=1
exit "$status"
