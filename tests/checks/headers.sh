#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The headers of each folder compile without a source file that uses them, and without a warning:
# how many sources are compiled as one (unity) decides whether a user sees a variable as unused.
#   headers.sh SOURCE_DIRECTORY
set -u
cd "$1" || exit 1
flags=(-std=c++20 -O1 -D_FILE_OFFSET_BITS=64 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion
    -Wshadow -Wno-missing-field-initializers -Wno-restrict -Werror -I. -Ilibiiowrap/include -Ilibiiowrap)
mapfile -t -O "${#flags[@]}" flags < <(pkg-config --cflags fuse3 spdlog ncursesw | xargs -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mapfile -t folders < <(find libiiowrap drivers daemon -name '*.hpp' -printf '%h\n' | sort -u)
for folder in "${folders[@]}"; do
    printf '#include "%s"\n' "$folder"/*.hpp >"$work/${folder//\//_}.cpp"
done
printf '%s\n' "$work"/*.cpp |
    xargs -P "$(nproc)" -I '{}' "${CXX:-c++}" "${flags[@]}" -c -o '{}.o' '{}' && echo "${#folders[@]} folders"
