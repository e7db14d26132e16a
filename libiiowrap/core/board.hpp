// SPDX-License-Identifier: MIT
//
// Board: a Hardware as a driver in C has it.
#pragma once

#include <iio/driver/hardware.hpp>
#include <string>

namespace iio::core {

/// Threads: its functions from any. Lifetime: the Hardware's.
class Board {
public:
    explicit Board(const Hardware &hardware);
    Board(const Board &) = delete;
    Board &operator=(const Board &) = delete;

    [[nodiscard]] const iio_hardware &in_c() const { return in_c_; }

private:
    const std::string part_;
    const std::string location_;
    iio_hardware in_c_;
};

} // namespace iio::core
