#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The daemon's own /dev/iio:deviceN, made by CUSE, in Debian's User-Mode Linux
# (debian_nodes_checks.py). Skipped where the package user-mode-linux is missing.
#   IIOFS=PROGRAM IIOFS_GOLDEN=FOLDER debian_nodes.sh
set -u
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$(dirname "$here")")
iiofs=$(readlink -f "${IIOFS:-$source/build/daemon/iiofs}")
golden=$(readlink -f "${IIOFS_GOLDEN:-$source/tests/golden}")
exec "$here/uml.sh" fuse cuse -- \
    env IIOFS="$iiofs" IIOFS_GOLDEN="$golden" TMPDIR=/run \
    python3 -B "$here/debian_nodes_checks.py"
