#!/bin/bash
# SPDX-License-Identifier: MIT
#
# clang-tidy finds nothing in the library, the drivers and the daemon.
#   tidy.sh SOURCE_DIRECTORY BUILD_DIRECTORY
# It looks at what the build compiles, many files at a time where the build does (unity).
# The static analyzer takes minutes for some files and is left out, unless the
# environment says so: TIDY_CHECKS= tidy.sh ...
set -u
cd "$1" || exit 1
tidy=clang-tidy-16
if ! command -v $tidy >/dev/null; then
    echo "needs $tidy"
    exit 77
fi
mapfile -t files < <(python3 - "$2" <<'END'
import json, os, sys
with open(sys.argv[1] + "/compile_commands.json") as file:
    for unit in json.load(file):
        if unit["output"].startswith(("libiiowrap/", "drivers/", "daemon/")):
            print(os.path.normpath(os.path.join(unit["directory"], unit["file"])))
END
)
# What gcc knows and clang does not is no finding; a unit includes source files.
checks=${TIDY_CHECKS--clang-analyzer-*},-bugprone-suspicious-include
printf '%s\n' "${files[@]}" | sort -u |
    xargs -P "$(nproc)" -n 1 $tidy -p "$2" --quiet --config-file=.clang-tidy --checks="$checks" \
        --extra-arg=-Wno-unknown-warning-option >"$2/tidy.log" 2>/dev/null
status=$?
grep -E 'warning:|error:' "$2/tidy.log" | sort -u | head -n 40
[ "$status" -eq 0 ] && echo "${#files[@]} units"
exit "$status"
