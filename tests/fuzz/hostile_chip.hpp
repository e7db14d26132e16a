// SPDX-License-Identifier: MIT
//
// A chip on its bus whose answers an input damages: the driver on it is to survive them.
#pragma once

#include "fuzz.hpp"

#include <iio/driver/i2c.hpp>
#include <iio/driver/spi.hpp>
#include <mutex>
#include <sim/simulated.hpp>
#include <vector>

namespace fuzz {

/// An order for some transfers in turn: how they are damaged. Past the last order they are not.
///
/// Threads: all members from any.
class HostileChip final : public iio::I2cClient, public iio::SpiDevice {
public:
    HostileChip(std::shared_ptr<iio::sim::SimulatedBus> bus, std::uint16_t address,
                std::span<const std::uint8_t> orders)
        : bus_{std::move(bus)}, address_{address}, orders_{orders}
    {
    }

    /// An operation begins, which may make only so many transfers: more are an endless loop.
    void begin(const char *operation)
    {
        const std::lock_guard lock{mutex_};
        operation_ = operation;
        left_ = most_transfers;
    }

    [[nodiscard]] iio::Result<void>
    transfer(std::span<const iio::I2cMessage> messages) const override
    {
        const std::lock_guard lock{mutex_};
        const Order order = next();
        IIO_TRY(may_go_on(order));
        IIO_TRY(bus_->i2c(address_, messages));
        for (const auto &message : messages) {
            if (message.is_read())
                damage(order, message.in());
        }
        return {};
    }
    [[nodiscard]] iio::Result<void>
    transfer(std::span<const iio::SpiTransfer> transfers) const override
    {
        const std::lock_guard lock{mutex_};
        const Order order = next();
        IIO_TRY(may_go_on(order));
        IIO_TRY(bus_->spi(transfers));
        for (const auto &part : transfers)
            damage(order, part.in);
        return {};
    }

private:
    // A driver that polls for a second, each 20 us, and then fails.
    static constexpr unsigned most_transfers = 50'000;
    enum What : std::uint8_t { obey, obey_long, error, flip, replace, ones, zeros, lost };
    struct Order {
        What what = obey;
        std::uint8_t argument = 0;
    };

    [[nodiscard]] Order next() const
    {
        if (left_-- == 0)
            fail(std::string{operation_} + " ends after a bounded number of transfers");
        if (repeats_ > 0) {
            --repeats_;
            return order_;
        }
        const auto first = orders_.byte();
        order_.what = static_cast<What>(first & 7U);
        repeats_ = order_.what == obey_long ? 8U * (first >> 3) : first >> 5;
        order_.argument = order_.what == obey || order_.what == obey_long ? 0 : orders_.byte();
        return order_;
    }
    [[nodiscard]] static iio::Result<void> may_go_on(const Order &order)
    {
        static constexpr std::array errors{EIO,    EREMOTEIO, ENXIO,  ETIMEDOUT,
                                           EAGAIN, EBUSY,     ENODEV, EOPNOTSUPP};
        if (order.what == error)
            return iio::fail(errors[order.argument % errors.size()]);
        if (order.what == lost)
            return iio::fail(EREMOTEIO);
        return {};
    }
    void damage(const Order &order, std::span<std::uint8_t> answer) const
    {
        switch (order.what) {
        case flip:
            if (!answer.empty())
                answer[order.argument % answer.size()] ^= orders_.byte();
            break;
        case replace:
            for (auto &byte : answer)
                byte = orders_.is_empty() ? order.argument : orders_.byte();
            break;
        case ones:
            std::ranges::fill(answer, 0xff);
            break;
        case zeros:
            std::ranges::fill(answer, 0x00);
            break;
        default:
            break;
        }
    }

    const std::shared_ptr<iio::sim::SimulatedBus> bus_;
    const std::uint16_t address_;
    mutable std::mutex mutex_;
    mutable Input orders_;
    mutable Order order_;
    mutable unsigned repeats_ = 0;
    mutable unsigned left_ = most_transfers;
    const char *operation_ = "a probe";
};

/// Time that moves by the driver's waits alone, for the driver and for its chip.
class OwnTime final : public iio::Timing {
public:
    [[nodiscard]] std::chrono::nanoseconds now() const override
    {
        return std::chrono::nanoseconds{now_ns_.load()};
    }
    void delay(std::chrono::nanoseconds duration) const override { now_ns_ += duration.count(); }
    [[nodiscard]] bool run(const std::function<void()> &call) const override
    {
        call();
        return true;
    }

private:
    mutable std::atomic<std::chrono::nanoseconds::rep> now_ns_{1'000'000'000};
};

} // namespace fuzz
