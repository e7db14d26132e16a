// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdlib>
#include <daemon/config/catalogue.hpp>
#include <daemon/config/drivers.hpp>
#include <fmt/format.h>
#include <map>
#include <sim/chip_file.hpp>

namespace iiofs {

namespace fs = std::filesystem;
using iio::sim::ChipFile;

namespace {

/// Where models are looked for: $IIOFS_MODELS; beside an installed program;
/// beside one that was built and not installed.
std::vector<fs::path> model_folders()
{
    std::vector<fs::path> folders;
    if (const char *named = std::getenv("IIOFS_MODELS"))
        folders.emplace_back(named);
    std::error_code error;
    const auto program = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (!error) {
        folders.push_back(program / "../share/iiofs/models");
        folders.push_back(program / "../drivers");
    }
    return folders;
}

std::optional<fs::path> installed_model(std::string_view name)
{
    for (const auto &folder : model_folders()) {
        std::error_code error;
        auto file = folder / (std::string{name} + ".model.json");
        if (fs::is_regular_file(file, error))
            return fs::weakly_canonical(file, error);
    }
    return std::nullopt;
}

std::vector<const iio::Part *> all_parts()
{
    std::vector<const iio::Part *> parts;
    for (const auto *module : all_drivers()) {
        for (const auto &part : module->parts)
            parts.push_back(&part);
    }
    return parts;
}

/// A chip that one of the drivers has on that bus.
OrProblem<PartCatalogue::Model> load_model(const fs::path &file)
{
    auto chip = ChipFile::load(file);
    if (!chip)
        return problem(chip.error());
    for (const auto *part : all_parts()) {
        if (part->name == chip->driver && part->is_on(chip->bus))
            return PartCatalogue::Model{chip->driver,
                                        std::make_shared<const ChipFile>(std::move(*chip))};
    }
    return problem(fmt::format("{}: driver: no driver has the part \"{}\" on {}; "
                               "`iiofs drivers` lists the supported parts",
                               file.string(), chip->driver,
                               chip->bus == iio::BusKind::i2c ? "I2C" : "SPI"));
}

} // namespace

PartCatalogue catalogue()
{
    // A test laboratory has many chips of one model.
    const auto loaded = std::make_shared<std::map<fs::path, OrProblem<PartCatalogue::Model>>>();
    const auto load_once = [loaded](const fs::path &file) {
        const auto found = loaded->find(file);
        return found != loaded->end() ? found->second
                                      : loaded->emplace(file, load_model(file)).first->second;
    };
    return {all_parts(), installed_model, load_once};
}

OrProblem<DeviceConfig> simulated(std::string_view part_or_file)
{
    std::error_code error;
    fs::path file{part_or_file};
    if (part_or_file.find('/') == part_or_file.npos && !fs::is_regular_file(file, error)) {
        const auto installed = installed_model(part_or_file);
        if (!installed)
            return problem(fmt::format(
                "--simulate {}: there is neither a file nor an installed model of this name; "
                "`iiofs drivers` lists the parts, IIOFS_MODELS names another folder with models",
                part_or_file));
        file = *installed;
    }
    auto model = load_model(file);
    if (!model)
        return problem(model.error());
    DeviceConfig device;
    device.driver = std::move(model->part);
    device.bus = ModelFile{std::move(file), std::move(model->chip)};
    return device;
}

} // namespace iiofs
