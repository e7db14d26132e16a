// SPDX-License-Identifier: MIT
#include <core/interrupt_thread.hpp>
#include <core/thread.hpp>
#include <utility>

namespace iio::core {

InterruptThread::InterruptThread(const iio_dev &dev, const InterruptLine &line,
                                 std::function<std::int64_t()> now)
    : dev_{dev}, line_{line}, now_{std::move(now)}
{
}

Result<void> InterruptThread::start()
{
    thread_ = IIO_TRY(start_thread([this] { run(); }));
    return {};
}

InterruptThread::~InterruptThread()
{
    if (!thread_.joinable())
        return;
    stopping_ = true;
    line_.wake();
    thread_.join();
}

void InterruptThread::run()
{
    RealTime real_time{RealTime::to_tell_moments};
    while (!stopping_) {
        const auto edge = line_.wait();
        if (!edge)
            return;
        if (*edge && !stopping_)
            dev_.info->handle_interrupt(&dev_, now_());
        real_time.check();
    }
}

} // namespace iio::core
