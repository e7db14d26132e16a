// SPDX-License-Identifier: MIT
//
// ModelBench: a simulated chip from JSON text, asked in text, on a clock that
// the test moves.
#pragma once

#include "../tools/transaction_text.hpp"

#include <catch2/catch.hpp>

class ModelBench {
public:
    /// The members of a chip file behind "part", "driver" and "bus".
    ModelBench(const std::string &bus, const std::string &members,
               std::chrono::milliseconds timeout = std::chrono::milliseconds{1000})
        : prefix_{bus == "i2c" ? "i2c 0x20 " : "spi "}
    {
        const auto chip = iio::sim::ChipFile::parse(text(bus, members), "chip.json");
        if (!chip)
            FAIL(chip.error());
        bus_ = std::make_shared<iio::sim::SimulatedBus>(
            *chip,
            iio::sim::SimulatedBus::Options{.clock = [this] { return now_; }, .timeout = timeout});
    }
    ModelBench(const ModelBench &) = delete;
    ModelBench &operator=(const ModelBench &) = delete;

    static std::string text(const std::string &bus, const std::string &members)
    {
        return R"({"part": "TEST", "driver": "test", "bus": ")" + bus + "\", " +
               (bus == "i2c" ? R"("address": "0x20", )" : "") + members + "}";
    }

    /// "w:d0 r:1" or "d000/ 8500" to the chip.
    std::string ask(const std::string &words)
    {
        return transaction_text::ask(*bus_, prefix_ + words);
    }
    std::string ask_at(const std::string &address, const std::string &words)
    {
        return transaction_text::ask(*bus_, "i2c " + address + " " + words);
    }
    void set_time_ms(int ms) { now_ = std::chrono::milliseconds{ms}; }
    [[nodiscard]] const std::shared_ptr<iio::sim::SimulatedBus> &bus() const { return bus_; }

private:
    std::string prefix_;
    iio::sim::Time now_{0};
    std::shared_ptr<iio::sim::SimulatedBus> bus_;
};
