// SPDX-License-Identifier: MIT
//
// What the keep has of chips, triggers and settings.
#include <algorithm>
#include <daemon/takeover/keep.hpp>

namespace iiofs {

namespace {

template <std::size_t size>
[[nodiscard]] bool put_c_string(std::array<char, size> &place, std::string_view text)
{
    if (text.size() >= size)
        return false;
    place[text.copy(place.data(), text.size())] = '\0';
    return true;
}

template <class Table> auto in_use(Table &table, const std::atomic<std::uint32_t> &end)
{
    return std::span{table}.first(end.load(std::memory_order_acquire));
}

template <class Table>
std::uint32_t place_in(const Table &table, const typename Table::value_type &record)
{
    return static_cast<std::uint32_t>(&record - table.data());
}

template <class Table> void sort_by_age(const Table &table, std::vector<std::uint32_t> &places)
{
    std::ranges::sort(places, {}, [&](auto place) { return table[place].changed_by.load(); });
}

/// Another one is gone; the one that is to be forgotten for it, if any.
std::optional<std::uint32_t> remember(std::vector<std::uint32_t> &gone, std::uint32_t place)
{
    // Whoever took it may ask for that again, soon after a takeover.
    constexpr std::size_t most_remembered = 256;
    gone.push_back(place);
    if (gone.size() <= most_remembered)
        return std::nullopt;
    const auto oldest = gone.front();
    gone.erase(gone.begin());
    return oldest;
}

/// It goes, and who asked for it is remembered.
template <class Record> void take_away(Record &record, const Request &request)
{
    record.changed_by.store(request.unique, std::memory_order_relaxed);
    record.state.store(kept::gone, std::memory_order_release);
}

} // namespace

// ---- Chips

bool Keep::add_device(std::string_view text, bool from_config, std::span<const unsigned> numbers,
                      const Request &request)
{
    const std::lock_guard lock{mutex_};
    if (is_frozen() || text.size() > kept::Device{}.text.size() ||
        numbers.size() > kept::Device{}.numbers.size())
        return false;
    // One of the configuration may have gone and be back.
    const auto back = std::ranges::find_if(away_devices_, [&](std::uint32_t place) {
        const auto &record = layout_.devices[place];
        return from_config && std::string_view{record.text.data(), record.length} == text;
    });
    const auto place = back != away_devices_.end() ? std::optional{*back} : device_places_.take();
    if (!place)
        return false;
    if (back != away_devices_.end())
        away_devices_.erase(back);
    auto &record = layout_.devices[*place];
    record.state.store(kept::absent, std::memory_order_release);
    record.from_config = from_config;
    record.changed_by = request.unique;
    record.order = next_order();
    std::ranges::copy(numbers, record.numbers.begin());
    record.count = static_cast<std::uint32_t>(numbers.size());
    record.length = static_cast<std::uint32_t>(text.copy(record.text.data(), text.size()));
    record.state.store(kept::present, std::memory_order_release);
    return true;
}

void Keep::remove_device(std::span<const unsigned> numbers, const Request &request)
{
    const std::lock_guard lock{mutex_};
    if (is_frozen())
        return;
    for (auto &record : in_use(layout_.devices, layout_.header.devices_end)) {
        if (record.state != kept::present ||
            !std::ranges::equal(std::span{record.numbers}.first(record.count), numbers))
            continue;
        take_away(record, request);
        const auto place = place_in(layout_.devices, record);
        if (record.from_config)
            away_devices_.push_back(place);
        else if (const auto oldest = remember(gone_devices_, place)) {
            layout_.devices[*oldest].state.store(kept::absent, std::memory_order_release);
            device_places_.give_back(*oldest);
        }
    }
}

void Keep::renumber_device(std::span<const unsigned> from, std::span<const unsigned> to)
{
    const std::lock_guard lock{mutex_};
    for (auto &record : in_use(layout_.devices, layout_.header.devices_end)) {
        if (record.state == kept::present &&
            std::ranges::equal(std::span{record.numbers}.first(record.count), from))
            std::ranges::copy(to, record.numbers.begin());
    }
}

std::vector<KeptDevice> Keep::devices() const
{
    const std::lock_guard lock{mutex_};
    std::vector<const kept::Device *> records;
    for (const auto &record : in_use(layout_.devices, layout_.header.devices_end)) {
        // One of the configuration that went is to stay away.
        const auto state = record.state.load(std::memory_order_acquire);
        if (state == kept::present || (state == kept::gone && record.from_config))
            records.push_back(&record);
    }
    std::ranges::sort(records, {}, &kept::Device::order);
    std::vector<KeptDevice> devices;
    for (const auto *record : records) {
        const auto numbers = std::span{record->numbers}.first(record->count);
        devices.push_back({std::string{record->text.data(), record->length},
                           record->from_config != 0,
                           record->state == kept::gone,
                           {numbers.begin(), numbers.end()}});
    }
    return devices;
}

// ---- Triggers

bool Keep::add_trigger(std::string_view name, kept::Trigger::Kind kind, unsigned number,
                       const Request &request)
{
    const std::lock_guard lock{mutex_};
    if (is_frozen() || name.size() >= kept::Trigger{}.name.size())
        return false;
    kept::Trigger *record = nullptr;
    if (const auto known = triggers_.find(name); known != triggers_.end()) {
        record = known->second;
        if (record->state == kept::present && record->kind == kind && record->number == number)
            return true; // a server that takes over makes it anew
        std::erase(gone_triggers_, place_in(layout_.triggers, *record));
        triggers_.erase(known);
    } else if (const auto place = trigger_places_.take()) {
        record = &layout_.triggers[*place];
    } else {
        return false;
    }
    record->state.store(kept::absent, std::memory_order_release);
    (void)put_c_string(record->name, name);
    record->kind = kind;
    record->number = number;
    record->changed_by = request.unique;
    record->state.store(kept::present, std::memory_order_release);
    triggers_.emplace(record->name.data(), record);
    return true;
}

void Keep::remove_trigger(std::string_view name, const Request &request)
{
    const std::lock_guard lock{mutex_};
    const auto found = triggers_.find(name);
    if (is_frozen() || found == triggers_.end() || found->second->state != kept::present)
        return;
    take_away(*found->second, request);
    if (const auto oldest = remember(gone_triggers_, place_in(layout_.triggers, *found->second))) {
        kept::Trigger &record = layout_.triggers[*oldest];
        triggers_.erase(record.name.data());
        record.state.store(kept::absent, std::memory_order_release);
        trigger_places_.give_back(*oldest);
    }
}

std::vector<KeptTrigger> Keep::triggers() const
{
    const std::lock_guard lock{mutex_};
    std::vector<KeptTrigger> triggers;
    for (const auto &record : in_use(layout_.triggers, layout_.header.triggers_end)) {
        if (record.state.load(std::memory_order_acquire) == kept::present)
            triggers.push_back(
                {record.name.data(), static_cast<kept::Trigger::Kind>(record.kind), record.number});
    }
    std::ranges::sort(triggers, {}, &KeptTrigger::number);
    return triggers;
}

bool Keep::changed_before(const Request &request) const
{
    const auto changed = [&](const auto &record) {
        return record.state != kept::absent && record.changed_by == request.unique;
    };
    return request.sent_again &&
           (std::ranges::any_of(in_use(layout_.devices, layout_.header.devices_end), changed) ||
            std::ranges::any_of(in_use(layout_.triggers, layout_.header.triggers_end), changed));
}

void Keep::index_devices()
{
    for (auto &record : in_use(layout_.devices, layout_.header.devices_end)) {
        const auto place = place_in(layout_.devices, record);
        if (record.state == kept::absent)
            device_places_.give_back(place);
        else if (record.state == kept::gone)
            (record.from_config ? away_devices_ : gone_devices_).push_back(place);
    }
    sort_by_age(layout_.devices, gone_devices_);
}

void Keep::index_triggers()
{
    for (auto &record : in_use(layout_.triggers, layout_.header.triggers_end)) {
        const auto place = place_in(layout_.triggers, record);
        if (record.state == kept::absent) {
            trigger_places_.give_back(place);
            continue;
        }
        if (record.state == kept::gone)
            gone_triggers_.push_back(place);
        triggers_.emplace(record.name.data(), &record);
    }
    sort_by_age(layout_.triggers, gone_triggers_);
}

} // namespace iiofs
