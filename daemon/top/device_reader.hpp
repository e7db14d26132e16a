// SPDX-License-Identifier: MIT
//
// Reads all values of one device, as any client of the tree does.
#pragma once

#include <chrono>
#include <cstdint>
#include <daemon/top/channel.hpp>
#include <filesystem>
#include <iio/driver/result.hpp>
#include <map>
#include <string>
#include <vector>

namespace iiofs::top {

/// What one channel said.
struct Reading {
    std::string channel; ///< Channel::name
    Unit unit;
    int decimals; ///< that its resolution deserves
    double value; ///< in the unit; meaningless with an error
    int error;    ///< an errno; 0: none
};

/// What one device said at one moment.
struct Pass {
    unsigned device; ///< N of iio:deviceN
    std::uint64_t tick = 0;
    std::chrono::system_clock::time_point wall_time; ///< when it began
    std::chrono::steady_clock::time_point end;
    std::string name;
    std::string label; ///< empty: none
    bool wanted = true;
    bool streaming = false;
    int error = 0; ///< why there are no readings, an errno; 0: there are
    std::vector<Reading> readings;
};

/// Names of devices to show; empty: all.
using Wanted = std::vector<std::string>;

[[nodiscard]] std::string directory_name(unsigned device);

/// Errors: those of open(2) and read(2).
[[nodiscard]] iio::Result<std::string> read_text(const std::filesystem::path &file);

/// The numbers of the devices of a tree, in order.
/// Errors: those of opendir(3).
[[nodiscard]] iio::Result<std::vector<unsigned>> list_devices(const std::filesystem::path &tree);

/// Threads: one at a time.
class DeviceReader {
public:
    DeviceReader(const std::filesystem::path &tree, unsigned device, Wanted wanted);
    /// Blocks as long as the device does.
    [[nodiscard]] Pass read();

private:
    int look_again();
    [[nodiscard]] bool is_wanted() const;
    [[nodiscard]] bool is_streaming() const;
    iio::Result<double> number(const std::string &attribute);
    iio::Result<void> read_channel(const Channel &channel, Reading &reading);

    std::filesystem::path directory_;
    unsigned device_;
    Wanted wanted_;
    std::string name_;
    std::string label_;
    std::vector<Channel> channels_;
    std::vector<std::filesystem::path> buffers_; ///< their `enable`
    std::chrono::steady_clock::time_point look_again_at_{};
    std::map<std::string, iio::Result<double>> shared_; ///< scales and offsets of this pass
};

} // namespace iiofs::top
