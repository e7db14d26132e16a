// SPDX-License-Identifier: MIT
//
// Fifo: the scans between who samples and who reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace iio::core {

/// A ring of scans of one size. A full ring takes no more: the newest scan is
/// lost, never half of one.
///
/// Threads: one that fills and one that reads at a time.
class Fifo {
public:
    /// Holds `length` scans at least, as the kernel's does: a power of two.
    Fifo(std::size_t scan_bytes, unsigned length)
        : scan_bytes_{scan_bytes},
          capacity_{std::bit_ceil(std::size_t{length})},
          bytes_(scan_bytes_ * capacity_)
    {
    }

    [[nodiscard]] std::size_t scan_bytes() const { return scan_bytes_; }
    /// To a third one, who sees the ends at different moments, never too many.
    [[nodiscard]] std::size_t available() const
    {
        const std::size_t taken = taken_;
        return std::min(filled_ - taken, capacity_);
    }
    /// Scans ever; does not change while the one who fills does nothing.
    [[nodiscard]] std::size_t filled() const { return filled_; }

    /// Where the next scan goes, zeros where nothing was put yet; null: full.
    [[nodiscard]] std::uint8_t *free_slot()
    {
        return filled_ - freed_ == capacity_ ? nullptr : place_of(filled_);
    }
    void commit_slot() { ++filled_; }

    /// Up to `most` scans, oldest first, in two pieces where they go round. They
    /// are not available any more, and are not overwritten before free_taken().
    [[nodiscard]] std::array<std::span<const std::uint8_t>, 2> take_oldest(std::size_t most)
    {
        const std::size_t count = std::min(most, available());
        const std::size_t first = taken_ % capacity_;
        const std::size_t straight = std::min(count, capacity_ - first);
        taken_ += count;
        return {std::span{bytes_}.subspan(first * scan_bytes_, straight * scan_bytes_),
                std::span{bytes_}.first((count - straight) * scan_bytes_)};
    }
    void free_taken() { freed_ = taken_.load(); }
    /// As if they had not been taken.
    void put_back() { taken_ = freed_.load(); }

private:
    [[nodiscard]] std::uint8_t *place_of(std::size_t scan)
    {
        return bytes_.data() + scan % capacity_ * scan_bytes_;
    }

    const std::size_t scan_bytes_;
    const std::size_t capacity_;
    std::vector<std::uint8_t> bytes_;
    std::atomic<std::size_t> filled_{0}; ///< scans ever
    std::atomic<std::size_t> taken_{0};
    std::atomic<std::size_t> freed_{0}; ///< of these, whose place may be filled again
};

} // namespace iio::core
