// SPDX-License-Identifier: MIT
#include <iio/driver/timing.hpp>
#include <thread>

namespace iio {

namespace {

class RealTiming final : public Timing {
public:
    [[nodiscard]] std::chrono::nanoseconds now() const override
    {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
    void delay(std::chrono::nanoseconds duration) const override
    {
        std::this_thread::sleep_for(duration);
    }
    [[nodiscard]] bool run(const std::function<void()> &call) const override
    {
        call();
        return true;
    }
};

} // namespace

const Timing &Timing::real()
{
    static const RealTiming timing;
    return timing;
}

} // namespace iio
