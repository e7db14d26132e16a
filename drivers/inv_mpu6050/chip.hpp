// SPDX-License-Identifier: MIT
//
// Chip: a part of the family behind its registers: what it is told, which of
// its sensors run, and its FIFO.
#pragma once

#include <array>
#include <chrono>
#include <iio/driver/register_bus.hpp>
#include <optional>
#include <string_view>

namespace iio::mpu {

/// A set of sensors.
using Sensors = unsigned;
constexpr Sensors accelerometer = 1 << 0;
constexpr Sensors gyroscope = 1 << 1;
constexpr Sensors thermometer = 1 << 2;
constexpr Sensors magnetometer = 1 << 3; // an AK8963 in the package, on the auxiliary I2C bus

/// What the chips differ in.
struct ChipVariant {
    std::string_view part;
    Sensors sensors;
    std::size_t fifo_bytes;
    std::uint8_t accel_offset; ///< register of X's
    /// MPU-6000, MPU-6050: filters both sensors by CONFIG, and runs on its own
    /// oscillator while the gyroscope, whose clock is better, does not run.
    bool first_generation = false;
    bool resets_paths = false; ///< by SIGNAL_PATH_RESET after a reset
    bool has_i2c_if = false;   ///< turns I2C off there, not in USER_CTRL
    bool bypasses = false;     ///< connects the auxiliary bus to the host's
};

/// Threads: one at a time. Lifetime: the Hardware's bus outlives it.
/// Errors of all that talks to the chip: the bus's own.
class Chip {
public:
    struct Settings {
        unsigned gyro_range = 3;  ///< FS_SEL: 250 degrees per second times 2^n
        unsigned accel_range = 0; ///< AFS_SEL: 2 g times 2^n
        unsigned divider = 19;    ///< SMPLRT_DIV

        [[nodiscard]] int hz() const { return 1000 / static_cast<int>(divider + 1); }
    };

    Chip(const Hardware &hardware, const ChipVariant &variant);

    /// Recognises and resets the chip; its sensors are off then.
    /// Errors: ENODEV: another chip answers.
    Result<void> start();

    [[nodiscard]] const Settings &settings() const { return settings_; }
    [[nodiscard]] std::chrono::milliseconds sample_period() const;
    /// After an error they are as before.
    Result<void> change(const Settings &wanted);

    /// Those that run and whose start-up is over.
    [[nodiscard]] Sensors running() const { return running_; }
    /// Makes just these run, and waits for them.
    Result<void> run(Sensors wanted);
    /// Ends the sleep where there is one.
    Result<void> wake() { return run(running_); }
    Result<void> sleep();
    /// Lets the slaves of the auxiliary bus do their work once.
    Result<void> run_auxiliary_bus();

    /// From the next sample on these fill the FIFO, all of which run.
    Result<void> start_fifo(Sensors sources);
    Result<void> stop_fifo();
    [[nodiscard]] std::size_t sample_bytes() const;
    /// How many samples there are; an overflow loses them all.
    Result<std::size_t> count_fifo();
    /// The next one, sample_bytes() long.
    Result<void> read_fifo(std::span<std::uint8_t> sample);

    /// Writes what the chip is not known to hold already.
    Result<void> set(std::uint8_t reg, unsigned value);
    /// Writes in any case.
    Result<void> write(std::uint8_t reg, unsigned value);
    Result<void> write_word(std::uint8_t reg, int value);
    [[nodiscard]] Result<int> read_word(std::uint8_t reg) const;
    [[nodiscard]] const RegisterBus &bus() const { return bus_; }

private:
    Result<void> reset();
    Result<void> configure_interface();
    Result<void> apply(const Settings &settings);
    [[nodiscard]] unsigned power_1(Sensors on, bool gyroscope_clock) const;
    [[nodiscard]] unsigned user_control(Sensors on) const;
    [[nodiscard]] std::chrono::milliseconds start_up_time(Sensors started) const;
    Result<void> restart_fifo();

    const Hardware hardware_;
    const RegisterBus bus_;
    const ChipVariant &variant_;
    Settings settings_;
    Sensors running_ = 0;
    Sensors fifo_sources_ = 0;
    bool fifo_in_order_ = true; ///< else it has to begin anew
    /// What the registers that set() writes hold, as far as that is known.
    std::array<std::optional<std::uint8_t>, 0x80> known_;
};

} // namespace iio::mpu
