// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdio>
#include <iio/driver/driver.hpp>
#include <iio/host/log.hpp>

namespace iio {

namespace {

void log_to_stderr(std::string_view line) noexcept
{
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

std::atomic<LogSink> sink{log_to_stderr};

} // namespace

void set_log_sink(LogSink new_sink) { sink.store(new_sink ? new_sink : log_to_stderr); }

void log(std::string_view line) noexcept { sink.load()(line); }

int detail::driver_threw(const iio_dev *dev, const char *operation, const char *what) noexcept
{
    std::array<char, 256> line{};
    const int length = std::snprintf(line.data(), line.size(), "%s: %s threw: %s",
                                     dev->name ? dev->name : "a driver", operation, what);
    log(std::string_view{line.data(), std::min(static_cast<std::size_t>(length), line.size() - 1)});
    return -EIO;
}

} // namespace iio
