// SPDX-License-Identifier: MIT
//
// The captures of a recording: which channels, what enabling said, what the
// attributes read meanwhile, and the bytes of each scan that a trigger made.
#pragma once

#include "checks.hpp"

#include <chrono>
#include <core/buffer.hpp>
#include <core/software_triggers.hpp>
#include <iio/host/registry.hpp>
#include <string>
#include <thread>
#include <vector>

namespace iio::tests {

/// "1234\n" or the errno's name, as recordings have it.
[[nodiscard]] nlohmann::json outcome(const Result<std::string> &read);
[[nodiscard]] nlohmann::json outcome(const Result<std::size_t> &wrote);

class Captures {
public:
    /// `scan_time`: how long one scan of the recorded part takes.
    Captures(Checks &checks, Registry &registry, const LiveDevice &device,
             std::chrono::milliseconds scan_time)
        : checks_{checks}, registry_{registry}, device_{device}, scan_time_{scan_time}
    {
    }
    void check(const nlohmann::json &recorded);

private:
    void check_one(const std::string &label, const nlohmann::json &capture);
    void check_scans(const std::string &label, const nlohmann::json &capture);
    [[nodiscard]] nlohmann::json next_scan(bool length_only);
    [[nodiscard]] nlohmann::json write(const std::string &path, const std::string &text);

    Checks &checks_;
    Registry &registry_;
    const LiveDevice &device_;
    std::chrono::milliseconds scan_time_;
    std::shared_ptr<core::SysfsTrigger> trigger_ = std::make_shared<core::SysfsTrigger>(7);
};

} // namespace iio::tests
