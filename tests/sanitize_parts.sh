#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every family's recordings, failing transfers and running streams under AddressSanitizer and
# UndefinedBehaviorSanitizer. It takes some ten minutes of two CPUs: scripts/test has the families
# that stream the most (sanitize.sh), this is run when drivers or what they stand on have changed.
#   sanitize_parts.sh SOURCE_DIRECTORY BUILD_DIRECTORY [FAMILY...]
# The build is kept in BUILD_DIRECTORY/sanitize-parts.
set -u
source=$(realpath "$1") build=$2/sanitize-parts
shift 2
export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:exitcode=66
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export IIOFS_SOURCE=$source
[ -d "$build" ] || meson setup "$build" "$source" -Db_sanitize=address,undefined -Db_lundef=false \
    -Doptimization=0 -Ddebug=false -Dunity=on -Dunity_size=32 -Dcpp_args=-g1 -Dwerror=false \
    >/dev/null || exit 1
ninja -C "$build" tests/conformance >"$build/ninja.log" || { tail -n 30 "$build/ninja.log"; exit 1; }

families=("$@")
[ $# -gt 0 ] || mapfile -t families < <(ls --ignore=hwmon "$source/tests/golden")
passed=0 failed=0
for family in "${families[@]}"; do
    if IIOFS_GOLDEN=$source/tests/golden/$family IIOFS_MODELS=$source/drivers/$family \
        "$build/tests/conformance" "a driver*,a transfer*,a running*,a chip that*" >"$build/family.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$family: fails"
        tail -n 30 "$build/family.log"
    fi
done
echo "$passed families pass, $failed fail"
[ $failed -eq 0 ]
