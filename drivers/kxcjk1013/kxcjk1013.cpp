// SPDX-License-Identifier: MIT
//
// Kionix KXCJK-1013 and KXTJ2-1009: three axes of 12 bits, +-2 to 8 g, with a rate, and an
// interrupt when they move. I2C at 0x0e or 0x0f, by the pin ADDR.
// Datasheets: KXCJK-1013, KXTJ2-1009.
//
// The part measures as long as the driver lives. It takes settings in standby only.
#include <algorithm>
#include <iio/driver.hpp>

namespace iio::kxcjk1013 {
namespace {

enum : std::uint8_t {
    XOUT_L = 0x06, // x, y, z, low byte first, left-justified
    INT_SOURCE1 = 0x16,
    INT_SOURCE2 = 0x17, // which axis moved, and where to
    INT_REL = 0x1a,     // a read of it ends an interrupt
};
constexpr Field WHO_AM_I{0x0f, 0xff};
constexpr unsigned WUFS = 1 << 1; // in INT_SOURCE1: it moved
constexpr unsigned DRDY = 1 << 4; // a sample is there
constexpr Field WUFE{0x1b, 1 << 1};
constexpr Field GSEL{0x1b, 3 << 3};
constexpr Field DRDYE{0x1b, 1 << 5};
constexpr Field RES{0x1b, 1 << 6}; // 12 bits
constexpr Field PC1{0x1b, 1 << 7}; // 0: standby
constexpr Field OWUF{0x1d, 7 << 0};
constexpr Field IEA{0x1e, 1 << 4}; // 1: active high
constexpr Field IEN{0x1e, 1 << 5};
constexpr Field OSA{0x21, 15 << 0};
constexpr Field WAKEUP_TIMER{0x29, 0xff};
constexpr Field WAKEUP_THRESHOLD{0x6a, 0xff};

constexpr Choices rates{
    .values = micros<781'000, 1'563'000, 3'125'000, 6'250'000, 12'500'000, 25'000'000, 50'000'000,
                     100'000'000, 200'000'000, 400'000'000, 800'000'000, 1'600'000'000>,
    .field = OSA,
    .codes = {8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7},
    .initial = 6};                      // Hz
constexpr unsigned fastest_wake_up = 6; // of OWUF, 50 Hz
constexpr Choices scales{
    .values = micros<9582, 19'163, 38'326>, .field = GSEL, .initial = 1}; // m/s^2

constexpr std::array motion_events{EventSpec::of(EventType::thresh, EventDirection::either,
                                                 EventInfo::value, EventInfo::enable,
                                                 EventInfo::period)};
constexpr auto channel_list =
    axes_and_time(ChannelType::accel, XOUT_L, ScanType::of_signed(12, 16, 4, Endian::little),
                  [](const Channel &axis) {
                      return axis.direct_raw()
                          .setting(Info::scale, scales, Shared::by_type)
                          .unlisted(Info::sampling_frequency, rates, Shared::by_type)
                          .with_events(motion_events)
                          .with_ext_info(mount_matrix<Shared::by_type>);
                  });
constexpr std::array attribute_list{DeviceAttribute::constant(
    "in_accel_sampling_frequency_available",
    "0.781000 1.563000 3.125000 6.250000 12.500000 25 50 100 200 400 800 1600\n")};

enum : std::uint32_t { data_ready, any_motion, events };
constexpr Layout layout{
    // kernel: Any WHO_AM_I is taken.
    .identity = {WHO_AM_I, {}},
    .setup = {FieldValue{PC1, 0}, FieldValue{RES, 1}, FieldValue{WUFE, 0}, FieldValue{IEN, 0}},
    .proof = {PC1, 1},
    .power = {.on = {PC1, 1}, .off = {PC1, 0}, .always_on = true, .settles = 100ms},
    .data_ready = {.triggers = {OwnTrigger::numbered("-dev", true, data_ready),
                                OwnTrigger::numbered("-any-motion-dev", false, any_motion)},
                   .enable = DRDYE,
                   .active_high = IEA},
    .burst = {XOUT_L, 6},
};

class Kxcjk1013 : public RegisterDriver {
public:
    explicit Kxcjk1013(const Hardware &hardware)
        : RegisterDriver{hardware, layout, channel_list, attribute_list}
    {
    }

    /// The part keeps its rate.
    Result<void> probe()
    {
        const unsigned code = IIO_TRY(registers().get(OSA));
        for (unsigned i = 0; i < rates.values.size(); ++i) {
            if (rates.code(i) == code)
                remember(rates, channel_list.front(), i);
        }
        return RegisterDriver::probe();
    }

    // One comparator watches all axes.
    Result<bool> read_event_config(const Channel &, Event) const
    {
        return state_.lock()->needs[events];
    }
    Result<void> write_event_config(const Channel &, Event, bool on) const
    {
        return set_trigger(events, on);
    }
    Result<Value> read_event_value(const Channel &, Event, EventInfo info) const
    {
        const auto state = state_.lock();
        return Int{info == EventInfo::period ? state->period : state->threshold};
    }
    Result<void> write_event_value(const Channel &, Event, EventInfo info, Written written) const
    {
        const auto state = state_.lock();
        if (state->needs[events])
            return fail(EBUSY);
        (info == EventInfo::period ? state->period : state->threshold) = written.integer;
        return {};
    }

    /// A trigger's interrupt, or that of the events, which use any_motion's.
    /// kernel: A written event threshold or period is cut to its low 8 bits, where EINVAL would be
    /// right.
    Result<void> set_trigger(std::uint32_t id, bool on) const
    {
        const auto state = state_.lock();
        if (state->needs[id] == on)
            return {};
        auto needs = state->needs;
        needs[id] = on;
        const bool motion = needs[any_motion] || needs[events];
        IIO_TRY(registers().set(PC1, 0));
        IIO_TRY(registers().set(
            std::array{FieldValue{WAKEUP_TIMER, static_cast<unsigned>(state->period)},
                       FieldValue{WAKEUP_THRESHOLD, static_cast<unsigned>(state->threshold)},
                       FieldValue{IEN, motion || needs[data_ready]}, FieldValue{WUFE, motion},
                       FieldValue{DRDYE, needs[data_ready]}, FieldValue{PC1, 1}}));
        state->needs = needs;
        return {};
    }
    void reenable_trigger(std::uint32_t) const { (void)registers().read(INT_REL); }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto needs = state_.lock()->needs;
        const unsigned source = registers().read(INT_SOURCE1).value_or(0);
        if (source & WUFS && needs[events])
            report_motion(timestamp_ns);
        if (source & WUFS && needs[any_motion])
            host().fire(any_motion, timestamp_ns);
        if (source & DRDY && needs[data_ready])
            host().fire(data_ready, timestamp_ns); // ends when it is enabled again
        else
            (void)registers().read(INT_REL);
    }

protected:
    Result<void> choose(const Choices &setting, const Channel &channel,
                        unsigned index) const override
    {
        const auto state = state_.lock();
        return choose_by(setting, channel, index, [&](unsigned code) -> Result<void> {
            const unsigned before = setting.code(chosen(setting, &channel));
            IIO_TRY(registers().set(PC1, 0));
            if (&setting == &rates)
                IIO_TRY(registers().set(OWUF, std::min(index, fastest_wake_up)));
            IIO_TRY(registers().set(setting.field, code));
            const auto started = registers().set(PC1, 1);
            if (!started) // the next probe takes the rate that the part holds
                (void)registers().set(setting.field, before);
            return started;
        });
    }

private:
    struct State {
        int threshold = 1; // 1/16 g
        int period = 0;    // in samples of OWUF's rate
        std::array<bool, 3> needs{};
    };

    void report_motion(std::int64_t timestamp_ns) const
    {
        const unsigned moved = registers().read(INT_SOURCE2).value_or(0);
        for (std::size_t bit = 0; bit < 6; ++bit) { // z up, z down, y up …
            if (moved & 1U << bit)
                host().push_event(channel_list[2 - bit / 2], EventType::thresh,
                                  bit % 2 ? EventDirection::falling : EventDirection::rising,
                                  timestamp_ns);
        }
    }

    Guarded<State> state_; ///< held while the part is in standby
};

constexpr std::array<std::uint8_t, 2> addresses{0x0e, 0x0f};

template <std::uint16_t code> constexpr Recognition by_who_am_i{layout.format, {WHO_AM_I, {code}}};

} // namespace

IIO_MODULE(kxcjk1013, Kxcjk1013,
           Part{.name = "kxcjk1013", .addresses = addresses, .recognised = by_who_am_i<0x11>},
           Part{.name = "kxtj21009", .addresses = addresses, .recognised = by_who_am_i<0x09>});

} // namespace iio::kxcjk1013
