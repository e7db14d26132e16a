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

package=$(find "$root" -name libiiowrap.pc)
flags() {
    PKG_CONFIG_PATH=$(dirname "$package") PKG_CONFIG_SYSROOT_DIR=$root \
        pkg-config --define-variable=prefix="$(pkg-config --variable=prefix "$package")" \
        "$@" libiiowrap
}
cat >"$root/main.cpp" <<'END'
#include <iio/driver/module.hpp>
#include <iio/host/registry.hpp>
extern const iio::Module as5600_module;
int main() { return as5600_module.find("as5600") && iio::Registry{}.devices().empty() ? 0 : 1; }
END
# shellcheck disable=SC2046
"$@" -std=c++20 $(flags --cflags) "$root/main.cpp" "$source/drivers/as5600/as5600.cpp" \
    -o "$root/driver" $(flags --libs) -pthread
LD_LIBRARY_PATH=$(dirname "$(find "$root" -name libiiowrap.so)") "$root/driver"
# What the shared library exports is enough for every driver.
# shellcheck disable=SC2046
"$@" -shared -Wl,--no-undefined -Wl,--whole-archive "$build/drivers/libiiodrivers.a" \
    -Wl,--no-whole-archive -o "$root/drivers.so" $(flags --libs) -pthread

program=$(find "$root" -name iiofs -type f -perm -u+x)
parts_without() { env -u IIOFS_MODELS "$1" drivers | awk '$NF == "-"' | wc -l; }
models=$(find "$root" -path '*/share/iiofs/models/*.model.json' | wc -l)
sources=$(find "$source/drivers" -name '*.model.json' | wc -l)
echo "$models of $sources models installed, $(parts_without "$program") parts without one"
[ "$models" -eq "$sources" ]
[ "$(parts_without "$program")" -eq "$(parts_without "$build/daemon/iiofs")" ]
