// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdio>
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

} // namespace iio
