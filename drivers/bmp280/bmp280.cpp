// SPDX-License-Identifier: MIT
//
// Bosch BMP085, BMP180, BMP181, BMP280, BME280, and as bmp380 BMP388 and BMP390: pressure and
// temperature; the BME280 relative humidity, too. I2C at 0x76 or 0x77, by the pin SDO, and SPI.
// Datasheets: BST-BMP180-DS000 2.5, BST-BMP280-DS001 1.19, BST-BME280-DS002 1.6, BST-BMP388-DS001
// 1.7, BST-BMP390-DS002.
//
// The older ones convert on demand, the others measure continuously.
#include "bme280.hpp"
#include "bmp180.hpp"
#include "bmp388.hpp"

namespace iio::bmp280 {

constexpr std::array<std::uint8_t, 2> at_76{0x76, 0x77}; // SDO low, high
constexpr SpiSettings spi{.mode = 0, .speed_hz = 10'000'000};

using Family = ByPart<bme280::Bme280, bmp388::Bmp388, bmp180::Bmp180>;

IIO_MODULE(bmp280, Family, Part{.name = "bmp085", .addresses = {0x77}, .data = bmp180::layout},
           Part{.name = "bmp180", .addresses = {0x77}, .spi = spi, .data = bmp180::layout},
           Part{.name = "bmp181", .spi = spi, .data = bmp180::layout},
           Part{.name = "bmp280", .addresses = at_76, .spi = spi, .data = bme280::bmp280},
           Part{.name = "bme280", .addresses = at_76, .spi = spi, .data = bme280::bme280},
           Part{.name = "bmp380", .addresses = at_76, .spi = spi, .data = bmp388::layout});

} // namespace iio::bmp280
