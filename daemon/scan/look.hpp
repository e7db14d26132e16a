// SPDX-License-Identifier: MIT
//
// What is on a bus: each address that a supported part uses is looked at.
#pragma once

#include <daemon/scan/i2c_buses.hpp>
#include <functional>
#include <iio/host/recognise.hpp>
#include <set>

namespace iiofs {

struct Finding {
    std::uint8_t address = 0;
    iio::Sighting sighting{};
    std::string driver{}; ///< the kernel's, which has the chip: it was not looked at
};
struct BusFindings {
    I2cBusEntry bus;
    std::vector<Finding> found{};
    int error = 0; ///< of the bus, which was given up
};

/// The chip at an address. Errors: EBUSY: a kernel driver has it; the bus's.
using ClientAt =
    std::function<iio::Result<std::unique_ptr<const iio::I2cClient>>(std::uint8_t address)>;

/// Gives the bus up at the first ETIMEDOUT, and where a client cannot be had. Of what a kernel
/// driver has only that is said.
[[nodiscard]] BusFindings look(I2cBusEntry bus, const ClientAt &client_at, iio::Families families,
                               const std::set<unsigned> &left_out);

/// Where chips were found on the buses before a multiplexer's channel: they answer on the channel,
/// too, and no chip of the channel can have such an address.
[[nodiscard]] std::set<unsigned> upstream_addresses(const I2cBusEntry &channel,
                                                    const std::vector<BusFindings> &scanned);

} // namespace iiofs
