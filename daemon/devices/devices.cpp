// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bus/gpio_line.hpp>
#include <bus/i2cdev.hpp>
#include <bus/spidev.hpp>
#include <cstring>
#include <daemon/base/log.hpp>
#include <daemon/config/location.hpp>
#include <daemon/devices/devices.hpp>
#include <daemon/takeover/restoring.hpp>
#include <iio/host/modules.hpp>
#include <sim/chip_file.hpp>
#include <sim/chip_line.hpp>
#include <sim/simulated.hpp>
#include <spdlog/spdlog.h>
#include <utility>

namespace iiofs {

namespace {

using namespace std::chrono_literals;

// A chip that does not answer is tried again after a second, then less often.
constexpr std::chrono::milliseconds first_pause = 1s;
constexpr std::chrono::milliseconds longest_pause = 30s;

/// What an errno means when a chip is looked for.
const char *explain(int error)
{
    switch (error) {
    case ENOENT:
        return "there is no such bus; is it enabled?";
    case EACCES:
        return "the bus may not be opened by this user";
    case ENXIO:
    case EREMOTEIO:
        return "nobody answers there";
    case ENODEV:
        return "another chip answers there";
    case EBUSY:
        return "a driver of the kernel has the chip";
    case EOPNOTSUPP:
        return "the adapter knows SMBus only, and the part needs plain I2C messages";
    default:
        return std::strerror(error);
    }
}

/// What a line of the log is about.
LogSubject subject(const DeviceConfig &config, const std::vector<unsigned> &numbers, int error = 0)
{
    return {.driver = config.driver,
            .bus = describe(config.bus),
            .device = directories_of(numbers),
            .error = error};
}

void log_health(LogSubject about, const std::string &where, const iio::HealthChange &change)
{
    const auto error = iio::errno_name(change.error);
    switch (change.what) {
    case iio::HealthChange::configured_anew:
        about.error = change.error;
        if (change.error == 0)
            log_device(spdlog::level::warn, about,
                       "{} on {} had been reset, and is configured again", about.device, where);
        else
            log_device(spdlog::level::warn, about, "{} on {} is configured again after {}",
                       about.device, where, error);
        break;
    case iio::HealthChange::absent:
        about.error = change.error;
        log_device(spdlog::level::warn, about, "{} on {} does not answer: {} ({})", about.device,
                   where, explain(change.error), error);
        break;
    case iio::HealthChange::back:
        log_device(spdlog::level::info, about, "{} on {} answers again", about.device, where);
        break;
    }
}

const iio::Module *module_of(std::string_view part)
{
    const auto modules = iio::all_modules();
    const auto found =
        std::ranges::find_if(modules, [=](const auto *module) { return module->find(part); });
    return found == modules.end() ? nullptr : *found;
}

std::string directory_of(unsigned number) { return "iio:device" + std::to_string(number); }

} // namespace

std::string directories_of(const std::vector<unsigned> &numbers)
{
    std::string all;
    for (const unsigned number : numbers)
        all += (all.empty() ? "" : ", ") + directory_of(number);
    return all;
}

iio::Result<void> AttachedChip::open_bus(const DeviceConfig &config, const iio::Part &part)
{
    location_ = location_of(config.bus);
    if (const auto *i2c = std::get_if<I2cBus>(&config.bus)) {
        auto adapter = IIO_TRY(iio::bus::I2cAdapter::open(i2c->path));
        i2c_ = IIO_TRY(iio::bus::I2cDevClient::create(std::move(adapter), i2c->address));
    } else if (const auto *spi = std::get_if<SpiBus>(&config.bus)) {
        auto settings = part.spi.value_or(iio::SpiSettings{});
        settings.mode = spi->mode.value_or(settings.mode);
        settings.speed_hz = spi->speed_hz.value_or(settings.speed_hz);
        settings.bits_per_word = spi->bits_per_word.value_or(settings.bits_per_word);
        spi_ = IIO_TRY(iio::bus::SpidevDevice::open(spi->path, settings));
    } else {
        const auto &model = std::get<ModelFile>(config.bus);
        const auto chip = iio::sim::ChipFile::load(model.path);
        if (!chip) {
            spdlog::error("{}", chip.error());
            return iio::fail(EINVAL);
        }
        location_ = chip->location();
        auto bus = std::make_shared<iio::sim::SimulatedBus>(*chip);
        interrupt_ = iio::sim::line_of(*chip, bus);
        if (chip->bus == iio::BusKind::i2c)
            i2c_ = std::make_unique<iio::sim::SimulatedI2c>(std::move(bus), chip->address);
        else
            spi_ = std::make_unique<iio::sim::SimulatedSpi>(std::move(bus));
    }
    if (const auto &wire = config.interrupt)
        interrupt_ = IIO_TRY(iio::bus::GpioLine::open(wire->gpiochip, wire->line, wire->edge));
    return {};
}

iio::Result<std::unique_ptr<AttachedChip>>
AttachedChip::attach(const DeviceConfig &config, iio::Registry &registry,
                     const iio::DeviceOptions &options, const std::function<void()> &changed)
{
    const auto *module = module_of(config.driver);
    if (!module)
        return iio::fail(EINVAL);
    const iio::Part &part = *module->find(config.driver);
    std::unique_ptr<AttachedChip> chip{new AttachedChip{config}};
    IIO_TRY(chip->open_bus(config, part));
    const auto hardware =
        (chip->i2c_ ? iio::Hardware{part.name, *chip->i2c_, chip->supplies_, chip->matrix_}
                    : iio::Hardware{part.name, *chip->spi_, chip->supplies_, chip->matrix_})
            .with_location(chip->location_);
    auto all_options = options;
    all_options.interrupt = chip->interrupt_.get();
    all_options.on_health_change = [chip = chip.get(), about = subject(config, options.numbers),
                                    where = describe(config.bus),
                                    changed](const iio::HealthChange &change) {
        chip->is_absent_ = change.what == iio::HealthChange::absent;
        log_health(about, where, change);
        changed();
    };
    chip->device_ = IIO_TRY(
        module->bind(hardware.with_interrupt(all_options.interrupt), registry, all_options));
    return chip;
}

Devices::Devices(iio::Registry &registry, Keep &keep)
    : registry_{registry}, keep_{keep}, retry_{[this](const std::stop_token &stop) {
          retry_until(stop);
      }}
{
}

Devices::~Devices()
{
    retry_.request_stop();
    retry_.join();
    // The last one first, as a shutdown does.
    while (!slots_.empty())
        slots_.pop_back();
}

void Devices::start(const std::vector<DeviceConfig> &configs, const Parse &parse)
{
    auto rest = configs;
    Lock lock{mutex_};
    start_again(rest, parse, lock);
    for (const auto &config : rest)
        try_slot(add_configured_slot(config), lock);
}

/// What the keep tells of; takes what it tells of the configuration out of that.
void Devices::start_again(std::vector<DeviceConfig> &configs, const Parse &parse, Lock &lock)
{
    for (const auto &kept : keep_.devices()) {
        std::optional<DeviceConfig> config;
        if (kept.from_config) {
            const auto found = std::ranges::find(configs, kept.text, identity);
            if (found != configs.end()) {
                config = std::move(*found);
                configs.erase(found);
            }
        } else {
            config = parse(kept.text);
        }
        if (config && !kept.gone) {
            Slot &slot = add_slot(*config, kept.numbers);
            slot.is_configured = kept.from_config;
            try_slot(slot, lock);
        } else if (!kept.gone) {
            keep_.remove_device(kept.numbers); // not in the configuration any more
        }
    }
}

void Devices::restore_streaming()
{
    const std::lock_guard lock{mutex_};
    streams_ = true;
    for (const auto &view : registry_.devices())
        iiofs::restore_streaming(keep_, *view);
}

iio::Result<void> Devices::add(const DeviceConfig &config, std::string_view line)
{
    Lock lock{mutex_};
    if (std::ranges::any_of(slots_, [&](const Slot &s) { return same_chip(s.config, config); }))
        return iio::fail(EBUSY);
    Slot &slot = add_slot(config);
    try_slot(slot, lock);
    if (slot.chip) {
        if (!keep_.add_device(line, false, slot.numbers))
            spdlog::warn("{}: the keep has no room for it", describe(config.bus));
        return {};
    }
    const int error = slot.last_error;
    remove_slot(std::ranges::find(slots_, &slot, [](const Slot &s) { return &s; }));
    return iio::fail(error);
}

Devices::Slot &Devices::add_slot(const DeviceConfig &config, std::span<const unsigned> numbers)
{
    Slot &slot = slots_.emplace_back(config);
    for (const unsigned number : numbers)
        slot.numbers.push_back(registry_.reserve_number(number) ? number
                                                                : registry_.reserve_number());
    reserve_numbers(slot);
    return slot;
}

Devices::Slot &Devices::add_configured_slot(const DeviceConfig &config)
{
    Slot &slot = add_slot(config);
    slot.is_configured = true;
    keep_.add_device(identity(config), true, slot.numbers);
    return slot;
}

/// As many numbers as the chip has devices; those that it has stay.
void Devices::reserve_numbers(Slot &slot)
{
    const auto *module = module_of(slot.config.driver);
    const std::size_t count = module ? module->find(slot.config.driver)->devices : 1;
    while (slot.numbers.size() < count)
        slot.numbers.push_back(registry_.reserve_number());
    for (; slot.numbers.size() > count; slot.numbers.pop_back())
        give_up_number(slot.numbers.back());
    for (const unsigned number : slot.numbers)
        set_permissions(number, slot.config);
}

void Devices::set_permissions(unsigned number, const DeviceConfig &config)
{
    const std::lock_guard lock{permissions_mutex_};
    if (config.permissions)
        permissions_.insert_or_assign(number, *config.permissions);
    else
        permissions_.erase(number);
}

void Devices::give_up_number(unsigned number)
{
    {
        const std::lock_guard lock{permissions_mutex_};
        permissions_.erase(number);
    }
    registry_.release_number(number);
}

std::optional<Permissions> Devices::permissions_of(unsigned number) const
{
    const std::lock_guard lock{permissions_mutex_};
    const auto found = permissions_.find(number);
    return found == permissions_.end() ? std::nullopt : std::optional{found->second};
}

/// A chip that has been found later goes on streaming.
void Devices::stream_again(const Slot &slot)
{
    for (const auto &view : registry_.devices()) {
        if (streams_ && std::ranges::find(slot.numbers, view->number()) != slot.numbers.end())
            iiofs::restore_streaming(keep_, *view);
    }
}

void Devices::remove_slot(std::list<Slot>::iterator slot)
{
    for (const unsigned number : slot->numbers)
        give_up_number(number);
    slots_.erase(slot);
    changed_.notify_all();
    on_change_();
}

iio::Result<void> Devices::remove(std::string_view which)
{
    Lock lock{mutex_};
    const auto found = std::ranges::find_if(slots_, [&](const Slot &slot) {
        const auto is_it = [&](unsigned number) { return directory_of(number) == which; };
        return !slot.busy &&
               (describe(slot.config.bus) == which || std::ranges::any_of(slot.numbers, is_it));
    });
    if (found == slots_.end())
        return iio::fail(ENODEV);
    drop_chip(*found, lock);
    forget(*found);
    remove_slot(found);
    return {};
}

/// The slot stays busy.
void Devices::drop_chip(Slot &slot, Lock &lock)
{
    slot.busy = true;
    auto chip = std::move(slot.chip);
    lock.unlock();
    log_device(spdlog::level::info, subject(slot.config, slot.numbers), "removed from {}",
               describe(slot.config.bus));
    chip.reset(); // waits for calls in flight
    lock.lock();
}

/// The next server is not to bring it back.
void Devices::forget(const Slot &slot)
{
    keep_.remove_device(slot.numbers);
    for (const unsigned number : slot.numbers)
        keep_.remove_settings(directory_of(number));
}

void Devices::give_way(const std::set<unsigned> &numbers)
{
    const auto is_in_the_way = [&](const Slot &slot) {
        return std::ranges::any_of(slot.numbers, [&](unsigned n) { return numbers.contains(n); });
    };
    Lock lock{mutex_};
    for (;;) {
        const auto slot = std::ranges::find_if(slots_, is_in_the_way);
        if (slot == slots_.end())
            return;
        if (slot->busy)
            changed_.wait(lock); // and look again: it may have gone
        else
            renumber(*slot, numbers, lock);
    }
}

void Devices::renumber(Slot &slot, const std::set<unsigned> &taken, Lock &lock)
{
    const bool was_attached = slot.chip != nullptr;
    drop_chip(slot, lock);
    const auto were = slot.numbers;
    for (auto &number : slot.numbers) {
        if (!taken.contains(number))
            continue;
        const unsigned old = std::exchange(number, registry_.reserve_number());
        set_permissions(number, slot.config);
        move_settings(keep_, old, number);
        give_up_number(old);
        spdlog::warn("{} is the kernel's now: {} on {} becomes {}", directory_of(old),
                     slot.config.driver, describe(slot.config.bus), directory_of(number));
    }
    keep_.renumber_device(were, slot.numbers);
    slot.busy = false;
    if (was_attached)
        try_slot(slot, lock);
}

std::size_t Devices::attached() const
{
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(
        std::ranges::count_if(slots_, [](const Slot &slot) { return slot.chip != nullptr; }));
}

void Devices::try_slot(Slot &slot, Lock &lock)
{
    slot.busy = true;
    lock.unlock();
    auto attached = AttachedChip::attach(slot.config, registry_,
                                         {.label = slot.config.label,
                                          .numbers = slot.numbers,
                                          .settings = settings_of(keep_, slot.numbers)},
                                         on_change_);
    if (attached)
        stream_again(slot);
    lock.lock();
    slot.busy = false;
    changed_.notify_all();
    const auto where = describe(slot.config.bus);
    if (attached) {
        slot.chip = std::move(*attached);
        slot.last_error = 0;
        log_device(spdlog::level::info, subject(slot.config, slot.numbers), "{} on {}",
                   directories_of(slot.numbers), where);
        on_change_();
        return;
    }
    const int error = attached.error().value();
    slot.pause = std::clamp(slot.pause * 2, first_pause, longest_pause);
    slot.try_at = std::chrono::steady_clock::now() + slot.pause;
    // One line for a state, not one for each try.
    if (std::exchange(slot.last_error, error) == error)
        return;
    log_device(spdlog::level::warn, subject(slot.config, slot.numbers, error),
               "no device on {}: {} ({})", where, explain(error), iio::errno_name(error));
    on_change_();
}

void Devices::retry_until(const std::stop_token &stop)
{
    Lock lock{mutex_};
    while (!stop.stop_requested()) {
        const auto waits = [](const Slot &slot) { return !slot.chip && !slot.busy; };
        auto due = slots_.end();
        for (auto slot = slots_.begin(); slot != slots_.end(); ++slot) {
            if (waits(*slot) && (due == slots_.end() || slot->try_at < due->try_at))
                due = slot;
        }
        if (due == slots_.end())
            changed_.wait(lock, stop, [&] { return std::ranges::any_of(slots_, waits); });
        else if (const auto at = due->try_at; at > std::chrono::steady_clock::now())
            changed_.wait_until(lock, stop, at, [] { return false; });
        else
            try_slot(*due, lock);
    }
}

} // namespace iiofs
