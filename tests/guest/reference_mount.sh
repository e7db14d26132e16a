#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every recorded part on the real /dev/i2c-0 and /dev/spidev0.N of the reference
# kernel, which stands beside the checkout (../shared/kernel); where it does not,
# this is skipped. The daemon's mount is held against the recordings.
#   IIOFS=PROGRAM IIOFS_DRIVERS=FOLDER reference_mount.sh [PART...]
set -u
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$(dirname "$here")")
iiofs=$(readlink -f "${IIOFS:-$source/build/daemon/iiofs}")
drivers=$(readlink -f "${IIOFS_DRIVERS:-$source/drivers}")
if ! kernel=$(readlink -e "$source/../shared/kernel"); then
    echo "no reference kernel beside the checkout (../shared/kernel)"
    exit 77
fi

# The longest first, so that the guests get equal shares.
mapfile -t files < <(for name in "${@:-*}"; do ls -S "$drivers"/*/golden/$name.json; done)
[ ${#files[@]} -gt 0 ] || { echo "no recordings in $drivers"; exit 1; }

# Chips convert in real time, so guests mostly sleep: several share the work.
guests=4
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
for ((guest = 0; guest < guests && guest < ${#files[@]}; guest++)); do
    share=()
    for ((i = guest; i < ${#files[@]}; i += guests)); do share+=("${files[i]}"); done
    timeout --kill-after=5 300 "$kernel/guest.sh" -m 256M env IIOFS="$iiofs" TMPDIR=/run \
        PYTHONDONTWRITEBYTECODE=1 python3 "$kernel/serve.py" \
        python3 "$here/reference_mount_part.py" "$kernel/conform.py" {} -- "${share[@]}" \
        </dev/null >"$output/$guest" 2>/dev/null || echo "guest $guest ended with $?" >>"$output/$guest" &
done
wait
grep -hvE '^(mount: /dev| +dmesg|reboot:)' "$output"/*

# "NAME.json: N of M hold (...)", once for each part.
awk -v files="${#files[@]}" '
    / of [0-9]+ hold \(/ { parts++; held += $2; checks += $4 }
    /^guest [0-9]+ ended/ { bad = 1 }
    END {
        printf "%d of %d hold for %d of %d recordings on real nodes\n", held, checks, parts, files
        exit bad || !(parts == files && held == checks && checks > 0)
    }' "$output"/*
