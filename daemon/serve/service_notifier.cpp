// SPDX-License-Identifier: MIT
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <daemon/base/service_manager.hpp>
#include <daemon/serve/service_notifier.hpp>
#include <spdlog/fmt/fmt.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

std::uint64_t environment_number(const char *name)
{
    const char *text = std::getenv(name);
    std::uint64_t value = 0;
    if (text)
        std::from_chars(text, text + std::string_view{text}.size(), value);
    return value;
}

/// Half of what the manager waits, sd_watchdog_enabled(3).
std::chrono::microseconds watchdog_period()
{
    const auto process = environment_number("WATCHDOG_PID");
    if (process != 0 && process != static_cast<std::uint64_t>(::getpid()))
        return {};
    return std::chrono::microseconds{environment_number("WATCHDOG_USEC") / 2};
}

std::uint64_t monotonic_us()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

/// There is nobody to tell of an error: the manager misses the message soon enough.
void tell(const std::string &lines) { (void)notify_manager(lines); }

} // namespace

ServiceNotifier::ServiceNotifier() : period_{watchdog_period()} {}

void ServiceNotifier::start()
{
    if (has_service_manager())
        thread_ = std::jthread{[this](const std::stop_token &stop) { tell_until(stop); }};
}

void ServiceNotifier::stop()
{
    tell("STOPPING=1");
    thread_ = {}; // asks it to stop, and joins it
}

void ServiceNotifier::answered()
{
    if (!is_ready_.exchange(true))
        tell("READY=1\nSTATUS=" + calls_.status());
    else
        tell("WATCHDOG=1");
}

void ServiceNotifier::changed()
{
    {
        const std::lock_guard lock{mutex_};
        has_news_ = true;
    }
    news_.notify_one();
}

void ServiceNotifier::reloading()
{
    tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
}

void ServiceNotifier::reloaded() { tell("READY=1\nSTATUS=" + calls_.status()); }

void ServiceNotifier::tell_until(const std::stop_token &stop)
{
    calls_.ask();
    auto ask_at = std::chrono::steady_clock::now() + period_;
    std::unique_lock lock{mutex_};
    while (!stop.stop_requested()) {
        const auto is_news = [this] { return has_news_; };
        if (period_.count() == 0)
            news_.wait(lock, stop, is_news);
        else
            news_.wait_until(lock, stop, ask_at, is_news);
        const bool has_news = std::exchange(has_news_, false);
        lock.unlock();
        if (has_news && is_ready_)
            tell("STATUS=" + calls_.status());
        if (period_.count() != 0 && std::chrono::steady_clock::now() >= ask_at) {
            calls_.ask();
            ask_at += period_;
        }
        lock.lock();
    }
}

} // namespace iiofs
