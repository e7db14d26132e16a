// SPDX-License-Identifier: MIT
#include <bus/i2cdev.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <daemon/base/exit_status.hpp>
#include <daemon/base/fd.hpp>
#include <daemon/base/problem.hpp>
#include <daemon/config/drivers.hpp>
#include <daemon/scan/report.hpp>
#include <daemon/scan/scan.hpp>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>

namespace iiofs {

namespace {

constexpr std::string_view dev = "/dev/";

void complain(const std::string &line) { std::fprintf(stderr, "iiofs: %s\n", line.c_str()); }

OrProblem<std::set<unsigned>> addresses(const std::vector<std::string> &texts)
{
    std::set<unsigned> all;
    for (const auto &text : texts) {
        unsigned address = 0;
        const auto digits = std::string_view{text}.substr(text.starts_with("0x") ? 2 : 0);
        const auto end = digits.data() + digits.size();
        const auto [stopped, error] = std::from_chars(digits.data(), end, address, 16);
        if (error != std::errc{} || stopped != end || address > 0x7f)
            return problem("--skip " + text + ": an address is 0x03 to 0x77");
        all.insert(address);
    }
    return all;
}

/// Those that were named, or all that may have sensors.
OrProblem<std::vector<I2cBusEntry>> chosen_buses(const std::vector<std::string> &named)
{
    auto all = i2c_buses("/sys");
    if (named.empty()) {
        if (all.empty())
            return problem("there is no I2C bus; is it enabled, and the module i2c-dev loaded?");
        for (const auto &bus : all) {
            if (!bus.other_purpose.empty())
                complain(bus.name + " (" + bus.about + "): skipped, it is the bus " +
                         bus.other_purpose + "; --bus " + bus.name + " scans it");
        }
        std::erase_if(all, [](const auto &bus) { return !bus.other_purpose.empty(); });
        return all;
    }
    std::set<std::string> chosen;
    for (const auto &text : named) {
        const auto name = text.substr(text.starts_with(dev) ? dev.size() : 0);
        if (std::ranges::find(all, name, &I2cBusEntry::name) == all.end())
            return problem("--bus " + text + ": there is no such I2C bus");
        chosen.insert(name);
    }
    std::erase_if(all, [&](const auto &bus) { return !chosen.contains(bus.name); });
    return all;
}

BusFindings scan_bus(const I2cBusEntry &bus, const std::set<unsigned> &left_out)
{
    const auto adapter = iio::bus::I2cAdapter::open(std::string{dev} + bus.name);
    if (!adapter)
        return {.bus = bus, .error = adapter.error().value()};
    using Client = iio::Result<std::unique_ptr<const iio::I2cClient>>;
    const auto client_at = [&](std::uint8_t address) -> Client {
        return IIO_TRY(iio::bus::I2cDevClient::create(*adapter, address));
    };
    return look(bus, client_at, all_drivers(), left_out);
}

/// Never over a file that there is.
OrProblem<std::string> write_new(const std::string &path, const std::string &text)
{
    const Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
    if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return failed(path);
    return path;
}

void print(const BusFindings &findings)
{
    const auto &[bus, found, error] = findings;
    const auto behind = bus.parent.empty() ? "" : ", behind " + bus.parent;
    if (error != 0)
        complain(bus.name + " (" + bus.about + behind +
                 "): " + (error == ETIMEDOUT ? "given up, it is stuck" : std::strerror(error)) +
                 " (" + iio::errno_name(error) + ")");
    std::cout << bus.name << " (" << bus.about << behind << "): "
              << (found.empty() ? "nothing found" : std::to_string(found.size()) + " found")
              << '\n';
    print_findings(std::cout, findings);
}

} // namespace

int scan_command(const ScanOptions &options)
{
    const auto left_out = addresses(options.skipped);
    const auto buses = chosen_buses(options.buses);
    if (!left_out || !buses) {
        complain(left_out ? buses.error() : left_out.error());
        return exit_failed;
    }
    std::vector<BusFindings> all;
    bool is_whole = true;
    for (const auto &bus : *buses) {
        auto untouched = upstream_addresses(bus, all);
        untouched.insert(left_out->begin(), left_out->end());
        all.push_back(scan_bus(bus, untouched));
        is_whole &= all.back().error == 0;
        if (options.config != "-")
            print(all.back());
    }
    if (options.config == "-")
        std::cout << configuration_of(all);
    else if (!options.config.empty()) {
        const auto written = write_new(options.config, configuration_of(all));
        if (!written)
            complain(written.error());
        is_whole &= written.has_value();
    }
    return is_whole ? exit_done : exit_failed;
}

} // namespace iiofs
