// SPDX-License-Identifier: MIT
#include "captures.hpp"

#include "replay.hpp"

#include <algorithm>
#include <cstring>

namespace iio::tests {

using nlohmann::json;

json outcome(const Result<std::string> &read)
{
    if (!read)
        return {{"errno", iio::errno_name(read.error().value())}};
    return {{"read", latin1_to_utf8(*read)}};
}

json outcome(const Result<std::size_t> &wrote)
{
    if (!wrote)
        return {{"errno", iio::errno_name(wrote.error().value())}};
    return {{"wrote", *wrote}};
}

json Captures::write(const std::string &path, const std::string &text)
{
    return outcome(device_.write(path, text));
}

void Captures::check(const json &recorded)
{
    if (!checks_.holds(device_.buffer(), [] { return "there is no buffer"; }))
        return;
    (void)registry_.add_trigger(trigger_);
    check_one("without trigger", recorded["without_trigger"]);
    if (recorded.contains("default_trigger")) {
        checks_.equal("current_trigger", outcome(device_.read("trigger/current_trigger")),
                      recorded["default_trigger"]);
        checks_.equal("set current_trigger",
                      write("trigger/current_trigger", trigger_->name() + "\n"),
                      recorded["set_trigger"]);
    }
    for (const auto &capture : recorded.value("captures", json::array()))
        check_one("capture", capture);
    if (recorded.contains("with_timestamp_bytes"))
        check_one("with timestamp", recorded["with_timestamp_bytes"]);
    check_one("empty", recorded["empty"]);
    (void)write("trigger/current_trigger", "\n");
    (void)registry_.remove_trigger(trigger_->name());
}

void Captures::check_one(const std::string &label, const json &capture)
{
    const auto enabled = capture["enabled"].get<std::vector<std::string>>();
    const auto what = label + " " + capture["enabled"].dump();
    const auto elements = std::ranges::find(device_.groups(), "scan_elements", &Group::name);
    std::vector<std::string> names;
    for (const auto &attribute : elements->attributes) {
        if (attribute.name.ends_with("_en"))
            names.push_back(attribute.name);
    }
    std::ranges::sort(names);
    for (const auto &name : names) {
        const bool on = std::ranges::find(enabled, name) != enabled.end();
        (void)write("scan_elements/" + name, on ? "1\n" : "0\n");
    }
    checks_.equal(what + " length", write("buffer/length", "16\n"), capture["length"]);
    if (!checks_.equal(what + " enable", write("buffer/enable", "1\n"), capture["enable"]) ||
        capture["enable"].contains("errno")) {
        (void)write("buffer/enable", "0\n");
        return;
    }
    const json reads = capture.value("reads_while_enabled", json::object());
    for (const auto &[path, read] : reads.items())
        checks_.equal(what + " " + path + " while enabled", outcome(device_.read(path)), read);
    check_scans(what, capture);
    checks_.equal(what + " disable", write("buffer/enable", "0\n"), capture["disable"]);
}

void Captures::check_scans(const std::string &what, const json &capture)
{
    int i = 0;
    for (const auto &scan : capture.value("scans", json::array())) {
        while (!trigger_->fire())
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        // A busy machine may need longer for what is to come.
        const bool comes = scan != "EAGAIN";
        const auto until = std::chrono::steady_clock::now() + (comes ? 100 : 1) * scan_time_;
        while (device_.buffer()->data_available() == 0 && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        checks_.equal(what + " scan " + std::to_string(i++), next_scan(scan.is_number()), scan);
    }
}

/// What a read that does not wait gives: bytes in hexadecimal, how many, or an errno.
json Captures::next_scan(bool length_only)
{
    std::vector<std::uint8_t> bytes;
    core::Cancellation never;
    const auto read = device_.buffer()->read(4096, true, never, [&](auto first, auto second) {
        bytes.assign(first.begin(), first.end());
        bytes.insert(bytes.end(), second.begin(), second.end());
        return true;
    });
    if (!read)
        return iio::errno_name(read.error().value());
    if (length_only)
        return bytes.size();
    std::string hex;
    for (const auto byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

} // namespace iio::tests
