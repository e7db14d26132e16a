#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The shared library exports the functions in exports.txt and no others: a private member that
# got out, or a public one that did not, is a change of the ABI that nobody meant.
#   exports.sh LIBRARY
set -euo pipefail
list=$(dirname "$0")/exports.txt
# Functions that are not inline, without their arguments.
exported=$(nm -DC --defined-only "$1" | sed -n 's/^[^ ]* T //p' |
    sed -E 's/@.*//; s/\[abi:[^]]*\]//g; s/\(.*//' | LC_ALL=C sort -u)
if ! diff -u --label exports.txt --label "$(basename "$1")" "$list" - <<<"$exported"; then
    echo "If it is meant: libiiowrap/libiiowrap.map names what is exported, exports.txt lists it."
    exit 1
fi
