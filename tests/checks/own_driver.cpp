// SPDX-License-Identifier: MIT
//
// A program with a driver of its own, drivers/as5600: the installed headers and the shared library
// are enough.
#include <iio/host/bound_chip.hpp>

extern "C" const iio::Module as5600_module;

int main() { return as5600_module.find("as5600") && iio::Registry{}.devices().empty() ? 0 : 1; }
