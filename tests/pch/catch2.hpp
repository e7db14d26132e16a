// SPDX-License-Identifier: MIT
//
// What most tests include, compiled once for each target.
#include "../../libiiowrap/pch/standard.hpp"

#include <catch2/catch.hpp>
#include <iio/hardware.hpp>
#include <iio/registry.hpp>
#include <iio/trigger.hpp>
