#!/bin/bash
# SPDX-License-Identifier: MIT
#
# clang-tidy finds nothing in the library, the drivers and the daemon.
#   tidy.sh SOURCE_DIRECTORY BUILD_DIRECTORY
# The static analyzer takes minutes for some files and is left out, unless the
# environment says so: TIDY_CHECKS= tidy.sh ...
set -u
cd "$1" || exit 1
tidy=clang-tidy-16
if ! command -v $tidy >/dev/null; then
    echo "needs $tidy"
    exit 77
fi
# Of the precompiled headers clang knows nothing.
mkdir -p "$2/tidy"
sed -E 's/-fpch-preprocess -include [^ ]+ //; s/-Winvalid-pch //' "$2/compile_commands.json" \
    >"$2/tidy/compile_commands.json"
# One translation unit for all drivers, each of which is in a namespace of its own: their
# headers are parsed once.
find "$PWD/drivers" -name '*.cpp' | sort | sed 's/.*/#include "&"/' >"$2/tidy/drivers.cpp"
checks=${TIDY_CHECKS--clang-analyzer-*}
tidy_drivers() {
    $tidy --quiet --config-file=.clang-tidy --checks="$checks,-bugprone-suspicious-include" \
        "$2/tidy/drivers.cpp" -- -std=c++20 -Ilibiiowrap/include -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
}
tidy_drivers "$@" >"$2/tidy-drivers.log" 2>/dev/null &
drivers=$!
mapfile -t files < <(find libiiowrap daemon -name '*.cpp')
# What gcc knows and clang does not is no finding.
printf '%s\n' "${files[@]}" |
    xargs -P "$(nproc)" -n 1 $tidy -p "$2/tidy" --quiet --checks="$checks" \
        --extra-arg=-Wno-unknown-warning-option >"$2/tidy.log" 2>/dev/null
status=$?
wait "$drivers" || status=1
cat "$2/tidy-drivers.log" >>"$2/tidy.log"
grep -E 'warning:|error:' "$2/tidy.log" | sort -u | head -n 40
[ "$status" -eq 0 ] && echo "${#files[@]} files and $(grep -c . "$2/tidy/drivers.cpp") of drivers"
exit "$status"
