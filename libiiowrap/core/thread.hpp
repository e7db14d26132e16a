// SPDX-License-Identifier: MIT
//
// start_thread: a thread of the core's own.
#pragma once

#include <csignal>
#include <iio/result.hpp>
#include <system_error>
#include <thread>
#include <utility>

namespace iio::core {

/// Runs f on a thread that takes no signals: the process's are for its other
/// threads.
/// Errors: EAGAIN: there are too many threads.
template <class F> [[nodiscard]] Result<std::thread> start_thread(F &&f)
{
    try {
        return std::thread{[f = std::forward<F>(f)]() mutable {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            f();
        }};
    } catch (const std::system_error &) {
        return fail(EAGAIN);
    }
}

} // namespace iio::core
