// SPDX-License-Identifier: MIT
//
// drill_chips: a part of each driver is pulled and put back, at reset values, over
// and over while clients read it and stream from it.
//
//     drill_chips ROUNDS [READERS]
//
// Each is a recorded chip on a bus of its own, set away from its defaults. What
// is read must be what was read before the first pull, or an errno. Prints a line
// for each part; exit status 1 if anything else was read, or a part did not come
// back. IIOFS_GOLDEN names the folder of the recordings.
#include "../conformance/replay.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <core/buffer.hpp>
#include <core/software_triggers.hpp>
#include <cstdio>
#include <iio/host/log.hpp>
#include <map>
#include <random>
#include <sstream>
#include <thread>

namespace {

using namespace iio;
using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;
using tests::text_of;
using tests::Texts;

constexpr auto patience = 60s;

Texts counted_texts(const LiveDevice &device)
{
    Texts texts = tests::texts_of(device);
    std::erase_if(texts, [](const auto &entry) { return entry.first.ends_with("data_available"); });
    return texts;
}

/// Those that read the same twice.
Texts steady_texts(const LiveDevice &device)
{
    Texts texts = counted_texts(device);
    const Texts again = counted_texts(device);
    std::erase_if(texts, [&](const auto &entry) { return again.at(entry.first) != entry.second; });
    return texts;
}

/// What could be written there: the words of its list, or numbers near to what it is.
std::vector<std::string> candidates(const LiveDevice &device, const std::string &path)
{
    std::vector<std::string> words;
    std::istringstream list{device.read(path + "_available").value_or("")};
    for (std::string word; list >> word;)
        words.push_back(word);
    std::ranges::reverse(words);
    const int now = std::atoi(device.read(path).value_or("0").c_str());
    for (const int step : {1, 2, 4, -1})
        words.push_back(std::to_string(now + step));
    return words;
}

/// Writes something else to each setting, as far as the part takes it.
std::size_t set_away_from_defaults(const LiveDevice &device)
{
    for (const auto &group : device.groups()) {
        for (const auto &attribute : group.attributes) {
            if (!attribute.is_setting || !attribute.asks_part || !(attribute.mode & 0200))
                continue;
            const auto path =
                group.name.empty() ? attribute.name : group.name + "/" + attribute.name;
            const auto before = text_of(device, path);
            for (const auto &word : candidates(device, path)) {
                if (device.write(path, word) && text_of(device, path) != before)
                    break;
            }
        }
    }
    return device.settings().size();
}

/// Turns on what can be streamed; false: nothing can.
bool start_streaming(const LiveDevice &device)
{
    if (!device.buffer())
        return false;
    for (const auto &group : device.groups()) {
        if (group.name != "scan_elements")
            continue;
        for (const auto &attribute : group.attributes) {
            if (attribute.name.ends_with("_en"))
                (void)device.write("scan_elements/" + attribute.name, "1");
        }
    }
    (void)device.write("buffer/length", "64");
    if (device.find("trigger/current_trigger") &&
        device.read("trigger/current_trigger").value_or("").empty())
        (void)device.write("trigger/current_trigger", "sysfstrig1");
    return device.write("buffer/enable", "1").has_value();
}

class Drill {
public:
    Drill(const json &recording, bool streaming, unsigned readers)
        : replay_{recording["chip"]}, name_{recording["chip"]["part"]}, readers_{readers}
    {
        (void)replay_.registry().add_trigger(trigger_);
        auto bound = replay_.bind();
        if (!bound)
            throw std::runtime_error{name_ + " does not bind"};
        device_ = std::move(*bound);
        for (const auto &view : device_->views()) {
            settings_ += set_away_from_defaults(*view);
            streams_ |= streaming && start_streaming(*view);
        }
        for (const auto &view : device_->views())
            expected_.push_back(steady_texts(*view));
    }

    void run(unsigned rounds)
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < readers_; ++i)
            threads.emplace_back([this](const std::stop_token &stop) { read_until(stop); });
        if (streams_) {
            threads.emplace_back([this](const std::stop_token &stop) { fire_until(stop); });
            for (const auto &view : device_->views())
                threads.emplace_back(
                    [this, &view](const std::stop_token &stop) { stream_until(stop, *view); });
        }
        std::mt19937 random{4711};
        for (unsigned round = 0; round < rounds && !lost_; ++round) {
            replay_.bus().unplug();
            const auto before = replay_.bus().transfers();
            const auto until = Clock::now() + 2s;
            while (replay_.bus().transfers() == before && Clock::now() < until)
                std::this_thread::sleep_for(50us); // until somebody notices
            unnoticed_ += replay_.bus().transfers() == before;
            std::this_thread::sleep_for(std::chrono::microseconds{random() % 3000});
            replay_.bus().plug();
            await_return();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 20});
        }
    }

    /// Whether all was as it must be.
    bool report(unsigned rounds) const
    {
        std::printf("%-18s %-9s %3zu settings, %u pulls: %7ld values, %6ld errnos, %6ld scans, "
                    "%ld wrong, %ld unnoticed%s\n",
                    name_.c_str(), streams_ ? "streaming" : "", settings_, rounds, values_.load(),
                    errnos_.load(), scans_.load(), wrong_.load(), unnoticed_.load(),
                    lost_ ? ", LOST" : "");
        for (const auto &finding : findings_)
            std::printf("    %s\n", finding.c_str());
        return wrong_ == 0 && !lost_ && values_ > 0;
    }
    [[nodiscard]] bool streams() const { return streams_; }

private:
    void check(const std::string &path, const std::string &got, const std::string &expected)
    {
        if (got == expected) {
            ++values_;
        } else if (got.starts_with('!')) {
            ++errnos_;
        } else {
            ++wrong_;
            const std::lock_guard lock{mutex_};
            if (findings_.size() < 5)
                findings_.push_back(path + ": " + got + ", expected " + expected);
        }
    }

    void read_until(const std::stop_token &stop)
    {
        while (!stop.stop_requested()) {
            for (std::size_t device = 0; device < expected_.size(); ++device) {
                for (const auto &[path, text] : expected_[device]) {
                    if (stop.stop_requested())
                        return;
                    check(path, text_of(*device_->views()[device], path), text);
                }
            }
            std::this_thread::sleep_for(1ms);
        }
    }

    /// Of nobody but the chip and the trigger: an edge every few milliseconds.
    void fire_until(const std::stop_token &stop)
    {
        while (!stop.stop_requested()) {
            replay_.line().raise();
            trigger_->fire();
            std::this_thread::sleep_for(3ms);
        }
    }

    void stream_until(const std::stop_token &stop, const LiveDevice &device)
    {
        core::Cancellation never;
        while (!stop.stop_requested()) {
            (void)device.buffer()->read(4096, true, never, [&](auto first, auto second) {
                scans_ += static_cast<long>(!first.empty() || !second.empty());
                return true;
            });
            std::this_thread::sleep_for(2ms);
        }
    }

    void await_return()
    {
        const auto until = Clock::now() + patience;
        for (std::size_t device = 0; device < expected_.size(); ++device) {
            for (const auto &[path, text] : expected_[device]) {
                while (!lost_ && text_of(*device_->views()[device], path) != text) {
                    std::this_thread::sleep_for(1ms);
                    if (Clock::now() > until)
                        lost_ = true;
                }
            }
        }
    }

    tests::Replay replay_;
    const std::string name_;
    const unsigned readers_;
    std::shared_ptr<core::SysfsTrigger> trigger_ = std::make_shared<core::SysfsTrigger>(1);
    std::unique_ptr<BoundChip> device_;
    std::vector<Texts> expected_;
    std::size_t settings_ = 0;
    bool streams_ = false;
    std::atomic<bool> lost_{false};
    std::atomic<long> values_{0}, errnos_{0}, wrong_{0}, scans_{0}, unnoticed_{0};
    std::mutex mutex_;
    std::vector<std::string> findings_;
};

/// One recorded part of each driver, the first.
std::vector<json> one_of_each()
{
    std::map<std::string, json> by_driver;
    for (const auto &path : tests::recordings(tests::golden_directory())) {
        auto recording = tests::load(path);
        if (recording.contains("devices") && !recording["devices"].empty())
            by_driver.try_emplace(path.parent_path().parent_path().filename(),
                                  std::move(recording));
    }
    std::vector<json> all;
    for (auto &[driver, recording] : by_driver)
        all.push_back(std::move(recording));
    return all;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: drill_chips ROUNDS [READERS]\n");
        return 2;
    }
    const auto rounds = static_cast<unsigned>(std::atoi(argv[1]));
    const auto readers = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 3);
    set_log_sink([](std::string_view) noexcept {});
    std::vector<std::unique_ptr<Drill>> drills;
    for (const auto &recording : one_of_each()) {
        drills.push_back(std::make_unique<Drill>(recording, false, readers));
        if (auto streaming = std::make_unique<Drill>(recording, true, readers);
            streaming->streams())
            drills.push_back(std::move(streaming));
    }
    {
        std::vector<std::jthread> threads;
        for (const auto &drill : drills)
            threads.emplace_back([&, rounds] { drill->run(rounds); });
    }
    const bool good = std::ranges::count_if(drills, [&](const auto &drill) {
                          return drill->report(rounds);
                      }) == static_cast<std::ptrdiff_t>(drills.size());
    return good ? 0 : 1;
}
