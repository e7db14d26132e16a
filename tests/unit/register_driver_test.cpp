// SPDX-License-Identifier: MIT
//
// A RegisterDriver's promises, on a made-up part whose tables have one of each kind.
#include "register_bench.hpp"

#include <iio/driver/register_driver.hpp>
#include <iio/host/device.hpp>
#include <sim/simulated_timing.hpp>

namespace register_driver_test {

namespace {

using namespace iio;
using namespace std::chrono_literals;
using Write = RegisterChip::Write;
using Writes = std::vector<Write>;

constexpr Field ID{0x00, 0xff};
constexpr Field RUN{0x01, 0x80};
constexpr Field RATE{0x01, 0x07};
constexpr Field RANGE{0x02, 0x30};
constexpr Field LOW{0x03, 0x02};
constexpr Field READY_EN{0x03, 0x01};
constexpr Field READY{0x04, 0x01};
constexpr std::uint8_t OUT = 0x10;

constexpr Choices rates{.values = ints<1, 10, 100>, .field = RATE, .codes = codes_from(1)};
constexpr Choices ranges{
    .values = micros<9806, 19613>, .field = RANGE, .codes = {0, 2}, .initial = 1};
constexpr Choices z_ranges{.values = micros<1000, 2000>, .field = RANGE, .codes = {0, 2}};
constexpr Choices counts{.values = ints<1, 2, 4>, .initial = 2};
constexpr Value offset = Int{-7};

constexpr Channel add(const Channel &axis)
{
    return axis.separate(Info::raw)
        .setting(Info::scale, axis.channel_modifier() == Modifier::z ? z_ranges : ranges,
                 Shared::separate)
        .setting(Info::sampling_frequency, rates, Shared::by_all)
        .setting(Info::oversampling_ratio, counts, Shared::separate)
        .constant(Info::offset, offset);
}
constexpr auto channel_list =
    join(axes(ChannelType::accel, OUT, ScanType::of_signed(12, 16, 4, Endian::little), add),
         Channel::timestamp(3));
constexpr std::array setup{FieldValue{{0x05, 0x0f}, 9}};
constexpr std::array trigger_list{OwnTrigger::named("-trigger", true)};
constexpr Layout layout{
    .identity = {ID, {0x33, 0x34}},
    .reset = FieldValue{{0x06, 0xff}, 0xb6},
    .start_up = 5ms,
    .setup = setup,
    .proof = {{0x05, 0x0f}, 9},
    .power = {.on = {RUN, 1}, .off = {RUN, 0}, .settles = 20ms},
    .data_ready = {.triggers = trigger_list,
                   .enable = READY_EN,
                   .active_low = LOW,
                   .status = READY},
    .burst = {OUT, 6},
};

constexpr std::array switched_channels{
    Channel::in(ChannelType::temp).setting(Info::sampling_frequency, rates, Shared::by_all)};
constexpr std::chrono::microseconds time_of_sample(unsigned rate)
{
    return std::chrono::microseconds{1s} / std::get<Int>(rates.values[rate]).value;
}
constexpr Layout switched_by_rate{
    .power = {.off = {RATE, 0}, .on_by = &rates, .settles_at = time_of_sample}};

class SwitchedByRate : public RegisterDriver {
public:
    explicit SwitchedByRate(const Hardware &hardware)
        : RegisterDriver{hardware, switched_by_rate, switched_channels}
    {
    }
};

/// A part by the tables in its data.
class Settling : public RegisterDriver {
public:
    using RegisterDriver::read_settled;
    using RegisterDriver::RegisterDriver;
    using RegisterDriver::wait_until;
};
constexpr RegisterPart settling{layout, channel_list};

constexpr Layout with_flag_in_sample{
    .data_ready = {.triggers = trigger_list, .status = {OUT, 0x01}, .status_in_sample = true}};

class WithFlagInSample : public RegisterDriver {
public:
    explicit WithFlagInSample(const Hardware &hardware)
        : RegisterDriver{hardware, with_flag_in_sample, channel_list}
    {
    }
};

constexpr Choices kept_ranges{
    .values = ints<2, 4, 8>, .field = RANGE, .codes = {0, 1, 3}, .initial = 2, .kept = true};
constexpr std::array kept_channels{
    Channel::in(ChannelType::temp).setting(Info::scale, kept_ranges, Shared::by_all)};
constexpr Layout in_halves{.power = {.on = {RUN, 1},
                                     .off = {RUN, 0},
                                     .also_on = {READY_EN, 1},
                                     .also_off = {READY_EN, 0},
                                     .always_on = true}};

class InHalves : public RegisterDriver {
public:
    explicit InHalves(const Hardware &hardware) : RegisterDriver{hardware, in_halves, kept_channels}
    {
    }
};

/// Knows which of its registers were read.
class WatchedChip final : public RegisterChip {
public:
    mutable std::vector<unsigned> read;

private:
    std::uint8_t load(std::uint8_t reg) const override
    {
        read.push_back(reg);
        return RegisterChip::load(reg);
    }
};

class Part3 : public RegisterDriver {
public:
    explicit Part3(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}
};
static_assert(Driver<Part3>);

/// The part, probed and registered; its waits take no time.
struct Bench {
    explicit Bench(unsigned id = 0x33) { chip.set(0x00, id); }
    Result<void> bind(const InterruptLine *line = nullptr)
    {
        const auto hardware =
            Hardware{"part3", chip, supplies}.with_timing(timing).with_interrupt(line);
        auto probed = IIO_TRY((Device<Part3, Unregistered>::probe(hardware)));
        device.emplace(IIO_TRY(std::move(probed).register_on(registry)));
        return {};
    }
    std::string read(const std::string &path) const
    {
        const auto text = device->view().read(path);
        return text ? text->substr(0, text->size() - 1) : iio::errno_name(text.error().value());
    }
    std::string write(const std::string &path, const std::string &text) const
    {
        const auto wrote = device->view().write(path, text);
        return wrote ? "ok" : iio::errno_name(wrote.error().value());
    }

    RegisterChip chip;
    Supplies supplies;
    sim::SimulatedTiming timing;
    Registry registry;
    std::optional<Device<Part3, Registered>> device;
};

} // namespace

TEST_CASE("probe recognises the part, resets it, and writes setup and initial settings")
{
    Bench bench;
    const auto before = bench.timing.now();
    REQUIRE(bench.bind());
    CHECK(bench.timing.now() - before >= 5ms);
    CHECK(bench.chip.take_writes() ==
          Writes{{0x06, 0xb6}, {0x05, 0x09}, {0x02, 0x20}, {0x01, 0x01}});
    CHECK(Bench{0x34}.bind());
    CHECK(Bench{0x35}.bind().error() == Errno{ENODEV});
}

TEST_CASE("the output is programmed for the line's edge where it is wired")
{
    Bench bench;
    const sim::SimulatedLine line{Edge::falling};
    REQUIRE(bench.bind(&line));
    CHECK(bench.chip.get(0x03) == 0x02);
}

TEST_CASE("a setting is shown, listed, parsed, found, written and remembered")
{
    Bench bench;
    REQUIRE(bench.bind());
    (void)bench.chip.take_writes();
    CHECK(bench.read("sampling_frequency") == "1");
    CHECK(bench.read("sampling_frequency_available") == "1 10 100");
    CHECK(bench.write("sampling_frequency", "100\n") == "ok");
    CHECK(bench.chip.take_writes() == Writes{{0x01, 0x03}});
    CHECK(bench.read("sampling_frequency") == "100");
    CHECK(bench.write("sampling_frequency", "50\n") == "EINVAL");
    CHECK(bench.write("sampling_frequency", "100.5\n") == "EINVAL");
    CHECK(bench.read("sampling_frequency") == "100");
}

TEST_CASE("settings of one field share the choice, whatever values each shows for it")
{
    Bench bench;
    REQUIRE(bench.bind());
    CHECK(bench.read("in_accel_x_scale") == "0.019613");
    CHECK(bench.read("in_accel_z_scale") == "0.002000");
    CHECK(bench.write("in_accel_z_scale", "0.001\n") == "ok");
    CHECK(bench.read("in_accel_x_scale") == "0.009806");
}

TEST_CASE("a setting without a field is each channel's own")
{
    Bench bench;
    REQUIRE(bench.bind());
    (void)bench.chip.take_writes();
    CHECK(bench.write("in_accel_x_oversampling_ratio", "1\n") == "ok");
    CHECK(bench.chip.take_writes().empty());
    CHECK(bench.read("in_accel_x_oversampling_ratio") == "1");
    CHECK(bench.read("in_accel_y_oversampling_ratio") == "4");
}

TEST_CASE("a write that the bus loses leaves the setting as it was")
{
    Bench bench;
    REQUIRE(bench.bind());
    bench.chip.fail_transfer(1);
    CHECK(bench.write("sampling_frequency", "10\n") == "EREMOTEIO");
    CHECK(bench.read("sampling_frequency") == "1");
}

TEST_CASE("a constant is shown, and no write is taken")
{
    Bench bench;
    REQUIRE(bench.bind());
    CHECK(bench.read("in_accel_x_offset") == "-7");
    CHECK(bench.write("in_accel_x_offset", "3\n") == "EINVAL");
}

TEST_CASE("a raw read wakes the part, waits until it has settled, and puts it to sleep")
{
    Bench bench;
    REQUIRE(bench.bind());
    bench.chip.set_word(OUT + 2, 0x8010);
    (void)bench.chip.take_writes();
    const auto before = bench.timing.now();
    CHECK(bench.read("in_accel_y_raw") == "-2047");
    CHECK(bench.timing.now() - before >= 20ms);
    CHECK(bench.chip.take_writes() == Writes{{0x01, 0x81}, {0x01, 0x01}});
}

TEST_CASE("a sample is read once the part has been awake long enough, whoever woke it")
{
    RegisterChip chip;
    chip.set(0x00, 0x33);
    const sim::SimulatedTiming timing;
    const Settling driver{
        Hardware{"part", chip, Supplies{}}.with_timing(timing).with_data(settling)};
    const Channel &channel = driver.channels().front();
    const auto time_of_read = [&] {
        const auto before = timing.now();
        REQUIRE(driver.read_settled(channel, 1min));
        return timing.now() - before;
    };
    CHECK(time_of_read() >= 1min + 20ms);
    CHECK(time_of_read() >= 1min + 20ms);
    REQUIRE(driver.start_buffer({}));
    CHECK(time_of_read() >= 59s);
    CHECK(time_of_read() < 59s);
    REQUIRE(driver.stop_buffer());
    CHECK(time_of_read() >= 1min + 20ms);
}

TEST_CASE("a driver waits for a field as often and as long as it says")
{
    WatchedChip chip;
    const sim::SimulatedTiming timing;
    const Settling driver{
        Hardware{"part", chip, Supplies{}}.with_timing(timing).with_data(settling)};
    constexpr Polls polls{.pause = 1min, .most = 3, .error = ETIMEDOUT};
    const auto before = timing.now();
    CHECK(driver.wait_until({READY, 1}, polls) == fail(ETIMEDOUT));
    CHECK(chip.read.size() == 3);
    CHECK(timing.now() - before >= 3min);
    CHECK(timing.now() - before < 4min);
    chip.set(READY.reg, 1);
    CHECK(driver.wait_until({READY, 1}, polls));
    CHECK(chip.read.size() == 4);
    CHECK(timing.now() - before < 4min);
    chip.fail_transfer(1);
    CHECK(driver.wait_until({READY, 1}, polls) == fail(EREMOTEIO));
}

TEST_CASE("a rate that switches the part on is written only while the part is awake")
{
    RegisterChip chip;
    const Supplies supplies;
    SwitchedByRate driver{Hardware{"part", chip, supplies}};
    REQUIRE(driver.probe());
    const Channel &channel = driver.channels().front();
    REQUIRE(driver.write_raw(channel, Info::sampling_frequency, {100, 0}));
    CHECK(chip.take_writes().empty());
    REQUIRE(driver.start_buffer({}));
    CHECK(chip.take_writes() == Writes{{0x01, 0x03}});
    REQUIRE(driver.write_raw(channel, Info::sampling_frequency, {10, 0}));
    CHECK(chip.take_writes() == Writes{{0x01, 0x02}});
    REQUIRE(driver.stop_buffer());
    CHECK(chip.take_writes() == Writes{{0x01, 0x00}});
}

TEST_CASE("a part that its rate switches on settles at that rate")
{
    RegisterChip chip;
    const Supplies supplies;
    const sim::SimulatedTiming timing;
    SwitchedByRate driver{Hardware{"part", chip, supplies}.with_timing(timing)};
    REQUIRE(driver.probe());
    const Channel &channel = driver.channels().front();
    REQUIRE(driver.write_raw(channel, Info::sampling_frequency, {10, 0}));
    const auto before = timing.now();
    REQUIRE(driver.start_buffer({}));
    CHECK(timing.now() - before >= 100ms);
}

TEST_CASE("a setting that the part keeps is what it holds, and is not written at probe")
{
    RegisterChip chip;
    const Supplies supplies;
    const auto shown_with = [&](unsigned word) {
        chip.set(RANGE.reg, word);
        InHalves driver{Hardware{"part", chip, supplies}};
        REQUIRE(driver.probe());
        CHECK(chip.get(RANGE.reg) == word);
        const auto value = driver.read_raw(driver.channels().front(), Info::scale);
        return std::get<Int>(value.value()).value;
    };
    CHECK(shown_with(0x10) == 4);
    CHECK(shown_with(0x30) == 8);
    CHECK(shown_with(0x00) == 2);
    CHECK(shown_with(0x20) == 8); // a code of no value: the initial one
}

TEST_CASE("both halves of a part wake up with it and fall asleep with it")
{
    RegisterChip chip;
    const Supplies supplies;
    {
        InHalves driver{Hardware{"part", chip, supplies}};
        REQUIRE(driver.probe());
        CHECK(chip.take_writes() == Writes{{RUN.reg, 0x80}, {READY_EN.reg, 0x01}});
    }
    CHECK(chip.take_writes() == Writes{{RUN.reg, 0x00}, {READY_EN.reg, 0x00}});
}

TEST_CASE("a flag in the low byte of a sample is read with the high byte, which it would lock")
{
    WatchedChip chip;
    const Supplies supplies;
    const WithFlagInSample driver{Hardware{"part", chip, supplies}};
    driver.handle_interrupt(0);
    CHECK(chip.read == std::vector<unsigned>{OUT, OUT + 1});
}

TEST_CASE("a part that was reset does not hold its proof")
{
    Bench bench;
    REQUIRE(bench.bind());
    CHECK(bench.device->driver().is_configured() == true);
    bench.chip.set(0x05, 0);
    CHECK(bench.device->driver().is_configured() == false);
}

TEST_CASE("the last use puts the part to sleep, an earlier one does not")
{
    RegisterChip chip;
    std::vector<bool> turns;
    const Power power{Hardware{"part", chip, Supplies{}}, [&](bool on) {
                          turns.push_back(on);
                          return Result<void>{};
                      }};
    auto first = power.use();
    auto second = power.use();
    CHECK(first->woke());
    CHECK_FALSE(second->woke());
    REQUIRE(first->end());
    CHECK(turns == std::vector{true});
    REQUIRE(second->end());
    CHECK(turns == std::vector{true, false});
}

TEST_CASE("a part that cannot be woken is not in use")
{
    RegisterChip chip;
    int tries = 0;
    const Power power{Hardware{"part", chip, Supplies{}}, [&](bool) -> Result<void> {
                          return ++tries == 1 ? fail(EREMOTEIO) : Result<void>{};
                      }};
    CHECK(power.use().error() == Errno{EREMOTEIO});
    CHECK(power.use()->woke());
}

TEST_CASE("an idle time keeps the part awake between uses, and the driver's end ends it")
{
    RegisterChip chip;
    std::vector<bool> turns;
    {
        const Power power{Hardware{"part", chip, Supplies{}},
                          [&](bool on) {
                              turns.push_back(on);
                              return Result<void>{};
                          },
                          10min};
        REQUIRE(power.use());
        CHECK_FALSE(power.use()->woke());
        CHECK(turns == std::vector{true});
    }
    CHECK(turns == std::vector{true, false});
}

TEST_CASE("a part is told by the codes in its data, unless its row says how")
{
    static constexpr RegisterPart with_codes{.layout = {.identity = {ID, {0x60}}},
                                             .channels = channel_list};
    static constexpr RegisterPart takes_any{
        .layout = {.identity = {.field = ID, .codes = {0x61}, .takes_any = true}},
        .channels = channel_list};
    static constexpr RegisterPart without{.layout = {.identity = {.field = ID}},
                                          .channels = channel_list};
    struct Variant {
        int bits;
        Identity identity;
    };
    static constexpr Variant variant{12, {ID, {0x62}}};
    const auto code_of = [](const Part &part) {
        const auto told = part.recognition();
        return told.exists() ? int{*told.identity().codes.begin()} : -1;
    };
    CHECK(code_of({.name = "part", .data = with_codes}) == 0x60);
    CHECK(code_of({.name = "part", .data = takes_any}) == 0x61);
    CHECK(code_of({.name = "part", .data = variant}) == 0x62);
    CHECK(code_of({.name = "part", .data = without}) == -1);
    CHECK(code_of({.name = "part"}) == -1);
    CHECK(code_of({.name = "part",
                   .data = with_codes,
                   .recognised = {RegisterFormat{}, {ID, {0x63}}}}) == 0x63);
    CHECK(Part{.name = "part", .data = with_codes, .recognised = Untold{"why"}}
              .recognition()
              .why_not() == "why");
}

} // namespace register_driver_test
