// SPDX-License-Identifier: MIT
//
// `iiofs drivers`, for people and for programs.
#include <daemon/config/catalogue.hpp>
#include <daemon/info/info.hpp>
#include <daemon/info/markdown.hpp>
#include <daemon/info/sheet.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <ostream>

namespace iiofs {

using namespace info;
using Json = nlohmann::ordered_json;

namespace {

Quantity quantity_of(const Sheet &sheet)
{
    return sheet.portrait ? sheet.portrait->quantity : Quantity::other;
}

void print_text(std::ostream &out, const std::vector<Sheet> &sheets)
{
    const auto models = catalogue();
    const auto print = [&](std::string_view part, std::string_view driver, std::string_view bus,
                           std::string_view addresses, std::string_view model) {
        out << fmt::format("{:<20} {:<18} {:<7} {:<23} {}\n", part, driver, bus, addresses, model);
    };
    print("# PART", "DRIVER", "BUS", "I2C ADDRESSES", "MODEL");
    for (int i = 0; i <= static_cast<int>(Quantity::other); ++i) {
        const auto quantity = static_cast<Quantity>(i);
        bool is_first = true;
        for (const auto &sheet : sheets) {
            if (quantity_of(sheet) != quantity)
                continue;
            if (std::exchange(is_first, false))
                out << "\n# " << title_of(quantity) << "\n";
            const bool i2c = sheet.part->is_on(iio::BusKind::i2c);
            const bool spi = sheet.part->is_on(iio::BusKind::spi);
            print(sheet.part->name, sheet.family->name,
                  i2c && spi ? "i2c,spi"
                  : i2c      ? "i2c"
                             : "spi",
                  info::addresses_of(*sheet.part),
                  models.installed_model(sheet.part->name) ? "yes" : "-");
        }
    }
}

Json to_json(const std::vector<File> &files)
{
    Json all = Json::array();
    for (const auto &file : files) {
        Json one{{"name", file.name}, {"read", file.can_read}, {"write", file.can_write}};
        if (!file.values.empty())
            one["values"] = file.values;
        all.push_back(std::move(one));
    }
    return all;
}

Json to_json(const DevicePortrait &device)
{
    return {{"name", device.name},
            {"files", to_json(device.files)},
            {"events", to_json(device.events)},
            {"scan_elements", device.scan_elements},
            {"triggers", device.triggers}};
}

std::string_view word_of(Interrupt interrupt)
{
    return interrupt == Interrupt::needed   ? "needed"
           : interrupt == Interrupt::useful ? "useful"
                                            : "unused";
}

Json to_json(const Sheet &sheet)
{
    const auto &part = *sheet.part;
    Json one{{"part", part.name},
             {"driver", sheet.family->name},
             {"maker", sheet.facts.maker},
             {"summary", sheet.facts.summary},
             {"measures", title_of(quantity_of(sheet))},
             {"i2c_addresses", Json::array()},
             {"spi", nullptr},
             {"supplies", Json::array()}};
    for (const auto address : part.addresses)
        one["i2c_addresses"].push_back(address);
    if (part.spi)
        one["spi"] = {{"mode", part.spi->mode}, {"speed_hz", part.spi->speed_hz}};
    for (const auto supply : part.supplies)
        one["supplies"].push_back(supply);
    one["has_model"] = catalogue().installed_model(part.name).has_value();
    one["devices"] = Json::array();
    if (sheet.portrait) {
        one["interrupt"] = word_of(sheet.portrait->interrupt);
        for (const auto &device : sheet.portrait->devices)
            one["devices"].push_back(to_json(device));
    }
    one["datasheets"] = sheet.facts.datasheets;
    one["recordings"] = Json::array();
    for (const auto &recording : sheet.recordings)
        one["recordings"].push_back({{"file", recording.file}, {"kernel", recording.kernel}});
    one["differences"] = sheet.facts.differences;
    one["notes"] = sheet.facts.notes;
    one["example"] = example_of(sheet);
    return one;
}

} // namespace

void print_drivers(std::ostream &out, DriversFormat format)
{
    const auto sheets = all_sheets();
    if (format == DriversFormat::markdown) {
        print_markdown(out, sheets);
    } else if (format == DriversFormat::json) {
        Json all = Json::array();
        for (const auto &sheet : sheets)
            all.push_back(to_json(sheet));
        out << all.dump(1) << "\n";
    } else {
        print_text(out, sheets);
    }
}

} // namespace iiofs
