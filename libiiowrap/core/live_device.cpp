// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <atomic>
#include <core/attributes.hpp>
#include <core/buffer.hpp>
#include <core/clock.hpp>
#include <core/device_trigger.hpp>
#include <core/events.hpp>
#include <core/interrupt_thread.hpp>
#include <core/no_throw.hpp>
#include <functional>
#include <iio/host/log.hpp>
#include <iio/host/registry.hpp>
#include <map>
#include <sys/sysmacros.h>
#include <thread>
#include <utility>

namespace iio {

namespace {

// The kernel hands IIO a dynamic major, from 254 downwards.
constexpr unsigned usual_major = 254;

// If the part was reset, or a transfer failed, while it was read, it is read again
// up to this often.
constexpr int most_attempts = 3;

clockid_t clock_of(const LiveDevice &device)
{
    return core::clocks.at(static_cast<std::size_t>(device.clock().load(std::memory_order_relaxed)))
        .id;
}

/// Errors: EBUSY: the device streams. Without a buffer it never does.
Result<core::ModeLock::Claim> claim_direct(core::Buffer *buffer)
{
    if (!buffer)
        return core::ModeLock::Claim{};
    return core::ModeLock::Claim::of(buffer->mode());
}

} // namespace

/// What a driver calls. Its threads may do so during the removal and after it: a
/// call is counted in the iio_dev, then looks whether the device is still there.
struct LiveDevice::CoreCalls {
    /// One call; the device stays until it ends, if it is there.
    class Call {
    public:
        explicit Call(const iio_dev *dev) : dev_{*const_cast<iio_dev *>(dev)}
        {
            std::atomic_ref{dev_.core_calls}.fetch_add(1);
            device_ = static_cast<const LiveDevice *>(std::atomic_ref{dev_.core_priv}.load());
        }
        ~Call()
        {
            if (!stays_)
                end(&dev_);
        }
        Call(const Call &) = delete;
        Call &operator=(const Call &) = delete;
        [[nodiscard]] const LiveDevice *device() const { return device_; }
        /// Until end() is called.
        void stay() { stays_ = true; }
        static void end(const iio_dev *dev)
        {
            std::atomic_ref{const_cast<iio_dev *>(dev)->core_calls}.fetch_sub(1);
        }

    private:
        iio_dev &dev_;
        const LiveDevice *device_;
        bool stays_ = false;
    };

    static std::int64_t now(const iio_dev *dev)
    {
        const Call call{dev};
        return call.device() ? call.device()->now() : 0;
    }
    static void push_event(const iio_dev *dev, std::uint64_t code, std::int64_t timestamp)
    {
        const Call call{dev};
        if (call.device() && call.device()->events())
            call.device()->events()->push(code, timestamp);
    }
    static int begin_scan(const iio_dev *dev, iio_scan *scan)
    {
        Call call{dev};
        core::Buffer *const buffer = call.device() ? call.device()->buffer() : nullptr;
        if (!buffer)
            return -EBUSY;
        const auto begun = buffer->begin_scan(*scan);
        if (!begun)
            return -begun.error().value();
        call.stay();
        return 0;
    }
    static void end_scan(const iio_dev *dev, std::int64_t timestamp, int keep)
    {
        static_cast<const LiveDevice *>(
            std::atomic_ref{const_cast<iio_dev *>(dev)->core_priv}.load())
            ->buffer()
            ->end_scan(timestamp, keep != 0);
        Call::end(dev);
    }
    static void fire_trigger(const iio_dev *dev, std::uint32_t id, std::int64_t timestamp)
    {
        const Call call{dev};
        if (!call.device())
            return;
        for (const auto &trigger : call.device()->triggers_) {
            if (trigger->id() == id)
                trigger->fire(timestamp);
        }
    }
    static void doubt(const iio_dev *dev)
    {
        const Call call{dev};
        if (call.device() && call.device()->health_)
            call.device()->health_->doubt();
    }
    static constexpr iio_core calls{now, push_event, begin_scan, end_scan, fire_trigger, doubt};
};

constexpr iio_core LiveDevice::CoreCalls::calls;

LiveDevice::LiveDevice(iio_dev &dev, Registry &registry, unsigned number,
                       const DeviceOptions &options, Groups groups)
    : dev_{dev},
      registry_{registry},
      health_{options.health},
      number_{number},
      directory_{"iio:device" + std::to_string(number)},
      label_{options.label},
      groups_{std::move(groups)},
      debug_{core::make_debug_attributes(dev)},
      node_number_{makedev(usual_major, number)}
{
    for (const Group &group : *groups_) {
        for (const Attribute &attribute : group.attributes) {
            if (attribute.is_setting)
                store_mutexes_.try_emplace(&attribute);
        }
    }
    settings_.reserve(store_mutexes_.size()); // so that a store's record cannot fail
    if (dev.modes & (IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE))
        buffer_ =
            std::make_unique<core::Buffer>(dev, registry, gate_, health_, [this] { return now(); });
    if (std::ranges::find(*groups_, "events", &Group::name) != groups_->end())
        events_ = std::make_unique<core::EventQueue>();
    for (const auto &spec : std::span{dev.triggers, dev.num_triggers}) {
        triggers_.push_back(std::make_shared<core::DeviceTrigger>(
            dev, spec, number, health_,
            [this](bool is_first_consumer) { look_at_line(is_first_consumer); }));
        if (spec.is_default && buffer_)
            buffer_->set_default_trigger(triggers_.back());
    }
    std::atomic_ref{dev_.core_priv}.store(this);
    std::atomic_ref{dev_.core}.store(&CoreCalls::calls);
}

LiveDevice::~LiveDevice() { disconnect(); }

/// The driver's calls into the core do nothing from here on, and none is under way.
void LiveDevice::disconnect() const
{
    if (!std::exchange(connected_, false))
        return;
    std::atomic_ref{dev_.core_priv}.store(nullptr);
    while (std::atomic_ref{dev_.core_calls}.load() != 0)
        std::this_thread::sleep_for(std::chrono::microseconds{100});
}

std::int64_t LiveDevice::now() const { return core::nanoseconds(clock_of(*this)); }

Result<void> LiveDevice::open_node() const
{
    if (is_removed())
        return fail(ENODEV);
    return node_is_open_.exchange(true) ? fail(EBUSY) : Result<void>{};
}

Result<void> LiveDevice::start(const InterruptLine *interrupt) const
{
    if (!interrupt || !dev_.info->handle_interrupt)
        return {};
    interrupt_ = std::make_unique<core::InterruptThread>(
        dev_, *interrupt, health_,
        core::InterruptThread::Device{
            .by_clients_clock =
                [this, offset = core::MonotonicOffset{}](std::int64_t moment_ns) mutable {
                    return moment_ns + offset.of(clock_of(*this));
                },
            .is_sampling =
                [this] {
                    return std::ranges::any_of(
                        triggers_, [](const auto &trigger) { return trigger->is_busy(); });
                }});
    return interrupt_->start();
}

void LiveDevice::look_at_line(bool is_first_consumer) const
{
    if (interrupt_)
        interrupt_->look_again(is_first_consumer);
}

/// After it only calls in flight are in the driver.
void LiveDevice::shut_down() const
{
    // In this order: what a driver does in an interrupt may end with the stream only.
    if (buffer_)
        buffer_->shut_down();
    if (interrupt_)
        interrupt_->stop();
    if (events_)
        events_->shut_down();
}

const Attribute *LiveDevice::find(std::string_view path) const
{
    const auto slash = path.find('/');
    const auto group_name = slash == path.npos ? std::string_view{} : path.substr(0, slash);
    const auto name = slash == path.npos ? path : path.substr(slash + 1);
    const auto group = std::ranges::find(*groups_, group_name, &Group::name);
    if (group == groups_->end())
        return nullptr;
    const auto found = std::ranges::find(group->attributes, name, &Attribute::name);
    return found == group->attributes.end() ? nullptr : &*found;
}

Result<std::size_t> LiveDevice::show(const Attribute &attribute, char *page) const
{
    return core::no_throw([&] { return show_or_throw(attribute, page); });
}

Result<std::size_t> LiveDevice::show_or_throw(const Attribute &attribute, char *page) const
{
    const Gate::Pass pass{gate_};
    if (!pass)
        return fail(ENODEV);
    if (!attribute.show)
        return fail(EIO);
    const auto claim = IIO_TRY(claim_direct(attribute.direct_show ? buffer() : nullptr));
    if (!attribute.asks_part || !health_)
        return attribute.show(*this, attribute, page);
    for (int attempt = 1;; ++attempt) {
        const auto use = IIO_TRY(health_->enter());
        const auto doubts = health_->doubts();
        auto length = attribute.show(*this, attribute, page);
        // Else the part may have been reset while it was asked.
        const bool holds = length ? health_->is_answering() : health_->doubts() == doubts;
        if (holds)
            return length;
        if (attempt == most_attempts)
            return length ? fail(health_->error()) : length;
    }
}

std::optional<Result<std::size_t>> LiveDevice::show_at_once(const Attribute &attribute,
                                                            char *page) const
{
    if (!attribute.show || attribute.direct_show || (attribute.asks_part && !attribute.is_known))
        return std::nullopt;
    const Gate::Pass pass{gate_};
    if (!pass)
        return fail(ENODEV);
    std::optional<Health::Use> use;
    if (attribute.asks_part && health_) {
        use = health_->try_enter();
        if (!use)
            return std::nullopt;
    }
    return core::no_throw([&] { return attribute.show(*this, attribute, page); });
}

Result<std::size_t> LiveDevice::store(const Attribute &attribute, std::string_view text) const
{
    return core::no_throw([&] { return store_or_throw(attribute, text); });
}

Result<std::size_t> LiveDevice::store_or_throw(const Attribute &attribute,
                                               std::string_view text) const
{
    // A store gets a C string of at most a page: a NUL ends it, and libiio
    // writes one behind each value.
    auto word = text.substr(0, IIO_PAGE_SIZE - 1);
    word = word.substr(0, word.find('\0'));
    const auto with_end = [&](std::size_t taken) {
        return taken == word.size() ? text.size() : taken;
    };
    const Gate::Pass pass{gate_}; // to the end: the registry is there as long
    if (!pass)
        return fail(ENODEV);
    std::unique_lock<std::mutex> lock;
    Setting setting;
    if (attribute.is_setting) {
        lock = std::unique_lock{store_mutexes_.at(&attribute)};
        setting = {path_of(attribute),
                   std::string{word.substr(0, word.size() - word.ends_with('\n'))}};
    }
    const auto claim = claim_direct(attribute.direct_store ? buffer() : nullptr);
    if (!claim && !attribute.check)
        return fail(claim.error());
    auto use = IIO_TRY(enter(attribute.asks_part ? health_ : nullptr));
    // kernel: a text that cannot be parsed is EINVAL while the device streams, too.
    if (!claim) {
        IIO_TRY(attribute.check(*this, attribute, word));
        return fail(claim.error());
    }
    const auto taken = IIO_TRY(store_now(attribute, word));
    if (!attribute.is_setting)
        return with_end(taken);
    record(Setting{setting});
    use = {};
    registry_.notify_setting(*this, setting);
    return with_end(taken);
}

Result<std::size_t> LiveDevice::store_now(const Attribute &attribute, std::string_view text) const
{
    if (!attribute.store)
        return fail(EIO);
    return attribute.store(*this, attribute, text);
}

std::string LiveDevice::path_of(const Attribute &attribute) const
{
    for (const Group &group : *groups_) {
        const bool is_here = std::ranges::any_of(
            group.attributes, [&](const Attribute &other) { return &other == &attribute; });
        if (is_here)
            return group.name.empty() ? attribute.name : group.name + "/" + attribute.name;
    }
    return attribute.name;
}

const Attribute *LiveDevice::find_setting(std::string_view path) const
{
    const Attribute *const attribute = find(path);
    return attribute && attribute->is_setting ? attribute : nullptr;
}

Settings LiveDevice::settings() const
{
    const std::lock_guard lock{settings_mutex_};
    return settings_;
}

void LiveDevice::record(Setting setting) const
{
    const std::lock_guard lock{settings_mutex_};
    std::erase_if(settings_, [&](const Setting &other) { return other.path == setting.path; });
    settings_.push_back(std::move(setting));
}

/// Settings may depend on each other: those that are refused are tried again as long
/// as others are taken. Events are enabled last, as a comparator may take its bounds
/// only while it is off. If a transfer fails it stops, and the whole recovery is to be
/// repeated.
void LiveDevice::restore(Settings left) const
{
    const auto enables = [](const Setting &setting) {
        return setting.path.starts_with("events/") && setting.path.ends_with("_en");
    };
    std::ranges::stable_partition(left, std::not_fn(enables));
    const auto failures = health_ ? health_->failures() : 0;
    std::map<std::string, int> errors;
    const auto is_refused = [&](const Setting &setting) {
        if (health_ && health_->failures() != failures)
            return true;
        const Attribute &attribute = *find_setting(setting.path);
        const auto stored = store_now(attribute, setting.text);
        errors[setting.path] = stored ? 0 : stored.error().value();
        return !stored && !shows(attribute, setting.text);
    };
    for (bool others_taken = true; others_taken && !left.empty();) {
        Settings refused;
        for (const Setting &setting : left) {
            if (is_refused(setting))
                refused.push_back(setting);
        }
        others_taken = refused.size() < left.size();
        left = std::move(refused);
    }
    if (health_ && health_->failures() != failures) {
        health_->doubt();
        return;
    }
    const std::lock_guard lock{settings_mutex_};
    for (const auto &setting : left) {
        log(directory_ + ": " + setting.path + " \"" + setting.text +
            "\" is refused: " + errno_name(errors[setting.path]));
        std::erase(settings_, setting);
    }
}

/// Before a client sees the device. Settings that only another version of the driver
/// has are dropped.
void LiveDevice::adopt(Settings settings) const
{
    std::erase_if(settings, [this](const Setting &s) { return !find_setting(s.path); });
    {
        const std::lock_guard lock{settings_mutex_};
        settings_ = settings;
    }
    restore(std::move(settings));
}

/// Some drivers refuse a value that is in force already.
bool LiveDevice::shows(const Attribute &attribute, std::string_view text) const
{
    std::array<char, IIO_PAGE_SIZE> page;
    const auto length = attribute.show ? attribute.show(*this, attribute, page.data()) : fail(EIO);
    return length && std::string_view{page.data(), *length} == std::string{text} + "\n";
}

Result<void> LiveDevice::resume() const
{
    Settings of_part = settings();
    std::erase_if(of_part, [this](const Setting &s) { return !find_setting(s.path)->asks_part; });
    restore(std::move(of_part));
    auto resumed = buffer_ ? buffer_->resume() : Result<void>{};
    for (const auto &trigger : triggers_) {
        if (resumed)
            resumed = trigger->resume();
    }
    return resumed;
}

Result<std::string> LiveDevice::read(std::string_view path) const
{
    const Attribute *attribute = find(path);
    if (!attribute)
        return fail(ENOENT);
    std::array<char, IIO_PAGE_SIZE> page;
    const auto length = IIO_TRY(show(*attribute, page.data()));
    return std::string{page.data(), length};
}

Result<std::size_t> LiveDevice::write(std::string_view path, std::string_view text) const
{
    const Attribute *attribute = find(path);
    if (!attribute)
        return fail(ENOENT);
    return store(*attribute, text);
}

} // namespace iio
