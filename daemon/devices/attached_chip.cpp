// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bus/gpio_line.hpp>
#include <bus/i2cdev.hpp>
#include <bus/spidev.hpp>
#include <daemon/config/drivers.hpp>
#include <daemon/config/location.hpp>
#include <daemon/devices/attached_chip.hpp>
#include <daemon/devices/chip_log.hpp>
#include <daemon/devices/configured_values.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <iio/host/recognise.hpp>
#include <sim/chip_file.hpp>
#include <sim/chip_line.hpp>
#include <sim/simulated.hpp>
#include <spdlog/spdlog.h>

namespace iiofs {

const iio::Module *module_of(std::string_view part) { return driver_of(all_drivers(), part); }

namespace {

/// "id 0x60: that is a bme280", as the families' tables have it.
std::string name_of(unsigned code, const iio::PartList &parts)
{
    auto text = fmt::format("id {:#x}", code);
    for (const auto *part : parts) {
        const bool is_first = part == parts.front();
        const bool has_vowel =
            std::string_view{"aeiou"}.find(part->name.front()) != std::string_view::npos;
        text += fmt::format("{}{} {}", is_first ? ": that is " : " or ", has_vowel ? "an" : "a",
                            part->name);
    }
    return text;
}

/// What answers in place of a part whose driver says ENODEV.
Refusal other_part(const iio::Hardware &hardware, const iio::Part &part, std::uint8_t address)
{
    const Refusal unnamed{iio::Errno{ENODEV}};
    const auto families = all_drivers();
    const auto named = [&](unsigned code, const iio::PartList &parts) {
        // The driver misses something else.
        const bool is_itself = std::ranges::find(parts, &part) != parts.end();
        return is_itself ? unnamed : Refusal{ENODEV, name_of(code, parts)};
    };
    const auto code =
        part.recognition().exists() ? part.recognition().ask(hardware) : iio::fail(ENODEV);
    if (code) {
        const auto parts =
            iio::parts_of_code(part.recognition(), *code,
                               hardware.i2c() ? iio::BusKind::i2c : iio::BusKind::spi, families);
        if (!parts.empty())
            return named(*code, parts);
    }
    if (hardware.i2c()) {
        const auto sighting = iio::look_at(*hardware.i2c(), address, families);
        if (sighting && sighting->code)
            return named(*sighting->code, sighting->parts);
    }
    return code ? named(*code, {}) : unnamed;
}

iio::bus::Bias bias_of(LineBias bias)
{
    switch (bias) {
    case LineBias::disabled:
        return iio::bus::Bias::disabled;
    case LineBias::pull_up:
        return iio::bus::Bias::pull_up;
    case LineBias::pull_down:
        return iio::bus::Bias::pull_down;
    default:
        return iio::bus::Bias::as_is;
    }
}

iio::Result<std::unique_ptr<iio::bus::GpioLine>> open_line(const InterruptLine &wire)
{
    iio::bus::GpioPlace place{wire.gpiochip, wire.line};
    if (!wire.name.empty())
        place = IIO_TRY(iio::bus::find_gpio_line(wire.name));
    return iio::bus::GpioLine::open(place.gpiochip, place.line,
                                    {.edge = wire.edge,
                                     .bias = bias_of(wire.bias),
                                     .debounce = std::chrono::microseconds{wire.debounce_us}});
}

/// The same errno means another thing where a bus is opened.
Refusal without_line(iio::Errno error)
{
    switch (error.value()) {
    case ENOENT:
        return {ENOENT, "the GPIO chip of its interrupt does not exist"};
    case EACCES:
        return {EACCES, "no permission to open the GPIO chip of its interrupt"};
    case EBUSY:
        return {EBUSY, "the GPIO line of its interrupt is in use"};
    case EINVAL:
        return {EINVAL, "the GPIO chip of its interrupt has no such line"};
    case ENXIO:
    case EOPNOTSUPP:
        return {error.value(), "the GPIO line of its interrupt does not support edges or the bias"};
    default:
        return error;
    }
}

} // namespace

OrRefusal<void> AttachedChip::open_bus(const DeviceConfig &config, const iio::Part &part)
{
    location_ = location_of(config.bus);
    if (const auto *i2c = std::get_if<I2cBus>(&config.bus)) {
        auto adapter = IIO_TRY(iio::bus::I2cAdapter::open(i2c->path));
        i2c_ = IIO_TRY(iio::bus::I2cDevClient::create(std::move(adapter), i2c->address));
        address_ = static_cast<std::uint8_t>(i2c->address);
    } else if (const auto *spi = std::get_if<SpiBus>(&config.bus)) {
        auto settings = part.spi.value_or(iio::SpiSettings{});
        settings.mode = spi->mode.value_or(settings.mode);
        settings.speed_hz = spi->speed_hz.value_or(settings.speed_hz);
        settings.bits_per_word = spi->bits_per_word.value_or(settings.bits_per_word);
        spi_ = IIO_TRY(iio::bus::SpidevDevice::open(spi->path, settings));
    } else {
        const auto &chip = std::get<ModelFile>(config.bus).chip;
        location_ = chip->location();
        address_ = static_cast<std::uint8_t>(chip->address);
        auto bus = std::make_shared<iio::sim::SimulatedBus>(*chip);
        interrupt_ = iio::sim::line_of(*chip, bus);
        if (chip->bus == iio::BusKind::i2c)
            i2c_ = std::make_unique<iio::sim::SimulatedI2c>(std::move(bus), chip->address);
        else
            spi_ = std::make_unique<iio::sim::SimulatedSpi>(std::move(bus));
    }
    if (const auto &wire = config.interrupt) {
        auto line = open_line(*wire);
        if (!line)
            return tl::unexpected{without_line(line.error())};
        interrupt_ = std::move(*line);
    }
    return {};
}

OrRefusal<std::unique_ptr<AttachedChip>>
AttachedChip::attach(const DeviceConfig &config, iio::Registry &registry,
                     const iio::DeviceOptions &options, const std::function<void()> &changed,
                     const std::function<bool()> &is_wanted)
{
    const auto *module = module_of(config.driver);
    if (!module)
        return iio::fail(EINVAL);
    const iio::Part &part = *module->find(config.driver);
    std::unique_ptr<AttachedChip> chip{new AttachedChip};
    if (auto opened = chip->open_bus(config, part); !opened)
        return tl::unexpected{std::move(opened.error())};
    const auto hardware =
        (chip->i2c_ ? iio::Hardware{part.name, *chip->i2c_, config.supplies, config.mount_matrix}
                    : iio::Hardware{part.name, *chip->spi_, config.supplies, config.mount_matrix})
            .with_location(chip->location_);
    auto all_options = options;
    all_options.interrupt = chip->interrupt_.get();
    all_options.settings = with_configured(config.set, options.settings, options.numbers.size());
    all_options.on_health_change = [chip = chip.get(), about = subject(config, options.numbers),
                                    where = describe(config.bus),
                                    changed](const iio::HealthChange &change) {
        chip->absent_error_ = change.what == iio::HealthChange::absent ? change.error : 0;
        log_health(about, where, change);
        changed();
    };
    auto probed = iio::ProbedChip::probe(
        module->driver, hardware.with_interrupt(all_options.interrupt).with_data(part.data),
        all_options.on_health_change);
    if (!probed && probed.error().value() == ENODEV)
        return tl::unexpected{other_part(hardware, part, chip->address_)};
    if (!probed)
        return tl::unexpected{Refusal{probed.error()}};
    if (!is_wanted())
        return iio::fail(ECANCELED);
    chip->device_ = IIO_TRY(std::move(*probed).register_on(registry, all_options));
    for (const auto &line : refused_values(config.set, chip->device_->views()))
        log_device(spdlog::level::warn, subject(config, options.numbers), "{}: {}",
                   directories_of(options.numbers), line);
    return chip;
}

} // namespace iiofs
