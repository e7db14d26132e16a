// SPDX-License-Identifier: MIT
//
// What is known of all devices: their last values, and how these came about.
#pragma once

#include <chrono>
#include <cstdint>
#include <daemon/top/device_reader.hpp>
#include <daemon/top/readers.hpp>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace iiofs::top {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The samples of a channel, the oldest first.
class History {
public:
    static constexpr std::size_t capacity = 1024;
    struct Sample {
        SteadyTime time;
        double value; ///< NaN: there was none
    };

    void add(Sample sample);
    /// What comes next does not follow what was: a gap, and rates begin anew.
    void interrupt(SteadyTime time);
    [[nodiscard]] const std::deque<Sample> &samples() const { return samples_; }
    /// The values of the last `count` samples, or of as many as there are.
    [[nodiscard]] std::vector<double> last(std::size_t count) const;
    /// Reads a second that gave a value, as of `now`, over the last few; none: too
    /// few yet.
    [[nodiscard]] std::optional<double> rate(SteadyTime now) const;

private:
    std::deque<Sample> samples_;
    std::size_t uninterrupted_ = 0; ///< how many of the last samples
};

struct ChannelState {
    std::string name;
    Unit unit{};
    int decimals = 0;
    std::optional<double> value; ///< the last one
    double min = 0, max = 0;     ///< with a value
    int error = 0;               ///< of the last read, an errno; EBUSY: it streams
    int last_error = 0;          ///< of the last read that failed
    std::uint64_t errors = 0;
    History history;
};

struct DeviceState {
    unsigned number;
    std::string name;
    std::string label;
    bool streaming = false;
    int error = 0; ///< why its channels are not known, an errno
    std::uint64_t errors = 0;
    std::uint64_t last_tick = 0; ///< of the schedule
    SteadyTime last_time;        ///< of its last answer; before that, of its coming
    std::vector<ChannelState> channels;
};

/// A line of the table: a channel, or a device of which no channel is known.
struct ChannelKey {
    unsigned device;
    std::string channel; ///< empty: none
    friend auto operator<=>(const ChannelKey &, const ChannelKey &) = default;
};

/// Threads: one.
class Board {
public:
    /// With a selection a device is not shown before it has said who it is.
    explicit Board(bool selective) : selective_{selective} {}

    void apply(const Report &report, SteadyTime now);
    /// The next samples do not follow the last ones: graphs show a gap.
    void interrupt(SteadyTime now);

    [[nodiscard]] const std::vector<DeviceState> &devices() const { return devices_; }
    [[nodiscard]] const DeviceState *device(unsigned number) const;
    [[nodiscard]] const ChannelState *channel(const ChannelKey &key) const;
    /// Whether it is known which devices there are, and each has answered since `tick`.
    [[nodiscard]] bool answered(std::uint64_t tick) const;
    /// Why it is not known which devices there are, an errno; 0: it is.
    [[nodiscard]] int error() const { return error_; }

    /// Watched channels stay so when their device goes and comes again.
    void toggle_watched(const ChannelKey &key);
    [[nodiscard]] bool watched(const ChannelKey &key) const { return watched_.contains(key); }
    /// Those that are there, in the table's order.
    [[nodiscard]] std::vector<ChannelKey> watched() const;

private:
    void follow(const DeviceList &list, SteadyTime now);
    void record(const Pass &pass);

    bool selective_;
    bool listed_ = false;
    int error_ = 0;
    std::vector<DeviceState> devices_; ///< by number
    std::set<unsigned> silent_;        ///< they are there, who they are is not known
    std::set<ChannelKey> watched_;
};

} // namespace iiofs::top
