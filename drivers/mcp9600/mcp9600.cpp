// SPDX-License-Identifier: MIT
//
// Microchip MCP9600: thermocouple to digital converter with its cold junction. I2C at 0x60 to
// 0x67. Datasheet: DS20005426.
//
// The thermocouple is of type K, the part's own default.
//
// The part has four alert outputs. The interrupt line is that of alert 1, which compares the
// thermocouple with a limit above it.
#include <algorithm>
#include <cstdlib>
#include <iio/driver.hpp>

namespace iio::mcp9600 {
namespace {

enum : std::uint8_t {
    HOT_JUNCTION = 0x00,
    COLD_JUNCTION = 0x02,
    ALERT1_HYSTERESIS = 0x0c, // degrees Celsius
    ALERT1_LIMIT = 0x10,      // of the bits of a temperature the part has all but two
};
constexpr Field ALERT1_STATUS{0x04, 1 << 0};
constexpr Field ALERT1_CONFIGURATION{0x08, 0xff};
constexpr Field ALERT1_ENABLE{0x08, 1 << 0};
constexpr Field ALERT1_CLEAR{0x08, 1 << 7};
constexpr unsigned active_high = 1 << 2;
constexpr unsigned until_cleared = 1 << 1; // interrupt mode; 0: while the limit is exceeded
constexpr Field DEVICE_ID{0x20, 0xff};

constexpr Value sixteenth_of_degree = IntPlusMicro{62, 500'000};
constexpr int micro_per_step = 62'500;
constexpr auto sample = ScanType::of_signed(16, 16, 0, Endian::big);

constexpr std::array alerts{EventSpec::of(EventType::thresh, EventDirection::rising,
                                          EventInfo::enable, EventInfo::value,
                                          EventInfo::hysteresis)};
constexpr Channel thermocouple = Channel::in(ChannelType::temp)
                                     .at(HOT_JUNCTION)
                                     .separate(Info::raw)
                                     .constant(Info::scale, sixteenth_of_degree)
                                     .sample(sample);
constexpr Channel cold_junction = Channel::in(ChannelType::temp)
                                      .modifier(Modifier::temp_ambient)
                                      .at(COLD_JUNCTION)
                                      .separate(Info::raw)
                                      .constant(Info::scale, sixteenth_of_degree)
                                      .sample(sample);
constexpr std::array channel_list{thermocouple, cold_junction};
constexpr std::array channels_with_alert{thermocouple.with_events(alerts), cold_junction};
constexpr Layout layout{.identity = {DEVICE_ID, {0x40}}};

class Mcp9600 : public RegisterDriver {
public:
    explicit Mcp9600(const Hardware &hardware)
        : RegisterDriver{hardware, layout,
                         hardware.interrupt() ? ChannelTable{channels_with_alert}
                                              : ChannelTable{channel_list}}
    {
    }

    Result<void> probe()
    {
        IIO_TRY(RegisterDriver::probe());
        const auto edge = hardware().interrupt_edge();
        if (!edge)
            return {};
        return registers().set(ALERT1_CONFIGURATION,
                               until_cleared | (*edge == Edge::rising ? active_high : 0));
    }

    Result<bool> read_event_config(const Channel &, Event) const
    {
        return IIO_TRY(registers().get(ALERT1_ENABLE)) != 0;
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        return registers().set(ALERT1_ENABLE, on);
    }

    // kernel: Event limits and hystereses are degrees Celsius, neither raw counts nor thousandths.
    Result<Value> read_event_value(const Channel &channel, Event, EventInfo info) const
    {
        if (info == EventInfo::hysteresis)
            return Int{static_cast<int>(IIO_TRY(registers().read(ALERT1_HYSTERESIS)))};
        return FractionalLog2{IIO_TRY(read_sample(channel.at(ALERT1_LIMIT))), 4};
    }

    // kernel: A written event limit or hysteresis out of range is cut to it, a hysteresis loses its
    // sign, and a limit is computed in 32 bits.
    Result<void> write_event_value(const Channel &, Event, EventInfo info, Written written) const
    {
        if (info == EventInfo::hysteresis)
            return registers().write(ALERT1_HYSTERESIS, static_cast<unsigned>(std::min(
                                                            std::abs(std::int64_t{written.integer}),
                                                            std::int64_t{0xff})));
        const auto micro = static_cast<std::int32_t>(written.millionths());
        const int steps = std::clamp(micro, -200'000'000, 1'800'000'000) / micro_per_step;
        return registers().write_burst(ALERT1_LIMIT, big_endian_bytes<2>(steps));
    }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        if (registers().get(ALERT1_STATUS).value_or(0) != 0)
            host().push_event(thermocouple, EventType::thresh, EventDirection::rising,
                              timestamp_ns);
        (void)registers().order({ALERT1_CLEAR, 1});
    }
};

} // namespace

IIO_MODULE(mcp9600, Mcp9600,
           Part{.name = "mcp9600",
                .addresses = {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67},
                .recognised = layout});

} // namespace iio::mcp9600
