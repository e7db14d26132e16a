// SPDX-License-Identifier: MIT
#include "chip.hpp"

#include "registers.hpp"

#include <algorithm>
#include <iio/driver/bits.hpp>
#include <thread>

namespace iio::mpu {

namespace {

using namespace std::chrono_literals;

/// WHO_AM_I of the parts that the kernel's driver knows. Which of them it is
/// does not matter there: the board's word counts.
constexpr std::array<std::uint8_t, 13> known_numbers{0x12, 0x20, 0x68, 0x70, 0x71, 0x73, 0x74,
                                                     0x78, 0x98, 0xa6, 0xa9, 0xae, 0xaf};

// From power-up to the first access it is 100 ms at most (PS-MPU-9250A-01 section
// 3.4.2); each of the two resets is given as much.
constexpr auto reset_time = 100ms;
constexpr auto wake_time = 5ms;
// Typically 30 and 35 ms (PS-MPU-9250A-01 section 4.23).
constexpr auto accelerometer_start_up = 30ms;
constexpr auto gyroscope_start_up = 60ms;

/// DLPF_CFG by the bandwidth, of the accelerometer in Hz: the widest that half
/// the sample rate allows, else the narrowest.
constexpr unsigned filter_for(int sample_hz)
{
    constexpr std::array bandwidths_hz{188, 98, 42, 20, 10, 5}; // DLPF_CFG 1 and so on
    unsigned code = 1;
    while (code < bandwidths_hz.size() && bandwidths_hz[code - 1] > sample_hz / 2)
        ++code;
    return code;
}
static_assert(filter_for(1000) == 1 && filter_for(200) == 2 && filter_for(90) == 3 &&
              filter_for(83) == 4 && filter_for(20) == 5 && filter_for(4) == 6);

/// I2C_MST_DLY: the AK8963 is read at 50 Hz or somewhat above at most.
constexpr unsigned master_delay_for(int sample_hz)
{
    return sample_hz > 50 ? static_cast<unsigned>(sample_hz / 50 - 1) : 0;
}

} // namespace

Chip::Chip(const Hardware &hardware, const ChipVariant &variant)
    : hardware_{hardware}, bus_{hardware}, variant_{variant}
{
}

Result<void> Chip::start()
{
    const auto number = IIO_TRY(bus_.read_u8(WHO_AM_I));
    if (!std::ranges::binary_search(known_numbers, number))
        return fail(ENODEV);
    IIO_TRY(reset());
    IIO_TRY(configure_interface());
    return run(0);
}

Result<void> Chip::reset()
{
    known_.fill({});
    running_ = 0;
    IIO_TRY(write(PWR_MGMT_1, DEVICE_RESET));
    known_[PWR_MGMT_1].reset();
    std::this_thread::sleep_for(reset_time);
    if (variant_.resets_paths) {
        IIO_TRY(write(SIGNAL_PATH_RESET, RESET_ALL_PATHS));
        std::this_thread::sleep_for(reset_time);
    }
    return {};
}

Result<void> Chip::configure_interface()
{
    if (hardware_.spi() && variant_.has_i2c_if)
        IIO_TRY(set(I2C_IF, I2C_IF_DIS));
    const auto *line = hardware_.interrupt();
    const bool low = line && line->edge() == Edge::falling;
    const bool bypass = variant_.bypasses && hardware_.i2c();
    return set(INT_PIN_CFG, (low ? INT_LEVEL_LOW : 0) | (bypass ? I2C_BYPASS_EN : 0));
}

std::chrono::milliseconds Chip::sample_period() const
{
    return std::chrono::milliseconds{settings_.divider + 1};
}

Result<void> Chip::change(const Settings &wanted)
{
    if (const auto applied = apply(wanted); !applied) {
        (void)apply(settings_); // what fails here is made good by run()
        return applied;
    }
    settings_ = wanted;
    return {};
}

Result<void> Chip::apply(const Settings &settings)
{
    IIO_TRY(set(GYRO_CONFIG, settings.gyro_range << 3));
    IIO_TRY(set(ACCEL_CONFIG, settings.accel_range << 3));
    IIO_TRY(set(SMPLRT_DIV, settings.divider));
    const unsigned filter = filter_for(settings.hz());
    IIO_TRY(set(CONFIG, filter));
    if (!variant_.first_generation)
        IIO_TRY(set(ACCEL_CONFIG_2, filter));
    if (variant_.sensors & magnetometer)
        IIO_TRY(set(I2C_SLV4_CTRL, master_delay_for(settings.hz())));
    return {};
}

Result<void> Chip::run(Sensors wanted)
{
    const Sensors started = wanted & ~running_;
    running_ &= wanted;
    const bool asleep = known_[PWR_MGMT_1].value_or(SLEEP) & SLEEP;
    // The clock must come from a gyroscope that runs, now and afterwards.
    IIO_TRY(set(PWR_MGMT_1, power_1(wanted, running_ & gyroscope)));
    if (asleep)
        std::this_thread::sleep_for(wake_time);
    IIO_TRY(set(PWR_MGMT_2,
                (wanted & accelerometer ? 0 : STBY_ACCEL) | (wanted & gyroscope ? 0 : STBY_GYRO)));
    IIO_TRY(apply(settings_));
    IIO_TRY(set(USER_CTRL, user_control(wanted)));
    std::this_thread::sleep_for(start_up_time(started));
    IIO_TRY(set(PWR_MGMT_1, power_1(wanted, wanted & gyroscope)));
    running_ = wanted;
    return {};
}

Result<void> Chip::sleep()
{
    if (known_[PWR_MGMT_1].value_or(0) & SLEEP)
        return {};
    IIO_TRY(run(0));
    return set(PWR_MGMT_1, SLEEP | power_1(0, false));
}

/// They begin with a sample, the clock of which may be some percent slow.
Result<void> Chip::run_auxiliary_bus()
{
    IIO_TRY(set(USER_CTRL, user_control(running_ | magnetometer)));
    std::this_thread::sleep_for(sample_period() + 5ms);
    return set(USER_CTRL, user_control(running_));
}

unsigned Chip::power_1(Sensors on, bool gyroscope_clock) const
{
    return (on & thermometer ? 0 : TEMP_DIS) |
           (gyroscope_clock || !variant_.first_generation ? CLKSEL_PLL : 0);
}

unsigned Chip::user_control(Sensors on) const
{
    return (hardware_.spi() && !variant_.has_i2c_if ? USER_CTRL_I2C_IF_DIS : 0) |
           (on & magnetometer ? USER_CTRL_I2C_MST_EN : 0) | (fifo_sources_ ? USER_CTRL_FIFO_EN : 0);
}

/// The registers of the results are written once a sample, those of the
/// magnetometer at most 50 times a second: the first such time makes it
/// measure, the next one reads that.
std::chrono::milliseconds Chip::start_up_time(Sensors started) const
{
    auto time = 0ms;
    if (started & accelerometer)
        time = accelerometer_start_up;
    if (started & gyroscope)
        time = gyroscope_start_up;
    if (started)
        time += sample_period();
    if (started & magnetometer)
        time = std::max(time, 3 * std::max(sample_period(), 20ms));
    return time;
}

Result<void> Chip::start_fifo(Sensors sources)
{
    fifo_sources_ = sources;
    return restart_fifo();
}

Result<void> Chip::restart_fifo()
{
    fifo_in_order_ = false;
    IIO_TRY(set(FIFO_EN, 0));
    const auto control = user_control(running_);
    IIO_TRY(write(USER_CTRL, (control & ~USER_CTRL_FIFO_EN) | USER_CTRL_FIFO_RESET));
    IIO_TRY(set(FIFO_EN, (fifo_sources_ & accelerometer ? FIFO_EN_ACCEL : 0) |
                             (fifo_sources_ & gyroscope ? FIFO_EN_GYRO : 0) |
                             (fifo_sources_ & thermometer ? FIFO_EN_TEMP : 0) |
                             (fifo_sources_ & magnetometer ? FIFO_EN_SLV0 : 0)));
    IIO_TRY(set(USER_CTRL, control));
    fifo_in_order_ = true;
    return {};
}

Result<void> Chip::stop_fifo()
{
    fifo_sources_ = 0;
    IIO_TRY(set(FIFO_EN, 0));
    return set(USER_CTRL, user_control(running_));
}

/// In the order of the registers: what slave 0 reads comes last, three words
/// and a status.
std::size_t Chip::sample_bytes() const
{
    return (fifo_sources_ & accelerometer ? 6U : 0U) + (fifo_sources_ & thermometer ? 2U : 0U) +
           (fifo_sources_ & gyroscope ? 6U : 0U) + (fifo_sources_ & magnetometer ? 7U : 0U);
}

Result<std::size_t> Chip::count_fifo()
{
    const std::size_t size = sample_bytes();
    if (size == 0 || !(IIO_TRY(bus_.read_u8(INT_STATUS)) & DATA_RDY))
        return 0U;
    const std::size_t bytes = big_endian(IIO_TRY(bus_.read<2>(FIFO_COUNTH)));
    // Without room for another sample one may have been cut already.
    if (fifo_in_order_ && bytes + size <= variant_.fifo_bytes)
        return bytes / size;
    IIO_TRY(restart_fifo());
    return 0U;
}

Result<void> Chip::read_fifo(std::span<std::uint8_t> sample)
{
    const auto read = bus_.read(FIFO_R_W, sample);
    if (!read)
        fifo_in_order_ = false; // where the next sample begins is not known
    return read;
}

Result<void> Chip::set(std::uint8_t reg, unsigned value)
{
    if (known_[reg] == static_cast<std::uint8_t>(value))
        return {};
    return write(reg, value);
}

Result<void> Chip::write(std::uint8_t reg, unsigned value)
{
    const auto byte = static_cast<std::uint8_t>(value);
    const bool tracked = reg < known_.size();
    if (tracked)
        known_[reg].reset(); // also where the write fails: it may have arrived
    IIO_TRY(bus_.write_u8(reg, byte));
    if (tracked)
        known_[reg] = byte;
    return {};
}

Result<int> Chip::read_word(std::uint8_t reg) const
{
    return sign_extend(big_endian(IIO_TRY(bus_.read<2>(reg))), 16);
}

/// In one transaction: the two bytes are one number.
Result<void> Chip::write_word(std::uint8_t reg, int value)
{
    return bus_.write(
        reg, std::array{static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
}

} // namespace iio::mpu
