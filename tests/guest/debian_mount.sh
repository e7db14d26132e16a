#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The daemon in Debian's User-Mode Linux, on real i2c-dev over an adapter that
# knows SMBus only, and on spidev served by CUSE (debian_mount_checks.py). Skipped
# where the package user-mode-linux is missing. Its kernel cannot send requests again:
# there takeovers answer what was under way with EIO (../mount/test_takeover.py).
#   IIOFS=PROGRAM IIOFS_GOLDEN=FOLDER [IIOFS_BUILD=FOLDER] debian_mount.sh
set -u
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$(dirname "$here")")
iiofs=$(readlink -f "${IIOFS:-$source/build/daemon/iiofs}")
golden=$(readlink -f "${IIOFS_GOLDEN:-$source/tests/golden}")
build=${IIOFS_BUILD:-$(dirname "$(dirname "$iiofs")")}
exec "$here/uml.sh" fuse cuse i2c-dev "i2c-stub chip_addr=0x76,0x49,0x60" -- \
    env IIOFS="$iiofs" IIOFS_GOLDEN="$golden" TMPDIR=/run \
    sh -ec 'python3 -B "$1/debian_mount_checks.py" "$2" "$3"
            python3 -B "$1/../mount/test_takeover.py" open_files streams in_flight lost_init' \
    sh "$here" "$(readlink -f "$build/tests/cuse_spidev")" "$(readlink -f "$build/tests/find_sensors")"
