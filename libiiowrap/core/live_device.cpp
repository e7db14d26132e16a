// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <core/attributes.hpp>
#include <core/buffer.hpp>
#include <core/clock.hpp>
#include <core/device_trigger.hpp>
#include <core/events.hpp>
#include <core/interrupt_thread.hpp>
#include <cstring>
#include <functional>
#include <iio/host/log.hpp>
#include <iio/host/registry.hpp>
#include <map>
#include <sys/sysmacros.h>
#include <utility>

namespace iio {

namespace {

// The kernel hands IIO a dynamic major, from 254 downwards.
constexpr unsigned usual_major = 254;

// A part of which a transfer failed meanwhile is asked again.
constexpr int most_attempts = 3;

clockid_t clock_of(const LiveDevice &device)
{
    return core::clocks.at(static_cast<std::size_t>(device.clock().load(std::memory_order_relaxed)))
        .id;
}

} // namespace

struct LiveDevice::CoreCalls {
    static const LiveDevice &view(const iio_dev *dev)
    {
        return *static_cast<const LiveDevice *>(dev->core_priv);
    }
    template <class T> static int code_of(const Result<T> &result)
    {
        return result ? 0 : -result.error().value();
    }

    static int claim_direct(const iio_dev *dev)
    {
        core::Buffer *const buffer = view(dev).buffer();
        return buffer && !view(dev).resuming_ ? code_of(buffer->mode().claim_direct()) : 0;
    }
    static void release_direct(const iio_dev *dev)
    {
        core::Buffer *const buffer = view(dev).buffer();
        if (buffer && !view(dev).resuming_)
            buffer->mode().release_direct();
    }
    static std::int64_t now(const iio_dev *dev) { return view(dev).now(); }
    static void push_event(const iio_dev *dev, std::uint64_t code, std::int64_t timestamp)
    {
        if (core::EventQueue *const events = view(dev).events())
            events->push(code, timestamp);
    }
    static int begin_scan(const iio_dev *dev, iio_scan *scan)
    {
        core::Buffer *const buffer = view(dev).buffer();
        return buffer ? code_of(buffer->begin_scan(*scan)) : -EBUSY;
    }
    static void end_scan(const iio_dev *dev, std::int64_t timestamp, int keep)
    {
        view(dev).buffer()->end_scan(timestamp, keep != 0);
    }
    static void fire_trigger(const iio_dev *dev, std::uint32_t id, std::int64_t timestamp)
    {
        for (const auto &trigger : view(dev).triggers_) {
            if (trigger->id() == id)
                trigger->fire(timestamp);
        }
    }
    static constexpr iio_core calls{claim_direct, release_direct, now,         push_event,
                                    begin_scan,   end_scan,       fire_trigger};
};

constexpr iio_core LiveDevice::CoreCalls::calls;

LiveDevice::LiveDevice(iio_dev &dev, Registry &registry, unsigned number,
                       const DeviceOptions &options, std::vector<Group> groups)
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
    if (dev.modes & (IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE))
        buffer_ =
            std::make_unique<core::Buffer>(dev, registry, gate_, health_, [this] { return now(); });
    if (std::ranges::find(groups_, "events", &Group::name) != groups_.end())
        events_ = std::make_unique<core::EventQueue>();
    for (const auto &spec : std::span{dev.triggers, dev.num_triggers}) {
        triggers_.push_back(std::make_shared<core::DeviceTrigger>(
            dev, spec, number, health_,
            [this](bool is_first_consumer) { look_at_line(is_first_consumer); }));
        if (spec.is_default && buffer_)
            buffer_->set_default_trigger(triggers_.back());
    }
    dev.core_priv = this;
    dev.core = &CoreCalls::calls;
}

LiveDevice::~LiveDevice() = default;

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
                [this](std::int64_t moment_ns) {
                    return core::from_monotonic(clock_of(*this), moment_ns);
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

/// Nobody but calls in flight comes to the driver any more.
void LiveDevice::shut_down() const
{
    if (interrupt_)
        interrupt_->stop();
    if (buffer_)
        buffer_->shut_down();
    if (events_)
        events_->shut_down();
}

const Attribute *LiveDevice::find(std::string_view path) const
{
    const auto slash = path.find('/');
    const auto group_name = slash == path.npos ? std::string_view{} : path.substr(0, slash);
    const auto name = slash == path.npos ? path : path.substr(slash + 1);
    const auto group = std::ranges::find(groups_, group_name, &Group::name);
    if (group == groups_.end())
        return nullptr;
    const auto found = std::ranges::find(group->attributes, name, &Attribute::name);
    return found == group->attributes.end() ? nullptr : &*found;
}

Result<std::size_t> LiveDevice::show(const Attribute &attribute, char *page) const
{
    const Gate::Pass pass{gate_};
    if (!pass)
        return fail(ENODEV);
    if (!attribute.show)
        return fail(EIO);
    if (!attribute.asks_part || !health_)
        return attribute.show(*this, attribute, page);
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const auto use = IIO_TRY(health_->enter());
        auto length = attribute.show(*this, attribute, page);
        // Else the part may have been reset while it was asked.
        if (!length || health_->is_answering())
            return length;
    }
    return fail(health_->last_error());
}

Result<std::size_t> LiveDevice::store(const Attribute &attribute, std::string_view text) const
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
    std::unique_lock lock{store_mutex_, std::defer_lock};
    if (attribute.is_setting)
        lock.lock();
    auto use = IIO_TRY(enter(attribute.asks_part ? health_ : nullptr));
    const auto taken = IIO_TRY(store_now(attribute, word));
    if (!attribute.is_setting)
        return with_end(taken);
    const Setting setting{path_of(attribute),
                          std::string{word.substr(0, word.size() - word.ends_with('\n'))}};
    record(setting);
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
    for (const Group &group : groups_) {
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

/// Those that are refused are tried again as long as others are taken: some
/// depend on each other. Whether events are on comes last: a comparator may be
/// told of its bounds while it is off only, or when it is turned on. Ends at once
/// where the bus fails; then all of it is to be done again.
void LiveDevice::restore(Settings left) const
{
    const auto enables = [](const Setting &setting) {
        return setting.path.starts_with("events/") && setting.path.ends_with("_en");
    };
    std::ranges::stable_partition(left, std::not_fn(enables));
    const auto failures = health_ ? health_->failures() : 0;
    std::map<std::string, int> errors;
    for (std::size_t before = left.size() + 1; left.size() < before;) {
        before = left.size();
        std::erase_if(left, [&](const Setting &setting) {
            if (health_ && health_->failures() != failures)
                return false;
            const Attribute &attribute = *find_setting(setting.path);
            const auto stored = store_now(attribute, setting.text);
            errors[setting.path] = stored ? 0 : stored.error().value();
            return stored || shows(attribute, setting.text);
        });
    }
    if (health_ && health_->failures() != failures) {
        health_->doubt();
        return;
    }
    const std::lock_guard lock{settings_mutex_};
    for (const auto &setting : left) {
        log(directory_ + ": " + setting.path + " \"" + setting.text +
            "\" is refused: " + strerrorname_np(errors[setting.path]));
        std::erase(settings_, setting);
    }
}

/// Before anybody sees the device. Those of another version of the driver go.
void LiveDevice::adopt(Settings settings) const
{
    std::erase_if(settings, [this](const Setting &s) { return !find_setting(s.path); });
    {
        const std::lock_guard lock{settings_mutex_};
        settings_ = settings;
    }
    restore(std::move(settings));
}

/// Some drivers refuse to do what is done already.
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
    resuming_ = true;
    restore(std::move(of_part));
    auto resumed = buffer_ ? buffer_->resume() : Result<void>{};
    for (const auto &trigger : triggers_) {
        if (resumed)
            resumed = trigger->resume();
    }
    resuming_ = false;
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
