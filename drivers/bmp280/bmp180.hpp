// SPDX-License-Identifier: MIT
//
// Bosch BMP085, BMP180 and BMP181: pressure and temperature, converted on demand.
// Datasheet: BST-BMP180-DS000 (2.5 of 2013-04-05). I2C at 0x77,
// the BMP181 on SPI.
#pragma once

#include <iio/driver/driver.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/register_bus.hpp>

namespace iio::bmp {

class Bmp180 {
public:
    explicit Bmp180(const Hardware &hardware) : bus_{hardware} {}
    static bool drives(std::string_view part);

    Result<void> probe();
    /// It is told everything with each conversion, and only has to be there.
    Result<bool> is_configured() const;
    ChannelTable channels() const;
    Result<Value> read_raw(const Channel &channel, Info info) const;
    Result<void> write_raw(const Channel &channel, Info info, Written value) const;

private:
    /// Section 3.4, in the order of the registers.
    struct Calibration {
        std::int32_t ac1, ac2, ac3;
        std::uint32_t ac4;
        std::int32_t ac5, ac6, b1, b2, mb, mc, md;
    };
    struct State {
        unsigned oss = 3; // the ratio is 2^OSS
    };

    Result<void> convert(unsigned command, unsigned time_us) const;
    Result<std::int32_t> read_b5() const;
    Result<std::int32_t> read_temperature() const;
    Result<std::int32_t> read_pressure(unsigned oss) const;

    RegisterBus bus_;
    Calibration calibration_{};
    Guarded<State> state_;
};

} // namespace iio::bmp
