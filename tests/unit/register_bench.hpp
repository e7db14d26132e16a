// SPDX-License-Identifier: MIT
//
// RegisterChip: a chip of byte registers that the test holds in its hand;
// RegisterBench: a DeviceBench for a driver on it.
#pragma once

#include "device_bench.hpp"

#include <mutex>
#include <utility>

class RegisterChip : public iio::I2cClient {
public:
    struct Write {
        std::uint8_t reg;
        std::uint8_t value;
        bool operator==(const Write &) const = default;
    };

    iio::Result<void> transfer(std::span<const iio::I2cMessage> messages) const final
    {
        const std::lock_guard lock{mutex_};
        if (fail_in_ > 0 && --fail_in_ == 0)
            return iio::fail(EREMOTEIO);
        return serve(messages);
    }
    void set(std::uint8_t reg, unsigned value)
    {
        const std::lock_guard lock{mutex_};
        registers_[reg] = static_cast<std::uint8_t>(value);
    }
    /// Low byte first.
    void set_word(std::uint8_t reg, unsigned value)
    {
        set(reg, value);
        set(static_cast<std::uint8_t>(reg + 1), value >> 8);
    }
    unsigned get(std::uint8_t reg) const
    {
        const std::lock_guard lock{mutex_};
        return registers_[reg];
    }
    std::vector<Write> take_writes()
    {
        const std::lock_guard lock{mutex_};
        return std::exchange(writes_, {});
    }
    /// The n-th transfer from now fails.
    void fail_transfer(int n)
    {
        const std::lock_guard lock{mutex_};
        fail_in_ = n;
    }

protected:
    // Called while locked.
    virtual iio::Result<void> serve(std::span<const iio::I2cMessage> messages) const
    {
        const auto out = messages[0].out();
        std::uint8_t reg = out[0];
        for (const std::uint8_t value : out.subspan(1)) {
            registers_[reg] = value;
            writes_.push_back({reg++, value});
        }
        if (messages.size() == 1)
            return {};
        for (std::uint8_t &byte : messages[1].in()) {
            byte = load(reg);
            reg = next(reg);
        }
        return {};
    }
    virtual std::uint8_t load(std::uint8_t reg) const { return registers_[reg]; }
    virtual std::uint8_t next(std::uint8_t reg) const { return ++reg; }

    mutable std::mutex mutex_;
    mutable std::array<std::uint8_t, 256> registers_{};

private:
    mutable std::vector<Write> writes_;
    mutable int fail_in_ = 0;
};

class RegisterBench : public DeviceBench {
public:
    RegisterBench(RegisterChip &chip, std::string_view part, bool with_interrupt = true)
    {
        REQUIRE(bind(part, chip, with_interrupt ? &line : nullptr));
        chip.take_writes();
    }
};
