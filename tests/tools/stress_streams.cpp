// SPDX-License-Identifier: MIT
//
// stress_streams: clients of recorded chips that stream, on a bus that fails.
//
//     stress_streams SECONDS [SEED]
//
// Shares the time among the families that have a recorded part with a buffer
// (IIOFS_GOLDEN). On each part four clients read all attributes, one stores settings,
// one starts and ends the buffer and reads scans, its interrupt line or trigger
// fires, and transfers fail with EIO or hang for 200 ms, now and then. Nothing may
// take more than 15 s, the part has to be readable afterwards, and its removal may
// take 2 s while transfers still fail. Exit status 1 where that is not so.
#include "../conformance/replay.hpp"

#include <atomic>
#include <chrono>
#include <core/buffer.hpp>
#include <core/software_triggers.hpp>
#include <cstdio>
#include <iio/host/log.hpp>
#include <random>
#include <thread>

namespace {

using namespace iio;
using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr auto hang = 15s;
constexpr auto longest_removal = 2s;
constexpr int readers = 4;

/// What each thread is doing, for the watchdog.
struct Busy {
    std::atomic<Clock::rep> since{0};
    std::atomic<const char *> what{""};
};
std::array<Busy, 16> busy;
std::string current;

void watch(const std::stop_token &stop)
{
    while (!stop.stop_requested()) {
        std::this_thread::sleep_for(100ms);
        for (const Busy &thread : busy) {
            const Clock::rep since = thread.since;
            const auto age = Clock::now().time_since_epoch() - Clock::duration{since};
            if (since == 0 || age < hang)
                continue;
            std::printf("%s: HANG: %s\n", current.c_str(), thread.what.load());
            std::fflush(stdout);
            std::_Exit(1);
        }
    }
}

struct Counts {
    std::atomic<long> reads, read_errors, writes, starts, scans, faults;
};

/// A recorded chip and the writes of settings that its recording has.
struct Target {
    std::string name;
    json chip;
    std::vector<std::array<std::string, 3>> writes; // device, path, text
};

class Stress {
public:
    Stress(const Target &part, unsigned seed) : part_{part}, replay_{part.chip}, seed_{seed}
    {
        auto bound = replay_.bind();
        if (!bound)
            throw std::runtime_error{part.name + ": " + errno_name(bound.error().value())};
        chip_ = std::move(*bound);
        for (const auto &view : chip_->views()) {
            for (const auto &group : view->groups()) {
                for (const auto &attribute : group.attributes) {
                    if (attribute.mode & 0444)
                        readable_.emplace_back(view.get(), &attribute);
                }
            }
        }
        // What a recording shows to fail is not expected to be readable at the end.
        std::erase_if(readable_, [](const auto &entry) {
            std::array<char, IIO_PAGE_SIZE> page;
            return !entry.first->show(*entry.second, page.data());
        });
        (void)replay_.registry().add_trigger(trigger_);
    }
    Stress(const Stress &) = delete;
    Stress &operator=(const Stress &) = delete;

    /// Whether all went well.
    bool run(Clock::duration time)
    {
        {
            std::vector<std::jthread> threads;
            std::size_t place = 0;
            const auto start = [&](auto member) {
                threads.emplace_back([this, member, number = place++](std::stop_token stop) {
                    std::minstd_rand random{seed_ + static_cast<unsigned>(number)};
                    while (!stop.stop_requested())
                        (this->*member)(busy.at(number), random);
                });
            };
            for (int i = 0; i < readers; ++i)
                start(&Stress::read);
            start(&Stress::store);
            for (std::size_t device = 0; device < chip_->views().size(); ++device)
                start(&Stress::stream);
            start(&Stress::fire);
            start(&Stress::break_bus);
            std::this_thread::sleep_for(time);
        }
        const bool recovers = becomes_readable();
        const auto took = remove();
        std::printf(
            "%-24s reads %ld (errors %ld) writes %ld starts %ld scans %ld faults %ld "
            "removal %ld ms%s\n",
            part_.name.c_str(), counts_.reads.load(), counts_.read_errors.load(),
            counts_.writes.load(), counts_.starts.load(), counts_.scans.load(),
            counts_.faults.load(),
            static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()),
            recovers ? "" : " NOT READABLE");
        std::fflush(stdout);
        return recovers && took < longest_removal;
    }

private:
    template <class F> static auto timed(Busy &thread, const char *what, F &&f)
    {
        thread.what = what;
        thread.since = Clock::now().time_since_epoch().count();
        auto result = f();
        thread.since = 0;
        return result;
    }
    static std::size_t below(std::minstd_rand &random, std::size_t bound)
    {
        return random() % bound;
    }
    const LiveDevice &any_device(std::minstd_rand &random) const
    {
        return *chip_->views()[below(random, chip_->views().size())];
    }

    void read(Busy &thread, std::minstd_rand &random)
    {
        const auto &[device, attribute] = readable_[below(random, readable_.size())];
        std::array<char, IIO_PAGE_SIZE> page;
        const auto shown = timed(thread, attribute->name.c_str(),
                                 [&] { return device->show(*attribute, page.data()); });
        ++(shown ? counts_.reads : counts_.read_errors);
        // An absent part answers at once.
        std::this_thread::sleep_for(std::chrono::microseconds{below(random, 500)});
    }

    void store(Busy &thread, std::minstd_rand &random)
    {
        if (!part_.writes.empty()) {
            const auto &[number, path, text] = part_.writes[below(random, part_.writes.size())];
            const LiveDevice &device = *chip_->views()[std::stoul(number)];
            const auto wrote =
                timed(thread, path.c_str(), [&] { return device.write(path, text); });
            counts_.writes += wrote.has_value();
        }
        std::this_thread::sleep_for(std::chrono::microseconds{below(random, 3000)});
    }

    void stream(Busy &thread, std::minstd_rand &random)
    {
        const LiveDevice &device = any_device(random);
        if (!device.buffer()) {
            std::this_thread::sleep_for(1ms);
            return;
        }
        const auto write = [&](const std::string &path, std::string_view text) {
            return timed(thread, "the buffer", [&] { return device.write(path, text); })
                .has_value();
        };
        for (const auto &chan : std::span{device.dev().channels, device.dev().num_channels}) {
            if (chan.scan_index >= 0)
                (void)timed(thread, "a scan element",
                            [&] { return device.buffer()->set(chan, random() % 3 != 0); });
        }
        if (device.find("trigger/current_trigger") && !device.buffer()->trigger())
            (void)write("trigger/current_trigger", trigger_->name());
        (void)write("buffer/length", "64");
        counts_.starts += write("buffer/enable", "1");
        std::this_thread::sleep_for(std::chrono::milliseconds{below(random, 40)});
        core::Cancellation never;
        (void)timed(thread, "a read of scans", [&] {
            return device.buffer()->read(1 << 16, true, never, [&](auto first, auto second) {
                counts_.scans += !first.empty() || !second.empty();
                return true;
            });
        });
        (void)write("buffer/enable", "0");
    }

    void fire(Busy &thread, std::minstd_rand &random)
    {
        (void)timed(thread, "the trigger", [&] { return trigger_->fire(); });
        replay_.line().raise();
        std::this_thread::sleep_for(std::chrono::microseconds{below(random, 2000)});
    }

    void break_bus(Busy &, std::minstd_rand &random)
    {
        // Now and then long enough for a part to be probed and to stream.
        const bool calm = below(random, 8) == 0;
        std::this_thread::sleep_for(std::chrono::milliseconds{calm ? 400 : below(random, 30)});
        const std::uint64_t transfer = 1 + below(random, 8);
        if (below(random, 16) == 0)
            replay_.bus().arm({{.transfer = transfer, .error = ETIMEDOUT, .delay = 200ms}});
        else
            replay_.bus().arm({{.transfer = transfer, .error = EIO}});
        ++counts_.faults;
    }

    /// A part that was taken for absent is tried again after at most 5 s.
    bool becomes_readable()
    {
        replay_.bus().arm({});
        const auto until = Clock::now() + hang;
        const auto fails = [&](const auto &entry) {
            std::array<char, IIO_PAGE_SIZE> page;
            const auto shown = timed(busy[0], "a read at the end",
                                     [&] { return entry.first->show(*entry.second, page.data()); });
            return !shown && (shown.error().value() == EIO || shown.error().value() == ETIMEDOUT);
        };
        while (std::ranges::any_of(readable_, fails)) {
            if (Clock::now() > until)
                return false;
            std::this_thread::sleep_for(20ms);
        }
        return true;
    }

    /// While clients read and the buffer runs.
    Clock::duration remove()
    {
        std::atomic<bool> over = false;
        std::jthread raiser{[&] {
            while (!over) {
                (void)trigger_->fire();
                replay_.line().raise();
                std::this_thread::sleep_for(100us);
            }
        }};
        for (const auto &view : chip_->views()) {
            if (view->buffer())
                (void)view->write("buffer/enable", "1");
        }
        const auto views = std::vector(chip_->views().begin(), chip_->views().end());
        std::jthread reader{[&] {
            while (!over) {
                for (const auto &view : views)
                    (void)tests::texts_of(*view);
            }
        }};
        std::this_thread::sleep_for(5ms);
        replay_.bus().arm({{.every = 3, .error = EIO}});
        const auto begin = Clock::now();
        timed(busy[1], "the removal", [&] {
            chip_.reset();
            return 0;
        });
        const auto took = Clock::now() - begin;
        over = true;
        return took;
    }

    const Target &part_;
    tests::Replay replay_;
    const unsigned seed_;
    std::shared_ptr<core::SysfsTrigger> trigger_ = std::make_shared<core::SysfsTrigger>(7);
    std::unique_ptr<BoundChip> chip_;
    std::vector<std::pair<const LiveDevice *, const Attribute *>> readable_;
    Counts counts_{};
};

bool has_driver(std::string_view part)
{
    return std::ranges::any_of(all_modules(),
                               [&](const Module *module) { return module->find(part); });
}

bool has_buffer(const json &device)
{
    return std::ranges::any_of(device["tree"], [](const json &entry) {
        return entry.value("path", "").starts_with("buffer/");
    });
}

/// The streaming parts of each family.
std::map<std::string, std::vector<Target>> streaming_parts()
{
    std::map<std::string, std::vector<Target>> families;
    for (const auto &path : tests::recordings(tests::golden_directory())) {
        const auto recording = tests::load(path);
        if (!recording.contains("devices") || !recording.contains("chip") ||
            std::ranges::none_of(recording["devices"], has_buffer) ||
            !has_driver(recording["chip"]["driver"].get<std::string>()))
            continue;
        Target part{path.stem().string(), recording["chip"], {}};
        for (std::size_t device = 0; device < recording["devices"].size(); ++device) {
            for (const auto &op : recording["devices"][device]["ops"]) {
                if (op.contains("wrote") && !op["path"].get<std::string>().starts_with("buffer"))
                    part.writes.push_back({std::to_string(device), op["path"], op["text"]});
            }
        }
        families[path.parent_path().filename().string()].push_back(std::move(part));
    }
    return families;
}

} // namespace

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? std::atof(argv[1]) : 60;
    const unsigned seed = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
    set_log_sink([](std::string_view) noexcept {});
    const std::jthread watchdog{watch};
    const auto families = streaming_parts();
    bool all_well = !families.empty();
    for (const auto &[family, parts] : families) {
        const std::chrono::duration<double> share{seconds / static_cast<double>(families.size())};
        // Two parts at least, more where there is time for them; another seed begins elsewhere.
        const auto runs = std::clamp<std::size_t>(static_cast<std::size_t>(share.count()), 2,
                                                  std::max<std::size_t>(2, parts.size()));
        for (std::size_t run = 0; run < runs; ++run) {
            const Target &part = parts[(seed + run) % parts.size()];
            current = part.name;
            Stress stress{part, seed + static_cast<unsigned>(run)};
            all_well = stress.run(std::chrono::duration_cast<Clock::duration>(
                           share / static_cast<double>(runs))) &&
                       all_well;
        }
    }
    std::printf("%zu families: %s\n", families.size(), all_well ? "well" : "FAILED");
    return all_well ? 0 : 1;
}
