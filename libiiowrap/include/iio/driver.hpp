// SPDX-License-Identifier: MIT
//
// All that a driver's author needs. iio/driver/driver.hpp has the contract.
#pragma once

#include <chrono>
#include <iio/driver/bits.hpp>
#include <iio/driver/channel_table.hpp>
#include <iio/driver/choices.hpp>
#include <iio/driver/commands.hpp>
#include <iio/driver/driver.hpp>
#include <iio/driver/event_code.hpp>
#include <iio/driver/field.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/hardware.hpp>
#include <iio/driver/module.hpp>
#include <iio/driver/periodic.hpp>
#include <iio/driver/power.hpp>
#include <iio/driver/register_driver.hpp>
#include <iio/driver/registers.hpp>
#include <iio/driver/shunt_resistor.hpp>
#include <iio/driver/table_driver.hpp>

namespace iio {
/// A driver is in a namespace within this one, and its times read like the datasheet's: 30us.
using namespace std::chrono_literals;
} // namespace iio
