// SPDX-License-Identifier: MIT
#include "bus/gpio_line.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace iio::bus {

namespace {

Result<int> request_line(int chip, std::uint32_t line, Edge edge)
{
    gpio_v2_line_request request{};
    request.offsets[0] = line;
    request.num_lines = 1;
    request.config.flags =
        GPIO_V2_LINE_FLAG_INPUT |
        (edge == Edge::rising ? GPIO_V2_LINE_FLAG_EDGE_RISING : GPIO_V2_LINE_FLAG_EDGE_FALLING);
    constexpr std::string_view consumer = "iiofs";
    consumer.copy(request.consumer, sizeof request.consumer - 1);
    if (::ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) != 0)
        return fail(errno);
    return request.fd;
}

} // namespace

Result<std::unique_ptr<GpioLine>> GpioLine::open(const std::string &gpiochip, std::uint32_t line,
                                                 Edge edge)
{
    const int chip = ::open(gpiochip.c_str(), O_RDWR | O_CLOEXEC);
    if (chip < 0)
        return fail(errno);
    const auto requested = request_line(chip, line, edge);
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
    return std::unique_ptr<GpioLine>{new GpioLine{events, wake, edge}};
}

GpioLine::~GpioLine()
{
    ::close(line_);
    ::close(wake_);
}

Result<bool> GpioLine::wait() const
{
    std::array<pollfd, 2> ready{{{line_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    for (;;) {
        if (::poll(ready.data(), ready.size(), -1) < 0) {
            if (errno == EINTR)
                continue;
            return fail(errno);
        }
        std::uint64_t count = 0;
        if (ready[1].revents && ::read(wake_, &count, sizeof count) == sizeof count)
            return false;
        if (ready[0].revents & POLLIN) {
            std::array<gpio_v2_line_event, 16> edges{};
            bool any = false;
            while (::read(line_, edges.data(), sizeof edges) > 0)
                any = true;
            if (any)
                return true;
        } else if (ready[0].revents) {
            return fail(ENODEV);
        }
    }
}

void GpioLine::wake() const
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

} // namespace iio::bus
