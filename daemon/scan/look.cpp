// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/scan/look.hpp>

namespace iiofs {

namespace {

std::set<std::uint8_t> addresses_of(iio::Families families)
{
    std::set<std::uint8_t> all;
    for (const auto *family : families) {
        for (const auto &part : family->parts)
            all.insert(part.addresses.begin(), part.addresses.end());
    }
    return all;
}

iio::Result<Finding> look_at(std::uint8_t address, const I2cBusEntry &bus,
                             const ClientAt &client_at, iio::Families families)
{
    Finding finding{.address = address};
    if (const auto driver = bus.drivers.find(address); driver != bus.drivers.end()) {
        finding.driver = driver->second;
        return finding;
    }
    const auto client = client_at(address);
    if (!client && client.error().value() == EBUSY) {
        finding.driver = "a kernel driver";
        return finding;
    }
    if (!client)
        return iio::fail(client.error());
    finding.sighting = IIO_TRY(iio::look_at(**client, address, families));
    return finding;
}

} // namespace

BusFindings look(I2cBusEntry bus, const ClientAt &client_at, iio::Families families,
                 const std::set<unsigned> &left_out)
{
    BusFindings all{.bus = std::move(bus)};
    for (const auto address : addresses_of(families)) {
        if (left_out.contains(address))
            continue;
        auto finding = look_at(address, all.bus, client_at, families);
        if (!finding) {
            all.error = finding.error().value();
            break;
        }
        if (finding->sighting.answers || !finding->driver.empty())
            all.found.push_back(std::move(*finding));
    }
    return all;
}

std::set<unsigned> upstream_addresses(const I2cBusEntry &channel,
                                      const std::vector<BusFindings> &scanned)
{
    const auto parent = std::ranges::find(scanned, channel.parent,
                                          [](const auto &findings) { return findings.bus.name; });
    if (parent == scanned.end())
        return {};
    auto all = upstream_addresses(parent->bus, scanned);
    for (const auto &finding : parent->found)
        all.insert(finding.address);
    return all;
}

} // namespace iiofs
