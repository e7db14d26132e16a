// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <daemon/config/catalogue.hpp>
#include <daemon/info/fold.hpp>
#include <daemon/info/portrait.hpp>
#include <fmt/format.h>
#include <iio/driver/names.hpp>
#include <iio/host/bound_chip.hpp>
#include <ranges>
#include <set>
#include <sim/simulated.hpp>
#include <sim/simulated_line.hpp>
#include <sim/simulated_timing.hpp>

namespace iiofs::info {

namespace fs = std::filesystem;
using iio::ChannelType;

namespace {

/// A part on a simulated chip, whose time goes on by the driver's waits alone.
class Bench {
public:
    Bench(const iio::Module &family, const iio::Part &part, const iio::sim::ChipFile &chip,
          bool is_wired)
        : location_{chip.location()},
          bus_{std::make_shared<iio::sim::SimulatedBus>(
              chip, iio::sim::SimulatedBus::Options{.clock = [this] { return timing_.now(); }})},
          i2c_{bus_, static_cast<std::uint8_t>(chip.address)},
          spi_{bus_}
    {
        const auto on_bus = chip.bus == iio::BusKind::i2c ? iio::Hardware{part.name, i2c_, {}}
                                                          : iio::Hardware{part.name, spi_, {}};
        const auto *line = is_wired ? &line_ : nullptr;
        const auto hardware =
            on_bus.with_location(location_).with_timing(timing_).with_interrupt(line);
        if (auto bound = family.bind(hardware, registry_, {.interrupt = line}))
            chip_ = std::move(*bound);
    }
    /// Null: the driver does not take the chip for the part.
    [[nodiscard]] const iio::BoundChip *chip() const { return chip_.get(); }

private:
    const std::string location_;
    const iio::sim::SimulatedTiming timing_;
    const std::shared_ptr<iio::sim::SimulatedBus> bus_;
    const iio::sim::SimulatedI2c i2c_;
    const iio::sim::SimulatedSpi spi_;
    const iio::sim::SimulatedLine line_{iio::Edge::rising};
    iio::Registry registry_;
    std::unique_ptr<iio::BoundChip> chip_;
};

/// The files that each device has, whatever its driver.
bool is_of_every_device(std::string_view name)
{
    static const std::set<std::string_view> names{"name", "label", "current_timestamp_clock",
                                                  "uevent", "dev"};
    return names.contains(name);
}

/// Whether a file "LISTED_available" lists the values of the file: it has the same last word,
/// and of the others those that the list depends on.
bool is_list_of(std::string_view listed, std::string_view name)
{
    const auto wanted = words_of(listed);
    const auto words = words_of(name);
    std::size_t found = 0;
    for (const auto &word : words) {
        if (found < wanted.size() && word == wanted[found])
            ++found;
    }
    return found == wanted.size() && wanted.back() == words.back();
}

std::string text_of(const iio::LiveDevice &device, std::string_view path)
{
    auto text = device.read(path).value_or("");
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

/// Modes do not tell, as the kernel gives nearly every file 0644: whether the driver takes what
/// the file shows, or if it cannot be read, some number or word.
bool takes_a_write(const iio::LiveDevice &device, const std::string &path, const File &file)
{
    std::vector<std::string> texts{"1", "0"};
    if (file.can_read)
        texts.insert(texts.begin(), text_of(device, path));
    for (const auto value : std::views::split(file.values, ' '))
        texts.emplace_back(value.begin(), value.end());
    return std::ranges::any_of(
        texts, [&](const std::string &text) { return device.write(path, text).has_value(); });
}

std::vector<File> files_of(const iio::LiveDevice &device, const iio::Group &group)
{
    constexpr std::string_view suffix = "_available";
    const auto prefix = group.name.empty() ? std::string{} : group.name + "/";
    std::vector<File> files;
    std::vector<std::pair<std::string, std::string>> lists;
    for (const auto &attribute : group.attributes) {
        if (attribute.name.ends_with(suffix))
            lists.emplace_back(attribute.name.substr(0, attribute.name.size() - suffix.size()),
                               text_of(device, prefix + attribute.name));
        else if (!is_of_every_device(attribute.name))
            files.push_back(
                {attribute.name, (attribute.mode & 0444) != 0, (attribute.mode & 0222) != 0, {}});
    }
    std::ranges::sort(files, {}, &File::name);
    // The longest name of a list is the one that is most the file's own.
    std::ranges::sort(lists, {}, [](const auto &list) { return list.first.size(); });
    for (auto &file : files) {
        for (const auto &[list, values] : lists) {
            if (is_list_of(list, file.name))
                file.values = values;
        }
        file.can_write = file.can_write && takes_a_write(device, prefix + file.name, file);
        if (!file.can_write)
            file.values.clear();
    }
    return fold(files);
}

DevicePortrait portrait_of(const iio::LiveDevice &device)
{
    const iio_dev &dev = device.dev();
    DevicePortrait portrait{.name = text_of(device, "name")};
    for (const auto &group : device.groups()) {
        if (group.name.empty())
            portrait.files = files_of(device, group);
        else if (group.name == "events")
            portrait.events = files_of(device, group);
    }
    for (std::uint32_t i = 0; device.buffer() && i < dev.num_channels; ++i) {
        const auto name =
            std::string{attribute_name(dev.channels[i], "", iio::Shared::separate).view()};
        if (dev.channels[i].scan_index >= 0)
            portrait.scan_elements.push_back(name.substr(0, name.find_last_not_of('_') + 1));
    }
    portrait.scan_elements = fold(portrait.scan_elements);
    for (std::uint32_t i = 0; i < dev.num_triggers; ++i)
        portrait.triggers.push_back(fmt::format("{}{}{}", portrait.name, dev.triggers[i].suffix,
                                                dev.triggers[i].numbered ? "N" : ""));
    portrait.own_trigger_only = dev.own_trigger_only != 0;
    return portrait;
}

std::vector<DevicePortrait> devices_of(const Bench &bench)
{
    std::vector<DevicePortrait> devices;
    for (const auto &view : bench.chip()->views())
        devices.push_back(portrait_of(*view));
    return devices;
}

/// Whether there is anything that comes by the interrupt output.
bool uses_interrupts(const DevicePortrait &device)
{
    return !device.events.empty() || !device.triggers.empty();
}

/// The first of these that the part has says what it is for.
Quantity quantity_of(const Bench &bench)
{
    std::set<ChannelType> in;
    std::set<ChannelType> out;
    for (const auto &view : bench.chip()->views()) {
        for (std::uint32_t i = 0; i < view->dev().num_channels; ++i) {
            const auto &channel = view->dev().channels[i];
            (channel.flags & IIO_CHAN_OUTPUT ? out : in)
                .insert(static_cast<ChannelType>(channel.type));
        }
    }
    using enum ChannelType;
    struct Sign {
        Quantity quantity;
        std::vector<ChannelType> types;
    };
    static const std::vector<Sign> signs{
        {Quantity::air, {concentration, massconcentration, resistance}},
        {Quantity::motion, {accel, anglvel, angl, rot}},
        {Quantity::magnetic_field, {magn}},
        {Quantity::distance, {distance}},
        {Quantity::light, {illuminance, intensity, uvindex, proximity}},
        {Quantity::environment, {pressure, humidityrelative}},
        {Quantity::current, {current, power}},
        {Quantity::adc, {voltage}},
        {Quantity::environment, {temp}},
    };
    for (const auto &[quantity, types] : signs) {
        if (std::ranges::any_of(types, [&](ChannelType type) { return in.contains(type); }))
            return quantity;
    }
    return out.contains(resistance) ? Quantity::potentiometer
           : out.contains(voltage)  ? Quantity::dac
                                    : Quantity::other;
}

std::optional<Portrait> portrait_on(const iio::Module &family, const iio::Part &part,
                                    const iio::sim::ChipFile &chip)
{
    const Bench wired{family, part, chip, true};
    const Bench unwired{family, part, chip, false};
    // A part without an interrupt output may refuse to have one.
    const Bench &bench = wired.chip() ? wired : unwired;
    if (!bench.chip())
        return std::nullopt;
    Portrait portrait;
    portrait.quantity = quantity_of(bench);
    portrait.devices = devices_of(bench);
    if (!unwired.chip())
        portrait.interrupt = Interrupt::needed;
    else if (wired.chip()) {
        portrait.without_interrupt = devices_of(unwired);
        if (std::ranges::any_of(portrait.devices, uses_interrupts) ||
            portrait.without_interrupt != portrait.devices)
            portrait.interrupt = Interrupt::useful;
    }
    return portrait;
}

/// The models that the part may be tried on: its own first, and those on its buses.
/// Errors: one line for people, of a model that cannot be read.
OrProblem<std::vector<iio::sim::ChipFile>> models_for(const iio::Module &family,
                                                      const iio::Part &part)
{
    std::vector<std::string_view> names{family.name};
    for (const auto &relative : family.parts)
        names.push_back(relative.name);
    // Those that are called most alike are most alike.
    std::ranges::stable_sort(names, std::ranges::greater{}, [&](std::string_view name) {
        return std::ranges::mismatch(name, part.name).in1 - name.begin();
    });
    std::ranges::stable_partition(names, [&](std::string_view name) { return name == part.name; });
    const auto parts = catalogue();
    std::vector<iio::sim::ChipFile> models;
    for (const auto &name : names) {
        for (const auto *bus : {"", "-spi"}) {
            const auto file = parts.installed_model(fmt::format("{}{}", name, bus));
            if (!file)
                continue;
            auto model = iio::sim::ChipFile::load(*file);
            if (!model)
                return problem(model.error());
            models.push_back(std::move(*model));
        }
    }
    // The registers are the same on another bus.
    std::ranges::stable_partition(
        models, [&](const iio::sim::ChipFile &model) { return part.is_on(model.bus); });
    return models;
}

} // namespace

std::string_view title_of(Quantity quantity)
{
    static constexpr std::array<std::string_view, 11> titles{
        "Environment: temperature, humidity, pressure",
        "Air: gases, particles",
        "Light and proximity",
        "Distance",
        "Motion: acceleration, rotation, angle",
        "Magnetic field",
        "Current, voltage and power",
        "Analogue to digital converters",
        "Digital to analogue converters",
        "Digital potentiometers",
        "Others",
    };
    return titles.at(static_cast<std::size_t>(quantity));
}

OrProblem<Portrait> portray(const iio::Module &family, const iio::Part &part)
{
    const auto models = models_for(family, part);
    if (!models)
        return problem(models.error());
    for (const auto &model : *models) {
        if (auto portrait = portrait_on(family, part, model))
            return *portrait;
    }
    return problem(fmt::format("{}: there is no chip model on which it can be shown; "
                               "IIOFS_MODELS names another folder with models",
                               part.name));
}

} // namespace iiofs::info
