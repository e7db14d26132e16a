#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs a fuzz target on the inputs that are kept in corpus/ and on those that seeds.py makes, then,
# if it is built with libFuzzer, for SECONDS on new ones.
#   run.sh PROGRAM TARGET SECONDS [OPTION...]
# With IIOFS_FUZZ_FOUND, a folder, new inputs are put there, and those that failed; else they are
# gone at the end, but for the failed ones, which are said.
set -eu
program=$1 target=$2 seconds=$3
shift 3
here=$(dirname "$(readlink -f "$0")")
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/seeds" "$scratch/new"
"$here/seeds.py" "$target" "$scratch/seeds"
inputs=("$scratch/seeds")
[ ! -d "$here/corpus/$target" ] || inputs+=("$here/corpus/$target")

if [ "$seconds" = 0 ]; then
    exec "$program" "${inputs[@]}"
fi
found=${IIOFS_FUZZ_FOUND:-}
failed=${found:-$PWD}
dictionary=$here/$target.dict
[ ! -f "$dictionary" ] || set -- "-dict=$dictionary" "$@"
# By the clock, and on a busy machine an input of a second has taken eighty.
"$program" -max_total_time="$seconds" -timeout=300 -report_slow_units=300 -rss_limit_mb=4096 \
    -print_final_stats=1 -artifact_prefix="$failed/failed-" "$@" "${found:-$scratch/new}" "${inputs[@]}"
