// SPDX-License-Identifier: MIT
//
// Module: a driver and the parts that it drives, by the kernel's names.
#pragma once

#include <iio/host/device.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace iio {

/// A chip with any driver, its devices registered; dropping it is Device's
/// teardown of each.
class BoundChip {
public:
    virtual ~BoundChip() = default;
    /// As many as Part::devices.
    [[nodiscard]] virtual std::span<const std::shared_ptr<const LiveDevice>> views() const = 0;
    /// The first of them.
    [[nodiscard]] const std::shared_ptr<const LiveDevice> &view() const { return views().front(); }
};

struct Module {
    std::string_view name;
    std::span<const Part> parts;
    Result<std::unique_ptr<BoundChip>> (*bind_part)(const Hardware &, Registry &,
                                                    const DeviceOptions &);

    /// Probes the part and registers it.
    /// Errors: those of Device's probe and register_on; EINVAL: the hardware is none of the parts.
    [[nodiscard]] Result<std::unique_ptr<BoundChip>>
    bind(const Hardware &hardware, Registry &registry, const DeviceOptions &options) const
    {
        const Part *const part = find(hardware.part());
        if (!part)
            return fail(EINVAL);
        return bind_part(hardware.with_data(part->data), registry, options);
    }

    [[nodiscard]] const Part *find(std::string_view part) const
    {
        const auto found = std::ranges::find(parts, part, &Part::name);
        return found == parts.end() ? nullptr : &*found;
    }
};

namespace detail {

template <Driver D> class BoundDevice final : public BoundChip, private Recoverable {
public:
    BoundDevice(std::unique_ptr<Health> health, Device<D, Registered> device)
        : health_{std::move(health)}, device_{std::move(device)}
    {
        health_->begin(*this);
    }
    ~BoundDevice() override { health_->end(); }
    [[nodiscard]] std::span<const std::shared_ptr<const LiveDevice>> views() const override
    {
        return {&device_.shared_view(), 1};
    }

private:
    [[nodiscard]] Result<bool> is_configured() const override
    {
        return device_.box().is_configured();
    }
    void drop_drivers() override { device_.box().drop_driver(); }
    [[nodiscard]] Result<void> make_drivers() override
    {
        IIO_TRY(device_.box().make_driver());
        return device_.box().probe_again();
    }

    std::unique_ptr<Health> health_;
    Device<D, Registered> device_;
};

template <Driver D>
Result<std::unique_ptr<BoundChip>> bind(const Hardware &hardware, Registry &registry,
                                        const DeviceOptions &options)
{
    auto health = std::make_unique<Health>(hardware, options.on_health_change);
    auto device = IIO_TRY(Device<D, Unregistered>::probe(health->hardware()));
    DeviceOptions watched = options;
    watched.health = health.get();
    auto live = IIO_TRY(std::move(device).register_on(registry, watched));
    return std::make_unique<BoundDevice<D>>(std::move(health), std::move(live));
}

/// Two devices and the chip that they share. The first has the interrupt line,
/// and its driver pushes into both: it goes before the second does.
template <class Chip, Driver First, Driver Second>
class BoundPair final : public BoundChip, private Recoverable {
public:
    BoundPair(std::unique_ptr<Health> health, std::unique_ptr<std::optional<Chip>> chip,
              Device<First, Registered> first, Device<Second, Registered> second)
        : health_{std::move(health)},
          chip_{std::move(chip)},
          views_{first.shared_view(), second.shared_view()},
          second_{std::move(second)},
          first_{std::move(first)}
    {
        health_->begin(*this);
    }
    ~BoundPair() override { health_->end(); }
    [[nodiscard]] std::span<const std::shared_ptr<const LiveDevice>> views() const override
    {
        return views_;
    }

private:
    [[nodiscard]] Result<bool> is_configured() const override
    {
        return *chip_ ? detail::is_configured(views_[0]->dev(), **chip_) : Result<bool>{false};
    }
    void drop_drivers() override
    {
        first_.box().drop_driver();
        second_.box().drop_driver();
        chip_->reset();
    }
    [[nodiscard]] Result<void> make_drivers() override
    {
        const int code = call(&views_[0]->dev(), "probe",
                              [&] { return code_of(chip_->emplace(health_->hardware()).probe()); });
        if (code < 0)
            return fail(-code);
        IIO_TRY(first_.box().make_driver());
        IIO_TRY(second_.box().make_driver());
        IIO_TRY(first_.box().probe_again());
        return second_.box().probe_again();
    }

    std::unique_ptr<Health> health_;
    std::unique_ptr<std::optional<Chip>> chip_; ///< the drivers refer to what is in there
    std::array<std::shared_ptr<const LiveDevice>, 2> views_;
    Device<Second, Registered> second_;
    Device<First, Registered> first_; ///< last: it goes first
};

template <class Chip, Driver First, Driver Second>
Result<std::unique_ptr<BoundChip>> bind_pair(const Hardware &hardware, Registry &registry,
                                             const DeviceOptions &options)
{
    auto health = std::make_unique<Health>(hardware, options.on_health_change);
    const Hardware &watched = health->hardware();
    auto place = std::make_unique<std::optional<Chip>>(std::in_place, watched);
    Chip &chip = **place;
    IIO_TRY(chip.probe());
    auto first = IIO_TRY(Device<First, Unregistered>::probe(watched, chip));
    auto second = IIO_TRY(Device<Second, Unregistered>::probe(watched, chip));
    DeviceOptions of_first = options;
    of_first.health = health.get();
    DeviceOptions of_second = of_first;
    if (options.numbers.size() == 2) {
        of_first.numbers = {options.numbers[0]};
        of_second.numbers = {options.numbers[1]};
    }
    if (options.settings.size() == 2) {
        of_first.settings = {options.settings[0]};
        of_second.settings = {options.settings[1]};
    }
    // The second is there before an interrupt can push into it.
    of_second.interrupt = nullptr;
    auto live_second = IIO_TRY(std::move(second).register_on(registry, of_second));
    auto live_first = IIO_TRY(std::move(first).register_on(registry, of_first));
    return std::make_unique<BoundPair<Chip, First, Second>>(
        std::move(health), std::move(place), std::move(live_first), std::move(live_second));
}

/// The first of the classes that drives the part; the last one drives the rest.
template <Driver D, Driver... Others>
Result<std::unique_ptr<BoundChip>> bind_by_part(const Hardware &hardware, Registry &registry,
                                                const DeviceOptions &options)
{
    if constexpr (sizeof...(Others) > 0) {
        if (!D::drives(hardware.part()))
            return bind_by_part<Others...>(hardware, registry, options);
    }
    return bind<D>(hardware, registry, options);
}

} // namespace detail

/// The parts have static storage. Where they need several classes, each but the
/// last has `static bool drives(std::string_view part)`.
template <Driver... D>
constexpr Module module_of(std::string_view name, std::span<const Part> parts)
{
    return {name, parts, &detail::bind_by_part<D...>};
}

/// A chip that is two devices: its class, which is built once from the Hardware
/// and has `Result<void> probe()`, and the two drivers, each constructible from
/// (const Hardware &, Chip &). Part::devices is 2.
template <class Chip, Driver First, Driver Second>
constexpr Module module_of_pair(std::string_view name, std::span<const Part> parts)
{
    return {name, parts, &detail::bind_pair<Chip, First, Second>};
}

/// Makes the family known, at the end of its namespace: its folder's name, its driver
/// class and its parts. The symbol has C linkage and is the same in any namespace.
///
///     IIO_MODULE(as5600, As5600, Part{.name = "as5600", .addresses = {0x36}});
#define IIO_MODULE(family, Class, ...)                                                             \
    constexpr std::array family##_parts{__VA_ARGS__};                                              \
    extern "C" {                                                                                   \
    extern const ::iio::Module family##_module;                                                    \
    const ::iio::Module family##_module = ::iio::module_of<Class>(#family, family##_parts);        \
    }                                                                                              \
    static_assert(::iio::Driver<Class>)

} // namespace iio
