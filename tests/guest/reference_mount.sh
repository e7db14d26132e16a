#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Recorded parts on the real /dev/i2c-0 and /dev/spidev0.N of the reference
# kernel, which stands beside the checkout (../shared/kernel); where it does not,
# this is skipped. The daemon's mount is held against the shortest recording that a family has
# on each bus, with its tree and captures, and with the writes of one in four; or against every
# PART that is named, with its writes. (All are compared on the model bus, in
# tests/mount/test_conform.py, and all writes in tests/conformance/.)
#   IIOFS=PROGRAM IIOFS_GOLDEN=FOLDER reference_mount.sh [--all | PART...]
# --all: the writes of each, and the tree and the captures of all other recordings.
set -u
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$(dirname "$here")")
iiofs=$(readlink -f "${IIOFS:-$source/build/daemon/iiofs}")
golden=$(readlink -f "${IIOFS_GOLDEN:-$source/tests/golden}")
if ! kernel=$(readlink -e "$source/../shared/kernel"); then
    echo "no reference kernel beside the checkout (../shared/kernel)"
    exit 77
fi

all=no
if [ "${1:-}" = --all ]; then
    all=yes
    shift
fi
mapfile -t files < <(for name in "${@:-*}"; do ls -Sr "$golden"/*/$name.json; done | grep -v /hwmon/)
[ ${#files[@]} -gt 0 ] || { echo "no recordings in $golden"; exit 1; }

declare -A is_covered
kinds=0
written=() others=()
for file in "${files[@]}"; do
    kind=$(dirname "$file")$(grep -om1 '"bus": *"[a-z0-9]*"' "$file")
    if [ $# -gt 0 ]; then
        written+=("$file")
    elif [ -z "${is_covered[$kind]:-}" ] && { [ $all = yes ] || ((kinds++ % 4 == 0)); }; then
        written+=("$file")
    elif [ -z "${is_covered[$kind]:-}" ] || [ $all = yes ]; then
        others+=("$file")
    fi
    is_covered[$kind]=yes
done
files=("${written[@]}" ${others[@]+"${others[@]}"})
# Chips convert in real time, so guests mostly sleep: several share the work.
# A kernel that is killed from here would leave its processes: the end of time
# comes inside.
guests=4
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
for ((guest = 0; guest < guests; guest++)); do
    # By their length, so that the guests get equal shares.
    share=()
    for ((i = guest; i < ${#written[@]}; i += guests)); do share+=("${written[i]}"); done
    share+=(--)
    for ((i = guest; i < ${#others[@]}; i += guests)); do share+=("${others[i]}"); done
    "$kernel/guest.sh" -m 256M env IIOFS="$iiofs" TMPDIR=/run PYTHONDONTWRITEBYTECODE=1 \
        timeout --kill-after=5 800 python3 "$here/reference_mount_parts.py" "$kernel" \
        "${share[@]}" </dev/null >"$output/$guest" 2>/dev/null ||
        echo "guest $guest ended with $?" >>"$output/$guest" &
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
