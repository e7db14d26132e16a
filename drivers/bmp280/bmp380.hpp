// SPDX-License-Identifier: MIT
//
// Bosch BMP388, which the kernel calls bmp380: pressure and temperature, measured
// continuously. Datasheet: BST-BMP388-DS001 1.7. I2C at 0x76 and 0x77, SPI.
#pragma once

#include "settings.hpp"

#include <iio/driver/driver.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/register_bus.hpp>

namespace iio::bmp {

class Bmp380 {
public:
    explicit Bmp380(const Hardware &hardware);
    static bool drives(std::string_view part);

    Result<void> probe();
    Result<bool> is_configured() const;
    ChannelTable channels() const;
    Result<Value> read_raw(const Channel &channel, Info info) const;
    Result<void> write_raw(const Channel &channel, Info info, Written written) const;

private:
    /// Section 3.11.1: NVM_PAR_T1 and so on.
    struct Calibration {
        std::int32_t t1, t2, t3;
        std::int32_t p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11;
    };
    /// Codes of the registers OSR, ODR and CONFIG.
    struct Settings {
        unsigned pressure = 2;    // osr_p: the ratio is 2^n
        unsigned temperature = 0; // osr_t
        unsigned rate = 2;        // odr_sel: 200 Hz / 2^n
        unsigned filter = 2;      // iir_filter: the coefficient is 2^n - 1
        bool operator==(const Settings &) const = default;
    };

    Result<void> reset() const;
    Result<void> read_calibration();
    Result<Value> measure(ChannelType type) const;
    std::int64_t fine_temperature(std::uint32_t raw) const;
    std::uint64_t compensate_pressure(std::uint32_t raw, std::int64_t fine) const;
    Result<void> apply(const Settings &settings) const;
    auto applying() const
    {
        return [this](const Settings &settings) { return apply(settings); };
    }

    RegisterBus bus_;
    Calibration calibration_{};
    Guarded<Applied<Settings>> settings_;
};

} // namespace iio::bmp
