#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs reference_NAME_checks.py in the reference kernel, which stands beside the checkout
# (../shared/kernel); where it does not, this is skipped.
#   IIOFS=PROGRAM IIOFS_GOLDEN=FOLDER reference.sh NAME
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
    timeout --kill-after=5 400 python3 -B "$here/reference_$1_checks.py" "$kernel" \
    </dev/null 2>/dev/null | grep -vE '^(mount: /dev| +dmesg|reboot:)'
exit "${PIPESTATUS[0]}"
