// SPDX-License-Identifier: MIT
//
// The parts of the BMP280 family and what drives them.
#include "bmp180.hpp"
#include "bmp280.hpp"
#include "bmp380.hpp"

#include <array>
#include <iio/driver/module.hpp>

namespace {

using namespace iio;

static_assert(Driver<bmp::Bmp180> && Driver<bmp::Bmp280> && Driver<bmp::Bmp380>);

constexpr std::array<std::uint8_t, 1> only_address{0x77};
constexpr std::array<std::uint8_t, 2> addresses{0x76, 0x77}; // SDO low, high
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};

constexpr std::array parts{
    Part{.name = "bmp085", .addresses = only_address},
    Part{.name = "bmp180", .addresses = only_address, .spi = spi},
    Part{.name = "bmp181", .spi = spi},
    Part{.name = "bmp280", .addresses = addresses, .spi = spi},
    Part{.name = "bme280", .addresses = addresses, .spi = spi},
    Part{.name = "bmp380", .addresses = addresses, .spi = spi},
};

} // namespace

extern "C" const Module bmp280_module;
const Module bmp280_module = module_of<bmp::Bmp180, bmp::Bmp380, bmp::Bmp280>("bmp280", parts);
