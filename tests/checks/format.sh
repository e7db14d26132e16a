#!/bin/bash
# SPDX-License-Identifier: MIT
#
# All C and C++ is as clang-format 14 writes it.
#   format.sh SOURCE_DIRECTORY
set -u
cd "$1" || exit 1
version=$(clang-format --version 2>/dev/null | sed 's/.*version \([0-9]*\).*/\1/')
if [ "$version" != 14 ]; then
    echo "needs clang-format 14 (Debian bookworm's), found ${version:-none}"
    exit 77
fi
mapfile -t files < <(find libiiowrap drivers daemon tests bench -name '*.cpp' -o -name '*.hpp' -o -name '*.c')
clang-format --dry-run --Werror "${files[@]}" && echo "${#files[@]} files"
