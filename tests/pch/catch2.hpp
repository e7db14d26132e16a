// SPDX-License-Identifier: MIT
//
// What most tests include, compiled once for each target.
#include "../../libiiowrap/pch/standard.hpp"

#include <catch2/catch.hpp>
#include <iio/driver/hardware.hpp>
#include <iio/host/registry.hpp>
#include <iio/host/trigger.hpp>
