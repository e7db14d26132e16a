#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The daemon mounted on /sys/bus/iio of the reference kernel, whose own drivers
# have devices there (reference_beside_checks.py). It stands beside the checkout
# (../shared/kernel); where it does not, this is skipped.
#   IIOFS=PROGRAM IIOFS_GOLDEN=FOLDER reference_beside.sh
set -u
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$(dirname "$here")")
iiofs=$(readlink -f "${IIOFS:-$source/build/daemon/iiofs}")
golden=$(readlink -f "${IIOFS_GOLDEN:-$source/tests/golden}")
if ! kernel=$(readlink -e "$source/../shared/kernel"); then
    echo "no reference kernel beside the checkout (../shared/kernel)"
    exit 77
fi
# A kernel that is killed from here would leave its processes: the end of time
# comes inside.
"$kernel/guest.sh" -m 256M env IIOFS="$iiofs" IIOFS_GOLDEN="$golden" TMPDIR=/run \
    timeout --kill-after=5 400 python3 -B "$here/reference_beside_checks.py" "$kernel" \
    </dev/null 2>/dev/null | grep -vE '^(mount: /dev| +dmesg|reboot:)'
exit "${PIPESTATUS[0]}"
