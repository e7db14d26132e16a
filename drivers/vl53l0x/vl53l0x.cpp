// SPDX-License-Identifier: MIT
//
// ST VL53L0X: distance by time of flight, to 2 m in the dark. I2C at 0x29.
// Datasheet: DocID029104; registers: UM2039, VL53L0X API.
#include <iio/driver.hpp>

namespace iio::vl53l0x {
namespace {

constexpr std::uint8_t SYSRANGE_START = 0x00;
constexpr Field RANGE_READY{0x14, 1 << 0}; // RESULT_RANGE_STATUS
constexpr unsigned single_shot = 1;

/// From RESULT_RANGE_STATUS on.
struct Result_Range {
    std::uint8_t status;
    std::array<std::uint8_t, 9> rates;
    BeU16 millimetres;
};

/// A range takes 33 ms with the timing budget after power-up.
constexpr auto poll_time = 5ms;
constexpr int most_polls = 20;

constexpr Value metres = IntPlusMicro{0, 1'000};
constexpr std::array channel_list{
    Channel::in(ChannelType::distance).separate(Info::raw).constant(Info::scale, metres),
};
constexpr Layout layout{.identity = {{0xc0, 0xff}, {0xee}}}; // Model ID

class Vl53l0x : public RegisterDriver {
public:
    explicit Vl53l0x(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    /// Errors: ETIMEDOUT: the part does not end a range.
    Result<int> read_sample(const Channel &) const override
    {
        const std::lock_guard lock{ranging_};
        IIO_TRY(registers().poke(SYSRANGE_START, single_shot));
        for (int polls = 0; polls < most_polls; ++polls) {
            hardware().delay(poll_time);
            const auto range = IIO_TRY(registers().burst<Result_Range>(RANGE_READY.reg));
            if (RANGE_READY.extract(range.status))
                return range.millimetres;
        }
        return fail(ETIMEDOUT);
    }

    /// There is nothing to configure: the part has to answer.
    Result<bool> is_configured() const
    {
        IIO_TRY(registers().get(RANGE_READY));
        return true;
    }

private:
    mutable std::mutex ranging_; ///< the part holds the last range
};

} // namespace

IIO_MODULE(vl53l0x, Vl53l0x, Part{.name = "vl53l0x", .addresses = {0x29}, .recognised = layout});

} // namespace iio::vl53l0x
