// SPDX-License-Identifier: MIT
//
// The MAX1363 family on a chip that says what it was told: every code, which
// sequence takes what, what the monitor is told and what its alarms become.
#include "device_bench.hpp"

#include <core/software_triggers.hpp>
#include <iio/driver/event_code.hpp>
#include <mutex>
#include <utility>

namespace max1363_test {

namespace {

using namespace iio;

/// Keeps what is written, and answers all reads alike.
class FakeConverter final : public I2cClient {
public:
    Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        const std::lock_guard lock{mutex_};
        if (fail_in_ > 0 && --fail_in_ == 0)
            return fail(EREMOTEIO);
        for (const auto &message : messages) {
            if (message.is_read()) {
                log_.push_back("r:" + std::to_string(message.in().size()));
                std::ranges::copy_n(reply_.begin(),
                                    static_cast<std::ptrdiff_t>(message.in().size()),
                                    message.in().begin());
            } else {
                log_.push_back(hex(message.out()));
            }
        }
        return {};
    }
    void set_reply(std::vector<std::uint8_t> bytes)
    {
        const std::lock_guard lock{mutex_};
        bytes.resize(24);
        reply_ = std::move(bytes);
    }
    /// The transfers since the last call: "a261", "r:2".
    std::vector<std::string> take_log()
    {
        const std::lock_guard lock{mutex_};
        return std::exchange(log_, {});
    }
    /// The n-th transfer from now fails.
    void fail_transfer(int n)
    {
        const std::lock_guard lock{mutex_};
        fail_in_ = n;
    }

private:
    static std::string hex(std::span<const std::uint8_t> bytes)
    {
        constexpr std::string_view digits = "0123456789abcdef";
        std::string text;
        for (const auto byte : bytes) {
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
        return text;
    }

    mutable std::mutex mutex_;
    mutable std::vector<std::string> log_;
    mutable int fail_in_ = 0;
    std::vector<std::uint8_t> reply_ = std::vector<std::uint8_t>(24);
};

using Log = std::vector<std::string>;

struct Bench : OnChip<FakeConverter>, DeviceBench {
    explicit Bench(std::string_view part)
    {
        REQUIRE(bind(part, chip, &line));
        chip.take_log();
    }
    std::string watch(const std::string &channel, const std::string &direction, bool on = true)
    {
        return write("events/in_" + channel + "_thresh_" + direction + "_en", on ? "1" : "0");
    }
    std::string set_bound(const std::string &channel, const std::string &direction, int code)
    {
        return write("events/in_" + channel + "_thresh_" + direction + "_value",
                     std::to_string(code));
    }
    /// What is written when these channels are captured, the buffer being left on.
    Log start(const std::vector<std::string> &channels)
    {
        const auto trigger = std::make_shared<core::SysfsTrigger>(1);
        (void)registry.add_trigger(trigger);
        REQUIRE(write("trigger/current_trigger", trigger->name()) == "ok");
        for (const auto &channel : channels)
            REQUIRE(write("scan_elements/in_" + channel + "_en", "1") == "ok");
        REQUIRE(write("buffer/enable", "1") == "ok");
        return chip.take_log();
    }
};

/// The bytes of a code, all bits above it ones as the chip sends them.
std::vector<std::uint8_t> sample(unsigned code, unsigned bits)
{
    if (bits == 8)
        return {static_cast<std::uint8_t>(code)};
    const unsigned word = ~((1U << bits) - 1) | code;
    return {static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word)};
}

/// The next events, as many as are told; waits for them.
std::vector<std::uint64_t> next_events(core::EventQueue &queue, std::size_t count)
{
    std::vector<std::uint64_t> codes;
    core::Cancellation never;
    while (codes.size() < count) {
        std::array<iio_event_data, 16> records{};
        const auto read = queue.read(records, false, never);
        REQUIRE(read);
        for (std::size_t i = 0; i < *read; ++i)
            codes.push_back(records[i].id);
    }
    return codes;
}

std::uint64_t alarm(int input, EventDirection direction)
{
    return event_code(Channel::in(ChannelType::voltage, input), EventType::thresh, direction);
}

/// Bounds that no code is beyond.
constexpr auto unbounded = "000fff";

/// What makes the chip watch, in two messages; a word for each input.
Log watching(const std::string &ain0, const std::string &ain1, const std::string &ain2,
             const std::string &ain3, unsigned delay = 0)
{
    constexpr std::string_view digits = "0123456789abcdef";
    return {std::string{"47a30"} + digits[2 * delay] + ain0 + ain1 + ain2 + ain3,
            std::string{"a3f"} + digits[2 * delay + 1]};
}

} // namespace

TEST_CASE("every code of an input is read as it is, every code of a pair with its sign")
{
    struct Family {
        std::string part;
        unsigned bits;
    };
    const auto family = GENERATE(Family{"max1039", 8}, Family{"max1362", 10},
                                 Family{"max11614", 12}, Family{"max11647", 10});
    Bench bench{family.part};
    const unsigned codes = 1U << family.bits;
    unsigned wrong = 0;
    for (unsigned code = 0; code < codes; ++code) {
        bench.chip.set_reply(sample(code, family.bits));
        wrong += bench.read("in_voltage1_raw") != std::to_string(code);
        const int difference = static_cast<int>(code) - (code < codes / 2 ? 0 : 1 << family.bits);
        wrong += bench.read("in_voltage0-voltage1_raw") != std::to_string(difference);
        wrong += bench.read("in_voltage1-voltage0_raw") != std::to_string(difference);
    }
    CHECK(wrong == 0);
}

TEST_CASE("one byte is read of 8 bits, two of more")
{
    Bench narrow{"max11602"};
    (void)narrow.read("in_voltage7_raw");
    CHECK(narrow.chip.take_log() == Log{"a26f", "r:1"});
    Bench wide{"max11610"};
    (void)wide.read("in_voltage11-voltage10_raw");
    CHECK(wide.chip.take_log() == Log{"a276", "r:2"});
}

TEST_CASE("the shortest sequence that has all channels is the one that the kernel takes")
{
    struct Capture {
        std::string part;
        std::vector<std::string> channels;
        std::string config;
    };
    const auto capture = GENERATE(values<Capture>({
        {"max1363", {"voltage2"}, "65"},
        {"max1363", {"voltage0", "voltage1"}, "03"},
        {"max1363", {"voltage2", "voltage3"}, "07"}, // SCAN 2 would be the monitor
        {"max1137", {"voltage2", "voltage3"}, "47"},
        {"max1137", {"voltage1", "voltage2"}, "05"},
        {"max11603", {"voltage6", "voltage7"}, "4f"},
        {"max11603", {"voltage5", "voltage7"}, "0f"},
        {"max11603", {"voltage4-voltage5", "voltage6-voltage7"}, "0c"},
        {"max1239", {"voltage7", "voltage9"}, "53"},
        {"max1239", {"voltage5", "voltage9"}, "13"},
        {"max1239", {"voltage4-voltage5", "voltage6-voltage7"}, "0c"},
        {"max1239", {"voltage6-voltage7", "voltage8-voltage9"}, "51"}, // SGL is set
        {"max1239", {"voltage9-voltage8", "voltage11-voltage10"}, "57"},
        {"max11645", {"voltage0", "voltage1"}, "03"},
    }));
    Bench bench{capture.part};
    CHECK(bench.start(capture.channels) == Log{"a2" + capture.config});
}

TEST_CASE("channels that no sequence has together are EINVAL")
{
    Bench bench{"max1238"};
    REQUIRE(bench.write("scan_elements/in_voltage0_en", "1") == "ok");
    CHECK(bench.write("scan_elements/in_voltage0-voltage1_en", "1") == "EINVAL");
    Bench pair{"max11644"};
    CHECK(pair.write("scan_elements/in_voltage0-voltage1_en", "1") == "EINVAL");
}

TEST_CASE("what is watched, and how often, is told when an event is enabled or disabled")
{
    Bench bench{"max1363"};
    REQUIRE(bench.set_bound("voltage0", "falling", 0x123) == "ok");
    REQUIRE(bench.set_bound("voltage0", "rising", 4095) == "ok");
    REQUIRE(bench.set_bound("voltage1-voltage0", "rising", -5) == "ok");
    CHECK(bench.chip.take_log().empty());

    CHECK(bench.watch("voltage0", "falling") == "ok");
    CHECK(bench.chip.take_log() == watching("123fff", unbounded, unbounded, unbounded));
    CHECK(bench.watch("voltage1", "rising") == "ok");
    CHECK(bench.chip.take_log() == watching("123fff", "000ffb", unbounded, unbounded));

    SECTION("a pair and its positive input are one")
    {
        CHECK(bench.read("events/in_voltage0-voltage1_thresh_falling_en") == "1");
        CHECK(bench.read("events/in_voltage1_thresh_rising_value") == "-5");
    }
    SECTION("the delay counts from the next time on")
    {
        CHECK(bench.write("events/sampling_frequency", "1000") == "ok");
        CHECK(bench.chip.take_log().empty());
        CHECK(bench.watch("voltage1", "rising", false) == "ok");
        CHECK(bench.chip.take_log() == watching("123fff", unbounded, unbounded, unbounded, 7));
    }
    SECTION("a raw value is EBUSY until nothing is watched")
    {
        CHECK(bench.watch("voltage0", "falling", false) == "ok");
        CHECK(bench.read("in_voltage3_raw") == "EBUSY");
        CHECK(bench.watch("voltage1", "rising", false) == "ok");
        CHECK(bench.chip.take_log().back() == "a207");
        CHECK(bench.read("in_voltage3_raw") == "0");
    }
}

TEST_CASE("what is watched is shown as its input's bit, as Linux 6.1 shows it")
{
    Bench bench{"max1363"};
    const auto shown = [&](const std::string &channel, const std::string &direction) {
        return bench.read("events/in_" + channel + "_thresh_" + direction + "_en");
    };
    const std::pair<const char *, const char *> inputs[]{
        {"voltage0", "1"},          {"voltage1", "2"},          {"voltage2", "4"},
        {"voltage3", "8"},          {"voltage0-voltage1", "1"}, {"voltage1-voltage0", "2"},
        {"voltage2-voltage3", "4"}, {"voltage3-voltage2", "8"}};
    for (const auto &[channel, bit] : inputs) {
        for (const std::string direction : {"falling", "rising"}) {
            INFO(channel << ' ' << direction);
            REQUIRE(bench.watch(channel, direction) == "ok");
            CHECK(shown(channel, direction) == bit);
            REQUIRE(bench.watch(channel, direction, false) == "ok");
            CHECK(shown(channel, direction) == "0");
        }
    }
}

TEST_CASE("AIN2 and AIN3 are EBUSY where anything is watched, AIN0 and AIN1 never are")
{
    Bench bench{"max1361"};
    REQUIRE(bench.watch("voltage3", "rising") == "ok");
    CHECK(bench.watch("voltage3", "rising") == "EBUSY");
    CHECK(bench.watch("voltage2-voltage3", "falling") == "EBUSY");
    CHECK(bench.watch("voltage2", "falling", false) == "ok");
    CHECK(bench.watch("voltage1", "falling") == "ok");
    CHECK(bench.watch("voltage1", "falling") == "ok");
}

TEST_CASE("a bound above the codes is EINVAL; below them its low 16 bits count")
{
    Bench bench{"max1362"};
    CHECK(bench.set_bound("voltage0", "rising", 1024) == "EINVAL");
    CHECK(bench.set_bound("voltage0", "rising", 1023) == "ok");
    CHECK(bench.set_bound("voltage0", "falling", -32769) == "ok");
    CHECK(bench.read("events/in_voltage0_thresh_falling_value") == "32767");
}

TEST_CASE("the events of the MAX11612 are EINVAL, whatever is done")
{
    Bench bench{"max11613"};
    CHECK(bench.read("events/in_voltage0_thresh_rising_en") == "EINVAL");
    CHECK(bench.watch("voltage0", "rising") == "EINVAL");
    CHECK(bench.read("events/in_voltage0_thresh_rising_value") == "EINVAL");
    CHECK(bench.set_bound("voltage0", "rising", 1) == "EINVAL");
    bench.line.raise();
    CHECK(bench.read("in_voltage0_raw") == "0");
    CHECK(bench.chip.take_log() == Log{"a261", "r:2"});
}

TEST_CASE("where the monitor is told half of it, it is told again what it did before")
{
    Bench bench{"max1364"};
    const int transfer = GENERATE(1, 2);
    SECTION("nothing")
    {
        bench.chip.fail_transfer(transfer);
        CHECK(bench.watch("voltage0", "rising") == "EREMOTEIO");
        CHECK(bench.read("events/in_voltage0_thresh_rising_en") == "0");
        CHECK(bench.chip.take_log().back() == "a207");
    }
    SECTION("watch AIN0")
    {
        REQUIRE(bench.watch("voltage0", "rising") == "ok");
        bench.chip.fail_transfer(transfer);
        CHECK(bench.watch("voltage1", "rising") == "EREMOTEIO");
        CHECK(bench.read("events/in_voltage1_thresh_rising_en") == "0");
        auto log = bench.chip.take_log();
        log.erase(log.begin(), log.end() - 2);
        CHECK(log == watching("000000", unbounded, unbounded, unbounded));
    }
}

TEST_CASE("each alarm is an event, and all of them are told to end")
{
    Bench bench{"max1363"};
    auto &queue = *bench.device->view()->events();
    REQUIRE(queue.open());
    bench.chip.set_reply({0xa5});
    REQUIRE(bench.watch("voltage0", "rising") == "ok");
    bench.chip.take_log();
    bench.line.raise();
    CHECK(next_events(queue, 4) ==
          std::vector{alarm(0, EventDirection::falling), alarm(2, EventDirection::falling),
                      alarm(1, EventDirection::rising), alarm(3, EventDirection::rising)});
    CHECK(bench.watch("voltage0", "rising", false) == "ok"); // waits for the interrupt's end
    CHECK(bench.chip.take_log() == Log{"r:1", "a3f1", "a207"});
}

TEST_CASE("while the buffer runs nothing is watched, and then it is again")
{
    Bench bench{"max1363"};
    REQUIRE(bench.watch("voltage0", "rising") == "ok");
    bench.chip.take_log();
    CHECK(bench.start({"voltage1"}) == Log{"a263"});
    CHECK(bench.watch("voltage0", "rising", false) == "EBUSY");
    CHECK(bench.write("buffer/enable", "0") == "ok");
    CHECK(bench.chip.take_log() == watching("000000", unbounded, unbounded, unbounded));
}

} // namespace max1363_test
