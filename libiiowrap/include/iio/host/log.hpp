// SPDX-License-Identifier: MIT
//
// Where libiiowrap's few log lines go: a driver that threw, a part that stops
// answering or answers again, a setting that is refused. Nothing else logs.
#pragma once

#include <string_view>

namespace iio {

/// Called from any thread, one complete line without its end. Default: stderr.
using LogSink = void (*)(std::string_view line) noexcept;
void set_log_sink(LogSink sink);
/// One line, to there.
void log(std::string_view line) noexcept;

} // namespace iio
