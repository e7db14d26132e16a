#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What `meson install` puts where: a driver is built from the installed headers
# and library alone, the shared library has what each driver needs, and the
# installed program finds the installed models.
#   install.sh SOURCE_DIRECTORY BUILD_DIRECTORY COMPILER...
set -eu
source=$1 build=$2
shift 2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root meson install -C "$build" --no-rebuild --quiet

pc=$(dirname "$(find "$root" -name libiiowrap.pc)")
flags() {
    PKG_CONFIG_PATH=$pc PKG_CONFIG_SYSROOT_DIR=$root \
        pkg-config --define-variable=prefix="$(pkg-config --variable=prefix "$pc/libiiowrap.pc")" \
        "$@"
}
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(dirname "$(find "$root" -name libiiowrap.so)")

# A driver of the program's own: the installed headers and the shared library are enough.
# shellcheck disable=SC2046
"$@" -std=c++20 $(flags --cflags libiiowrap) "$source/tests/checks/own_driver.cpp" \
    "$source/drivers/as5600/as5600.cpp" -o "$root/own" $(flags --libs libiiowrap) -pthread
"$root/own"

# What the headers compute at compile time is the same by another compiler.
cat >"$root/table.cpp" <<'END'
#include <iio/driver.hpp>
constexpr std::array channels{iio::Channel::in(iio::ChannelType::voltage, 0).separate(iio::Info::raw)};
[[gnu::noinline]] bool has_one(iio::ChannelTable table)
{
    return table.size() == 1 && table.data() == channels.data();
}
int main() { return has_one(channels) ? 0 : 1; }
END
for compiler in "$*" clang++ clang++-16 clang++-19; do
    command -v "${compiler%% *}" >/dev/null || continue
    # shellcheck disable=SC2046,SC2086
    $compiler -std=c++20 $(flags --cflags libiiowrap) "$root/table.cpp" -o "$root/table" $(flags --libs libiiowrap)
    "$root/table" || { echo "$compiler: a table of one channel has not one"; exit 1; }
done

# An installed driver on an installed model, read by name; and what has no bus here.
# shellcheck disable=SC2046
"$@" -std=c++20 $(flags --cflags iiosim iiodrivers) "$source/tests/checks/installed_driver.cpp" \
    -o "$root/angle" $(flags --libs iiosim iiodrivers) -pthread
angle=$("$root/angle" "$(find "$root" -name as5600.model.json)")
echo "in_angl_raw of an installed as5600 on an installed model: $angle"
[[ $angle =~ ^[0-9]+$ ]]

# A driver in C: iiowrap.h is enough.
cc -std=c11 -Wall -Wextra -Werror $(flags --cflags libiiowrap) -I"$source/tests/c_driver" \
    -c "$source/tests/c_driver/hts221.c" -o "$root/hts221.o"
# What the shared library exports is enough for every driver.
# shellcheck disable=SC2046
"$@" -shared -Wl,--no-undefined -Wl,--whole-archive "$build/drivers/libiiodrivers.a" \
    -Wl,--no-whole-archive -o "$root/drivers.so" $(flags --libs libiiowrap) -pthread

program=$(find "$root" -path "*/bin/iiofs")
# The templates of drivers outside the tree, with what is installed alone.
template=$root/template
cp -r "$source/docs/driver-template" "$template"
chmod -R go-w "$template"
mkdir "$template/cpp/build"
# shellcheck disable=SC2046
"$@" -std=c++20 -shared -fPIC -fvisibility=hidden $(flags --cflags libiiowrap) "$template/cpp/tc74.cpp" \
    -o "$template/cpp/build/tc74.so" $(flags --libs libiiowrap)
# shellcheck disable=SC2046
cc -std=c11 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden $(flags --cflags libiiowrap) \
    -o "$template/c/tc74.so" "$template/c/tc74.c"
for folder in cpp/build c; do
    IIOFS=$program "$template/check.sh" "$template/$folder" "$template/tc74.model.json" "$template/expected.txt"
done
# And from the folder of the installation.
[ "$root$(flags --variable=modelsdir libiiowrap)" = "$(dirname "$(find "$root" -name as5600.model.json)")" ]
drivers=$(flags --variable=driversdir libiiowrap)
drivers=$root${drivers#"$root"} # some versions put the root before it
install -D -t "$drivers" "$template/c/tc74.so"
"$program" drivers | grep -q '^tc74 '
rm -r "$drivers"
printf '%s\n' '00: 17 40 XX XX XX XX XX XX XX XX XX XX XX XX XX XX    ?@XXXXXXXXXXXXXX' |
    "$template/dump2model.py" tc74 0x4d | grep -q '"0x01": "0x40"'

parts_without() { env -u IIOFS_MODELS "$1" drivers | awk '$NF == "-"' | wc -l; }
models=$(find "$root" -path '*/share/iiofs/models/*.model.json' | wc -l)
sources=$(find "$source/drivers" -name '*.model.json' | wc -l)
echo "$models of $sources models installed, $(parts_without "$program") parts without one"
[ "$models" -eq "$sources" ]
[ "$(parts_without "$program")" -eq "$(parts_without "$build/daemon/iiofs")" ]
