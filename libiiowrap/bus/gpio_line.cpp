// SPDX-License-Identifier: MIT
#include "bus/gpio_line.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace iio::bus {

namespace {

using namespace std::chrono_literals;

/// The kernel keeps 16 edges of a line unless asked for more, and drops the oldest.
constexpr std::size_t edges_in_kernel = 16;

std::uint64_t flags_of(const GpioSettings &settings)
{
    const std::uint64_t edge = settings.edge == Edge::rising ? GPIO_V2_LINE_FLAG_EDGE_RISING
                                                             : GPIO_V2_LINE_FLAG_EDGE_FALLING;
    switch (settings.bias) {
    case Bias::disabled:
        return edge | GPIO_V2_LINE_FLAG_BIAS_DISABLED;
    case Bias::pull_up:
        return edge | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
    case Bias::pull_down:
        return edge | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
    default:
        return edge;
    }
}

Result<int> request_line(int chip, std::uint32_t line, const GpioSettings &settings)
{
    gpio_v2_line_request request{};
    request.offsets[0] = line;
    request.num_lines = 1;
    request.config.flags = GPIO_V2_LINE_FLAG_INPUT | flags_of(settings);
    if (settings.debounce.count() > 0) {
        request.config.num_attrs = 1;
        auto &attribute = request.config.attrs[0];
        attribute.mask = 1;
        attribute.attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
        attribute.attr.debounce_period_us = static_cast<std::uint32_t>(settings.debounce.count());
    }
    constexpr std::string_view consumer = "iiofs";
    consumer.copy(request.consumer, sizeof request.consumer - 1);
    if (::ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) != 0)
        return fail(errno);
    return request.fd;
}

} // namespace

Result<std::unique_ptr<GpioLine>> GpioLine::open(const std::string &gpiochip, std::uint32_t line,
                                                 const GpioSettings &settings)
{
    const int chip = ::open(gpiochip.c_str(), O_RDWR | O_CLOEXEC);
    if (chip < 0)
        return fail(errno);
    const auto requested = request_line(chip, line, settings);
    ::close(chip);
    const int events = IIO_TRY(requested);
    const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0) {
        const int error = errno;
        ::close(events);
        return fail(error);
    }
    ::fcntl(events, F_SETFD, FD_CLOEXEC);
    ::fcntl(events, F_SETFL, O_NONBLOCK);
    return std::unique_ptr<GpioLine>{new GpioLine{events, wake, settings.edge}};
}

GpioLine::~GpioLine()
{
    ::close(line_);
    ::close(wake_);
}

/// The moment of the first edge that waits in the kernel. A line that oscillates is left
/// with the edges that came meanwhile, for the next wait.
std::optional<std::int64_t> GpioLine::take_edges() const
{
    std::array<gpio_v2_line_event, edges_in_kernel> edges{};
    const auto bytes = ::read(line_, edges.data(), sizeof edges);
    if (bytes < static_cast<ssize_t>(sizeof edges.front()))
        return std::nullopt;
    return static_cast<std::int64_t>(edges.front().timestamp_ns);
}

Result<std::optional<std::int64_t>>
GpioLine::wait(std::optional<std::chrono::milliseconds> at_most) const
{
    std::array<pollfd, 2> ready{{{line_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    const auto until = std::chrono::steady_clock::now() + at_most.value_or(0ms);
    const auto left = [&] {
        return std::chrono::ceil<std::chrono::milliseconds>(until -
                                                            std::chrono::steady_clock::now());
    };
    for (;;) {
        const int timeout = at_most ? static_cast<int>(std::max(left(), 0ms).count()) : -1;
        const int there = ::poll(ready.data(), ready.size(), timeout);
        if (there < 0 && errno != EINTR)
            return fail(errno);
        if (there < 0)
            continue;
        std::uint64_t count = 0;
        if (ready[1].revents && ::read(wake_, &count, sizeof count) == sizeof count)
            return std::nullopt;
        if (ready[0].revents & POLLIN) {
            if (const auto edge = take_edges())
                return edge;
        } else if (ready[0].revents) {
            return fail(ENODEV);
        }
        if (at_most && left() <= 0ms)
            return std::nullopt;
    }
}

bool GpioLine::is_active() const
{
    gpio_v2_line_values level{.bits = 0, .mask = 1};
    if (::ioctl(line_, GPIO_V2_LINE_GET_VALUES_IOCTL, &level) != 0)
        return false;
    return ((level.bits & 1) != 0) == (edge_ == Edge::rising);
}

void GpioLine::wake() const
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

} // namespace iio::bus
