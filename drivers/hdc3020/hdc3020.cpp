// SPDX-License-Identifier: MIT
//
// TI HDC3020: relative humidity and temperature, measured 10 times a second, with their
// extremes, limits and a heater. I2C at 0x44 to 0x47. Datasheet: HDC3020.
#include <algorithm>
#include <cstdlib>
#include <iio/driver.hpp>

namespace iio::hdc3020 {
namespace {

enum : std::uint16_t {
    MEASURE_10HZ = 0x2737, // by itself, with the least noise
    STOP_MEASURING = 0x3093,
    READ_MEASURED = 0xe000, // temperature, humidity
    READ_MIN_T = 0xe002,
    READ_MAX_T = 0xe003,
    READ_MIN_RH = 0xe004,
    READ_MAX_RH = 0xe005,
    HEATER_DISABLE = 0x3066,
    HEATER_ENABLE = 0x306d,
    HEATER_CONFIGURE = 0x306e,
};
constexpr auto measurement_time = 20ms; // 12.5 ms, typical
constexpr int most_heat = 0x3fff;

/// The limits of both quantities: where the alert is set, and where it ends.
struct Limit {
    std::uint16_t read_set, read_clear, write_set, write_clear;
    int sign; ///< of the hysteresis
};
constexpr Limit high{0xe11f, 0xe114, 0x611d, 0x6116, -1};
constexpr Limit low{0xe102, 0xe109, 0x6100, 0x610b, 1};

/// A quantity is span word / 65535 - zero thousandths; 175 and 45 degrees, 100 and 0 %.
struct Quantity {
    std::size_t place; ///< in READ_MEASURED
    std::uint16_t read_min, read_max;
    int span_fifth, zero;
    int lowest, highest; ///< of a limit
    // A limit's word has the upper bits of the quantity's at this place.
    Field limit;
    int dropped_bits;
};
constexpr int words_fifth = 65'535 / 5;
constexpr Quantity temperature{0,       READ_MIN_T, READ_MAX_T,  35'000, 45'000,
                               -39'872, 124'876,    {0, 0x01ff}, 7};
constexpr Quantity humidity{1, READ_MIN_RH, READ_MAX_RH, 20'000, 0, 0, 99'221, {0, 0xfe00}, 9};

// (raw + offset) * scale; kernel: The scales count 65536 steps, where the datasheet has 65535, and
// the temperature's offset is a whole number.
constexpr Value temperature_scale = FractionalLog2{175'000, 16};
constexpr Value temperature_offset = Int{-16'852};
constexpr Value humidity_scale = FractionalLog2{100'000, 16};
constexpr std::array<Value, 3> heat_range{Int{0}, Int{1}, Int{most_heat}};

constexpr std::array limits{
    EventSpec::of(EventType::thresh, EventDirection::rising, EventInfo::value,
                  EventInfo::hysteresis),
    EventSpec::of(EventType::thresh, EventDirection::falling, EventInfo::value,
                  EventInfo::hysteresis),
};
constexpr std::array channel_list{
    Channel::in(ChannelType::temp)
        .separate(Info::raw, Info::peak, Info::trough)
        .constant(Info::scale, temperature_scale)
        .constant(Info::offset, temperature_offset)
        .with_events(limits),
    Channel::in(ChannelType::humidityrelative)
        .separate(Info::raw, Info::peak, Info::trough)
        .constant(Info::scale, humidity_scale)
        .with_events(limits),
    Channel::out(ChannelType::current).separate(Info::raw).available(Shared::separate, Info::raw),
};
constexpr Layout layout{.format = {.address_bytes = 2}};

constexpr const Quantity &quantity_of(const Channel &channel)
{
    return channel.channel_type() == ChannelType::temp ? temperature : humidity;
}
constexpr const Limit &limit_of(Event event)
{
    return event.direction == EventDirection::rising ? high : low;
}

class Hdc3020 : public RegisterDriver {
public:
    explicit Hdc3020(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list}, commands_{hardware}
    {
    }

    Result<void> probe()
    {
        IIO_TRY(commands_.send(STOP_MEASURING));
        IIO_TRY(commands_.send(MEASURE_10HZ));
        hardware().delay(measurement_time);
        return {};
    }

    /// kernel: The heater can be written and not read.
    Result<Value> read_raw(const Channel &channel, Info info) const
    {
        if (channel.constant_of(info) || channel.is_output())
            return TableDriver::read_raw(channel, info);
        const Quantity &quantity = quantity_of(channel);
        if (info == Info::raw)
            return Int{IIO_TRY(read_word(READ_MEASURED, quantity.place))};
        return Int{IIO_TRY(read_word(info == Info::peak ? quantity.read_max : quantity.read_min))};
    }

    Result<void> write_raw(const Channel &channel, Info info, Written written) const
    {
        if (!channel.is_output() || info != Info::raw || written.integer < 0 ||
            written.integer > most_heat)
            return fail(EINVAL);
        if (written.integer == 0)
            return commands_.send(HEATER_DISABLE);
        const std::array words{static_cast<std::uint16_t>(written.integer)};
        IIO_TRY(commands_.send(HEATER_CONFIGURE, words));
        return commands_.send(HEATER_ENABLE);
    }
    Result<Available> read_avail(const Channel &, Info) const
    {
        return Available::min_step_max(heat_range);
    }

    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const
    {
        const Quantity &quantity = quantity_of(channel);
        const Limit &limit = limit_of(event);
        const std::lock_guard lock{writing_};
        const std::int64_t set = word_of(quantity, IIO_TRY(read_word(limit.read_set)));
        if (info == EventInfo::value)
            return thousandths(set * quantity.span_fifth -
                               std::int64_t{quantity.zero} * words_fifth);
        const std::int64_t clear = word_of(quantity, IIO_TRY(read_word(limit.read_clear)));
        return thousandths(std::abs(set - clear) * quantity.span_fifth);
    }

    /// A new value keeps the hysteresis.
    /// kernel: What stands behind the point of a written limit counts a thousand times too much.
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo info,
                                   Written written) const
    {
        const Quantity &quantity = quantity_of(channel);
        const Limit &limit = limit_of(event);
        const auto wanted = std::int64_t{written.integer} + written.fraction / 1000;
        const std::lock_guard lock{writing_};
        const int set = IIO_TRY(read_word(limit.read_set));
        const int clear = IIO_TRY(read_word(limit.read_clear));
        const int distance = word_of(quantity, clear) - word_of(quantity, set);
        if (info != EventInfo::value) {
            const auto width =
                std::clamp<std::int64_t>(wanted, 0, quantity.highest + quantity.zero);
            const int end = word_of(quantity, set) + limit.sign * to_word(quantity, width);
            return send(limit.write_clear, with(quantity, clear, end));
        }
        const auto value = std::clamp<std::int64_t>(wanted, quantity.lowest, quantity.highest);
        const int new_set = with(quantity, set, to_word(quantity, value + quantity.zero));
        IIO_TRY(send(limit.write_set, new_set));
        const auto wrote =
            send(limit.write_clear, with(quantity, clear, word_of(quantity, new_set) + distance));
        if (!wrote) // the old limit belongs to the old end
            (void)send(limit.write_set, set);
        return wrote;
    }

private:
    static Value thousandths(std::int64_t numerator)
    {
        return Fractional{static_cast<int>(numerator), words_fifth};
    }
    /// The quantity's word that a limit's word stands for.
    static int word_of(const Quantity &quantity, int limit)
    {
        return static_cast<int>(quantity.limit.extract(static_cast<unsigned>(limit))
                                << quantity.dropped_bits);
    }
    /// A limit's word with another word of the quantity.
    static int with(const Quantity &quantity, int limit, int word)
    {
        const int lowest = to_word(quantity, quantity.lowest + quantity.zero);
        const auto inside = static_cast<unsigned>(std::clamp(word, lowest, 0xffff));
        return static_cast<int>((static_cast<unsigned>(limit) & ~quantity.limit.mask) |
                                quantity.limit.place(inside >> quantity.dropped_bits));
    }
    static int to_word(const Quantity &quantity, std::int64_t above_zero)
    {
        return static_cast<int>(above_zero * words_fifth / quantity.span_fifth);
    }

    Result<void> send(unsigned command, int word) const
    {
        return commands_.send(command, std::array{static_cast<std::uint16_t>(word)});
    }
    /// The word at this place of the answer. Errors: EIO: its check byte is wrong.
    Result<int> read_word(unsigned command, std::size_t place = 0) const
    {
        using Answer = std::array<std::uint8_t, 6>;
        const auto answer = IIO_TRY(registers().burst<Answer>(command, 3 * (place + 1)));
        const auto word = std::span{answer}.subspan(3 * place, 3);
        if (Crc8{}.of(word.first(2)) != word[2])
            return fail(EIO);
        return static_cast<int>(big_endian(word.first(2)));
    }

    const Commands commands_;
    mutable std::mutex writing_; ///< a limit and its end
};

constexpr IdentityCommand manufacturer{.command = 0x3781, .codes = {0x3000}};

} // namespace

IIO_MODULE(hdc3020, Hdc3020,
           Part{.name = "hdc3020",
                .addresses = {0x44, 0x45, 0x46, 0x47},
                .recognised = manufacturer});

} // namespace iio::hdc3020
