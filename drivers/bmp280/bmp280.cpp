// SPDX-License-Identifier: MIT
//
// The parts of the BMP280 family and what drives them.
#include "bme280.hpp"
#include "bmp180.hpp"
#include "bmp388.hpp"

namespace iio::bmp280 {
namespace {

constexpr std::array<std::uint8_t, 2> addresses{0x76, 0x77}; // SDO low, high
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};

using Family = ByPart<bme280::Bme280, bmp388::Bmp388, bmp180::Bmp180>;

} // namespace

IIO_MODULE(bmp280, Family, Part{.name = "bmp085", .addresses = {0x77}},
           Part{.name = "bmp180", .addresses = {0x77}, .spi = spi},
           Part{.name = "bmp181", .spi = spi},
           Part{.name = "bmp280", .addresses = addresses, .spi = spi, .data = bme280::bmp280},
           Part{.name = "bme280", .addresses = addresses, .spi = spi, .data = bme280::bme280},
           Part{.name = "bmp380", .addresses = addresses, .spi = spi});

} // namespace iio::bmp280
