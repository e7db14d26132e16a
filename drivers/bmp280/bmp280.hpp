// SPDX-License-Identifier: MIT
//
// Bosch BMP280 and BME280: pressure, temperature and (BME280) relative humidity,
// measured continuously. Datasheets: BST-BMP280-DS001 1.19, BST-BME280-DS002 1.6.
// I2C at 0x76 and 0x77, SPI.
#pragma once

#include "settings.hpp"

#include <iio/driver/driver.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/register_bus.hpp>

namespace iio::bmp {

class Bmp280 {
public:
    explicit Bmp280(const Hardware &hardware);

    Result<void> probe();
    Result<bool> is_configured() const;
    ChannelTable channels() const;
    Result<Value> read_raw(const Channel &channel, Info info) const;
    Result<void> write_raw(const Channel &channel, Info info, Written written) const;

private:
    /// Section 4.2.2 (BME280), 3.11.2 (BMP280): dig_T1 and so on.
    struct Calibration {
        std::int32_t t1, t2, t3;
        std::int32_t p1, p2, p3, p4, p5, p6, p7, p8, p9;
        std::int32_t h1, h2, h3, h4, h5, h6;
    };
    /// osrs_t, osrs_p and osrs_h: the ratio is 2^(n - 1).
    struct Settings {
        unsigned temperature = 2;
        unsigned pressure = 5;
        unsigned humidity = 5;
        bool operator==(const Settings &) const = default;
    };
    struct Readings {
        std::uint32_t pressure, temperature, humidity;
    };

    Result<void> read_calibration();
    Result<Value> measure(ChannelType type) const;
    Result<Readings> read_readings() const;
    std::int32_t fine_temperature(std::uint32_t raw) const;
    std::uint32_t compensate_pressure(std::uint32_t raw, std::int32_t fine) const;
    std::uint32_t compensate_humidity(std::uint32_t raw, std::int32_t fine) const;
    Result<void> apply(const Settings &settings) const;
    auto applying() const
    {
        return [this](const Settings &settings) { return apply(settings); };
    }

    RegisterBus bus_;
    const bool has_humidity_;
    Calibration calibration_{};
    Guarded<Applied<Settings>> settings_;
};

} // namespace iio::bmp
