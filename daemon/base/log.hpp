// SPDX-License-Identifier: MIT
//
// Where the daemon's log goes: to the journal with fields, to syslog, or to people.
//
// It has a line for each change of state and none for a client's failed read.
#pragma once

#include <spdlog/spdlog.h>
#include <string>
#include <utility>

namespace iiofs {

/// The log of this process: the journal if standard error is connected to it, else
/// standard error. Threads: before there is a second one.
void log_to_stderr(bool verbose);
/// For a daemon without a terminal. Threads: others may be logging.
void log_to_syslog();

/// What a line is about. In the journal: IIOFS_DRIVER, IIOFS_BUS, IIOFS_DEVICE and
/// ERRNO; what is empty or 0 is left out.
struct LogSubject {
    std::string driver{}; ///< "bme280", also at the line's beginning
    std::string bus{};    ///< "i2c-1 0x76"
    std::string device{}; ///< "iio:device0"
    int error = 0;
};

/// In a catch block: logs what was thrown, and returns the errno that a client gets for it:
/// ENOMEM, EIO. Threads: any at once.
[[nodiscard]] int log_exception() noexcept;

namespace detail {
void log_about(spdlog::level::level_enum level, const LogSubject &subject, std::string text);
} // namespace detail

/// Threads: any at once.
template <class... Arguments>
void log_device(spdlog::level::level_enum level, const LogSubject &subject,
                fmt::format_string<Arguments...> format, Arguments &&...arguments)
{
    detail::log_about(level, subject, fmt::format(format, std::forward<Arguments>(arguments)...));
}

} // namespace iiofs
