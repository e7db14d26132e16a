#!/bin/bash
# SPDX-License-Identifier: MIT
#
# clang-tidy finds nothing in the library, the drivers and the daemon. The
# analyzer, which takes half of the time, is for the core.
#   tidy.sh SOURCE_DIRECTORY BUILD_DIRECTORY
set -u
cd "$1" || exit 1
tidy=clang-tidy-16
if ! command -v $tidy >/dev/null; then
    echo "needs $tidy"
    exit 77
fi
mapfile -t files < <(find libiiowrap drivers daemon -name '*.cpp')
checks_of() {
    case $1 in
    libiiowrap/core/*) echo "" ;;
    *) echo '-clang-analyzer-*' ;;
    esac
}
# What gcc knows and clang does not is no finding.
for file in "${files[@]}"; do printf '%s\0%s\0' "--checks=$(checks_of "$file")" "$file"; done |
    xargs -0 -P "$(nproc)" -n 2 $tidy -p "$2" --quiet \
        --extra-arg=-Wno-unknown-warning-option >"$2/tidy.log" 2>/dev/null
status=$?
grep -E 'warning:|error:' "$2/tidy.log" | sort -u | head -n 40
[ "$status" -eq 0 ] && echo "${#files[@]} files"
exit "$status"
