// SPDX-License-Identifier: MIT
//
// FifoBytes: what a simulated chip's FIFO holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iio::sim {

/// Bytes in units (what the chip counts, and drops when it is full); each unit has its
/// place in the entry that it is of. Allocates when it is made only.
class FifoBytes {
public:
    FifoBytes(std::size_t capacity, std::size_t unit)
        : bytes_(capacity), places_(capacity / unit), unit_{unit}
    {
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t units() const { return size_ / unit_; }
    [[nodiscard]] bool is_full() const { return size_ == bytes_.size(); }
    void clear() { size_ = 0; }
    /// Where in its entry the oldest unit is; 0: there is none.
    [[nodiscard]] std::uint16_t place() const
    {
        return size_ == 0 ? std::uint16_t{0} : places_[first_ / unit_];
    }

    void drop_unit()
    {
        const auto count = unit_ - first_ % unit_;
        first_ = (first_ + count) % bytes_.size();
        size_ -= count;
    }
    /// Not while it is full. `place` counts where the byte begins a unit.
    void push(std::uint8_t byte, std::uint16_t place)
    {
        const auto at = (first_ + size_) % bytes_.size();
        if (at % unit_ == 0)
            places_[at / unit_] = place;
        bytes_[at] = byte;
        size_++;
    }
    /// Not while it is empty.
    std::uint8_t pop()
    {
        const auto byte = bytes_[first_];
        first_ = (first_ + 1) % bytes_.size();
        size_--;
        return byte;
    }

private:
    std::vector<std::uint8_t> bytes_; ///< a ring
    std::vector<std::uint16_t> places_;
    std::size_t unit_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

} // namespace iio::sim
