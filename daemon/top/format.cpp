// SPDX-License-Identifier: MIT
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <daemon/top/format.hpp>

namespace iiofs::top {

namespace {

std::string number(double value, std::chars_format format, int precision)
{
    std::array<char, 400> text; // the largest double has 309 digits
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, format, precision).ptr;
    return {text.data(), end};
}

/// Without the zeros that a fraction ends in.
std::string brief(double value) { return number(value, std::chars_format::general, 6); }

} // namespace

std::string value_text(double value, int decimals, int width)
{
    const auto fits = [&](const std::string &text) {
        return static_cast<int>(text.size()) <= width;
    };
    auto text = number(value, std::chars_format::fixed, decimals);
    for (int fewer = decimals - 1; fewer >= 0 && !fits(text); --fewer)
        text = number(value, std::chars_format::fixed, fewer);
    for (int digits = 6; digits > 0 && !fits(text); --digits)
        text = number(value, std::chars_format::general, digits);
    // "-0.00" makes people wonder.
    if (text.find_first_of("123456789") == std::string::npos && text.starts_with('-'))
        text.erase(0, 1);
    return text;
}

std::string rate_text(double per_second)
{
    const int decimals = per_second >= 9.95 ? 0 : per_second >= 0.995 ? 1 : 2;
    return number(per_second, std::chars_format::fixed, decimals);
}

std::string duration_text(std::chrono::duration<double> duration)
{
    const auto seconds = std::lround(duration.count());
    if (seconds < 120)
        return std::to_string(seconds) + " s";
    const auto minutes = seconds / 60;
    if (minutes < 120)
        return std::to_string(minutes) + " min";
    const auto rest = minutes % 60 == 0 ? "" : " " + std::to_string(minutes % 60) + " min";
    return std::to_string(minutes / 60) + " h" + rest;
}

std::string interval_text(std::chrono::milliseconds interval)
{
    const auto milliseconds = interval.count();
    if (milliseconds < 60'000 || milliseconds % 60'000 != 0)
        return brief(static_cast<double>(milliseconds) / 1000) + " s";
    if (milliseconds % 3'600'000 == 0)
        return std::to_string(milliseconds / 3'600'000) + " h";
    return std::to_string(milliseconds / 60'000) + " min";
}

std::string errno_name(int error)
{
    const char *const name = ::strerrorname_np(error);
    return name != nullptr ? name : std::to_string(error);
}

std::string utc_text(std::chrono::system_clock::time_point time)
{
    const auto milliseconds =
        std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm broken_down{};
    ::gmtime_r(&seconds, &broken_down);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &broken_down);
    std::array<char, 8> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                  static_cast<int>(milliseconds % 1000));
    return std::string{text.data()} + fraction.data();
}

} // namespace iiofs::top
