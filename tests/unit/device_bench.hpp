// SPDX-License-Identifier: MIT
//
// DeviceBench: a driver on a chip that the test has made, with an interrupt
// line, asked in text.
#pragma once

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <core/buffer.hpp>
#include <core/events.hpp>
#include <cstring>
#include <iio/host/modules.hpp>
#include <iio/host/registry.hpp>
#include <memory>
#include <sim/simulated_line.hpp>
#include <sim/simulated_timing.hpp>
#include <string>
#include <thread>
#include <vector>

/// The chip of a bench: its first base, for it outlives the device.
template <class Chip> struct OnChip {
    template <class... Args> explicit OnChip(Args &&...args) : chip{std::forward<Args>(args)...} {}
    Chip chip;
};

class DeviceBench {
public:
    explicit DeviceBench(iio::Edge edge = iio::Edge::rising) : line{edge} {}

    /// Makes the device; `wired` is where the chip's interrupt output goes.
    [[nodiscard]] iio::Result<void> bind(std::string_view part, const iio::I2cClient &chip,
                                         const iio::InterruptLine *wired = nullptr,
                                         const iio::MountMatrix &matrix = iio::identity_matrix)
    {
        const auto &modules = iio::all_modules();
        const auto found =
            std::ranges::find_if(modules, [&](const auto *module) { return module->find(part); });
        REQUIRE(found != modules.end());
        matrix_ = matrix;
        const auto hardware =
            iio::Hardware{part, chip, supplies_, matrix_}.with_interrupt(wired).with_timing(timing);
        device = IIO_TRY((*found)->bind(hardware, registry, {.interrupt = wired}));
        return {};
    }

    [[nodiscard]] iio::core::Buffer &buffer() const { return *device->view()->buffer(); }
    /// The text without its newline, or the errno's name.
    std::string read(const std::string &path) const
    {
        auto text = device->view()->read(path);
        if (!text)
            return iio::errno_name(text.error().value());
        while (text->ends_with('\n'))
            text->pop_back();
        return *text;
    }
    std::string write(const std::string &path, const std::string &text) const
    {
        const auto wrote = device->view()->write(path, text);
        return wrote ? "ok" : iio::errno_name(wrote.error().value());
    }
    /// The bytes of the scans that are there, up to so many, without waiting.
    [[nodiscard]] std::vector<std::uint8_t> scans(std::size_t most_bytes = 4096) const
    {
        return scans_of(buffer(), most_bytes);
    }
    static std::vector<std::uint8_t> scans_of(iio::core::Buffer &buffer,
                                              std::size_t most_bytes = 65'536)
    {
        std::vector<std::uint8_t> bytes;
        iio::core::Cancellation never;
        (void)buffer.read(most_bytes, true, never, [&](auto first, auto second) {
            bytes.assign(first.begin(), first.end());
            bytes.insert(bytes.end(), second.begin(), second.end());
            return true;
        });
        return bytes;
    }
    /// The codes of the events that wait.
    [[nodiscard]] std::vector<std::uint64_t> events() const
    {
        std::array<iio_event_data, 16> records{};
        iio::core::Cancellation never;
        const auto count = device->view()->events()->read(records, true, never);
        std::vector<std::uint64_t> codes;
        for (std::size_t i = 0; i < count.value_or(0); ++i)
            codes.push_back(records[i].id);
        return codes;
    }
    /// Whether it becomes true; other threads have some seconds for it.
    template <class F> static bool soon(F &&is_true)
    {
        using namespace std::chrono_literals;
        const auto end = std::chrono::steady_clock::now() + 5s;
        while (!is_true()) {
            if (std::chrono::steady_clock::now() > end)
                return false;
            std::this_thread::sleep_for(1ms);
        }
        return true;
    }

    iio::sim::SimulatedLine line;
    iio::sim::SimulatedTiming timing; ///< of the driver: its delays take no time
    iio::Registry registry;

private:
    iio::Supplies supplies_;
    iio::MountMatrix matrix_;

public:
    std::unique_ptr<iio::BoundChip> device;
};
