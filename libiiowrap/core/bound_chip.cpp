// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/board.hpp>
#include <cstddef>
#include <cstring>
#include <iio/host/bound_chip.hpp>
#include <new>
#include <ranges>
#include <string>
#include <vector>

namespace iio {

namespace core {

/// A chip, its driver and its devices, from the probe to the end.
class ChipBinding final : private Recoverable {
public:
    ChipBinding(const iio_driver &driver, const Hardware &hardware, unsigned devices,
                HealthObserver tell)
        : driver_{driver},
          health_{hardware, std::move(tell)},
          board_{health_.hardware()},
          devices_(devices)
    {
        for (Slot &device : devices_)
            device.dev.name = board_.in_c().part;
    }
    ChipBinding(const ChipBinding &) = delete;
    ChipBinding &operator=(const ChipBinding &) = delete;
    ~ChipBinding() override
    {
        health_.end();
        // The first has the interrupt line, and its driver may push into all.
        for (const auto &view : views_) {
            if (view)
                registry_->remove(view);
        }
        destroy();
    }

    [[nodiscard]] Result<void> probe()
    {
        const auto described = IIO_TRY(create_and_probe());
        for (std::size_t i = 0; i < devices_.size(); ++i)
            devices_[i].take(described[i], health_.hardware().mount_matrix());
        return {};
    }

    /// All devices, or none.
    [[nodiscard]] Result<void> register_on(Registry &registry, const DeviceOptions &options)
    {
        registry_ = &registry;
        views_.resize(devices_.size());
        // The others are there before an interrupt of the first can push into them.
        for (std::size_t i = devices_.size(); i-- > 0;)
            views_[i] = IIO_TRY(registry.add(devices_[i].dev, options_of(i, options)));
        health_.begin(*this);
        return {};
    }

    [[nodiscard]] std::span<const std::shared_ptr<const LiveDevice>> views() const
    {
        return views_;
    }
    void hide()
    {
        for (const auto &view : views_)
            registry_->hide(view);
    }

private:
    /// A device, at its place for as long as the binding lives.
    struct Slot {
        iio_dev dev{};
        std::string name{};

        void take(const iio_dev &described, const MountMatrix &matrix)
        {
            name = described.name;
            // Not core and what follows: the driver may have a thread that looks at them.
            std::memcpy(&dev, &described, offsetof(iio_dev, core));
            dev.name = name.c_str();
            std::ranges::transform(matrix, dev.mount_matrix, &std::string::c_str);
        }
        [[nodiscard]] bool is_described_by(const iio_dev &described) const
        {
            return name == described.name && dev.info == described.info &&
                   dev.channels == described.channels && dev.num_channels == described.num_channels;
        }
    };

    [[nodiscard]] Result<std::vector<iio_dev>> create_and_probe()
    {
        std::vector<iio_dev *> devs;
        std::ranges::transform(devices_, std::back_inserter(devs), [](Slot &s) { return &s.dev; });
        if (const int code = driver_.create(&board_.in_c(), devs.data(), &chip_); code < 0) {
            chip_ = nullptr;
            return fail(-code);
        }
        iio_dev blank{};
        blank.abi_version = driver_.abi_version;
        blank.modes = IIO_MODE_DIRECT;
        blank.name = board_.in_c().part;
        std::vector<iio_dev> described(devices_.size(), blank);
        if (const int code = driver_.probe(chip_, described.data()); code < 0)
            return fail(-code);
        return described;
    }

    [[nodiscard]] DeviceOptions options_of(std::size_t device, const DeviceOptions &options)
    {
        DeviceOptions own = options;
        own.health = &health_;
        if (options.numbers.size() == devices_.size())
            own.numbers = {options.numbers[device]};
        if (options.settings.size() == devices_.size())
            own.settings = {options.settings[device]};
        if (device > 0)
            own.interrupt = nullptr;
        return own;
    }

    void destroy()
    {
        if (void *const chip = std::exchange(chip_, nullptr))
            driver_.destroy(chip);
    }

    [[nodiscard]] Result<bool> is_configured() const override
    {
        if (!chip_ || !driver_.is_configured)
            return false;
        const int code = driver_.is_configured(chip_);
        return code < 0 ? Result<bool>{fail(-code)} : Result<bool>{code != 0};
    }
    void drop_drivers() override { destroy(); }
    /// Errors: ENODEV, too: another part answers than before.
    [[nodiscard]] Result<void> make_drivers() override
    {
        const auto described = IIO_TRY(create_and_probe());
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            if (!devices_[i].is_described_by(described[i]))
                return fail(ENODEV);
            devices_[i].dev.priv = described[i].priv;
        }
        return {};
    }

    const iio_driver driver_;
    Health health_;
    const Board board_;
    std::vector<Slot> devices_;
    void *chip_ = nullptr;
    Registry *registry_ = nullptr;
    std::vector<std::shared_ptr<const LiveDevice>> views_;
};

} // namespace core

namespace {

/// Errors: EINVAL: it is none of the driver's parts.
Result<unsigned> devices_of(const iio_driver &driver, std::string_view part)
{
    if (driver.num_parts == 0)
        return 1U;
    const std::span parts{driver.parts, driver.num_parts};
    const auto found = std::ranges::find(parts, part, &iio_part::name);
    if (found == parts.end() || found->num_devices == 0)
        return fail(EINVAL);
    return found->num_devices;
}

Part part_of(const iio_part &c)
{
    Part part{.name = c.name, .devices = c.num_devices};
    for (const std::uint8_t address : std::span{c.addresses}.first(c.num_addresses))
        part.addresses.add(address);
    if (c.on_spi)
        part.spi = SpiSettings{.mode = static_cast<std::uint8_t>(c.spi_mode),
                               .speed_hz = c.spi_speed_hz,
                               .bits_per_word = static_cast<std::uint8_t>(c.spi_bits_per_word)};
    for (const char *supply : c.supplies) {
        if (supply)
            part.supplies.add(supply);
    }
    return part;
}

} // namespace

BoundChip::BoundChip(std::unique_ptr<core::ChipBinding> chip) : chip_{std::move(chip)} {}
BoundChip::~BoundChip() = default;

std::span<const std::shared_ptr<const LiveDevice>> BoundChip::views() const
{
    return chip_->views();
}

void BoundChip::hide() { chip_->hide(); }

ProbedChip::ProbedChip(std::unique_ptr<core::ChipBinding> chip) : chip_{std::move(chip)} {}
ProbedChip::ProbedChip(ProbedChip &&) noexcept = default;
ProbedChip &ProbedChip::operator=(ProbedChip &&) noexcept = default;
ProbedChip::~ProbedChip() = default;

Result<ProbedChip> ProbedChip::probe(const iio_driver &driver, const Hardware &hardware,
                                     HealthObserver tell)
try {
    if (driver.abi_version != IIO_WRAP_ABI_VERSION || !driver.create || !driver.probe ||
        !driver.destroy)
        return fail(EINVAL);
    const unsigned devices = IIO_TRY(devices_of(driver, hardware.part()));
    auto chip = std::make_unique<core::ChipBinding>(driver, hardware, devices, std::move(tell));
    IIO_TRY(chip->probe());
    return ProbedChip{std::move(chip)};
} catch (const std::bad_alloc &) {
    return fail(ENOMEM);
}

Result<std::unique_ptr<BoundChip>> ProbedChip::register_on(Registry &registry,
                                                           const DeviceOptions &options) &&
try {
    if (!chip_)
        return fail(EINVAL);
    auto chip = std::move(chip_);
    IIO_TRY(chip->register_on(registry, options));
    return std::unique_ptr<BoundChip>{new BoundChip{std::move(chip)}};
} catch (const std::bad_alloc &) {
    return fail(ENOMEM);
}

Result<std::unique_ptr<BoundChip>> Module::bind(const Hardware &hardware, Registry &registry,
                                                const DeviceOptions &options) const
{
    const Part *const part = find(hardware.part());
    if (!part)
        return fail(EINVAL);
    auto chip = IIO_TRY(
        ProbedChip::probe(driver, hardware.with_data(part->data), options.on_health_change));
    return std::move(chip).register_on(registry, options);
}

ForeignModule::ForeignModule(const iio_driver &driver)
{
    for (const auto &part : std::span{driver.parts, driver.num_parts})
        parts_.push_back(part_of(part));
    module_ = {driver.name, parts_, driver};
}

} // namespace iio
