// SPDX-License-Identifier: MIT
//
// What is done with a chip in its queue: it is probed, streams go on, it is detached.
#include <algorithm>
#include <daemon/devices/chip_log.hpp>
#include <daemon/devices/devices.hpp>
#include <daemon/takeover/restore.hpp>
#include <daemon/takeover/serving.hpp>
#include <malloc.h>
#include <utility>

namespace iiofs {

namespace {

using namespace std::chrono_literals;

// A chip that does not answer is tried again after a second, then less often.
constexpr std::chrono::milliseconds first_pause = 1s;
constexpr std::chrono::milliseconds longest_pause = 30s;
// So many are probed side by side while those that answer come in order: each has a thread.
constexpr std::size_t most_at_the_start = 64;

} // namespace

/// What its chip needs now.
class Devices::ChipJob final : public Job {
public:
    ChipJob(Devices &devices, SlotPtr slot) : devices_{devices}, slot_{std::move(slot)} {}

    void run(const Jobs &) override { devices_.work_on(slot_); }
    void drop(int error) override
    {
        const Lock lock{devices_.mutex_};
        devices_.put_off(*slot_, error);
    }

private:
    Devices &devices_;
    const SlotPtr slot_;
};

/// For who waits, and for the thread that posts jobs.
void Devices::tell()
{
    has_news_ = true;
    changed_.notify_all();
    if (const auto next = next_in_order(); next && next->turn)
        next->turn->notify_one();
}

/// Chips that need a job and have none; else when one will.
Devices::Slots Devices::due(Time &next)
{
    const auto now = std::chrono::steady_clock::now();
    auto room = slots_.size() + leaving_.size();
    if (now < in_order_until_) {
        const auto busy =
            std::ranges::count_if(slots_, [](const SlotPtr &slot) { return slot->has_job; });
        room = most_at_the_start - std::min(most_at_the_start, static_cast<std::size_t>(busy));
        next = in_order_until_;
    }
    Slots found;
    // Those that go first: others may wait for their places.
    for (const Slots *const slots : {&leaving_, &slots_}) {
        for (const auto &slot : *slots) {
            if (slot->has_job || (slot->chip && !slot->is_leaving && slot->try_at == Time::max()))
                continue;
            if (slot->try_at > now) {
                next = std::min(next, slot->try_at);
                continue;
            }
            if (found.size() == room)
                return found;
            slot->has_job = true;
            found.push_back(slot);
        }
    }
    return found;
}

void Devices::post_until(const std::stop_token &stop)
{
    const auto is_news = [this] { return std::exchange(has_news_, false); };
    Lock lock{mutex_};
    std::uint64_t trimmed_at = 0;
    while (!stop.stop_requested()) {
        const auto next = post_due(lock);
        // To read a model takes several times the memory of the chip that it describes.
        if (is_settled() && std::exchange(trimmed_at, progress_) != progress_) {
            lock.unlock();
            ::malloc_trim(0);
            lock.lock();
            continue;
        }
        if (next == Time::max())
            changed_.wait(lock, stop, is_news);
        else
            changed_.wait_until(lock, stop, next, is_news);
    }
}

/// Posts the jobs that are due; returns when others will be.
Devices::Time Devices::post_due(Lock &lock)
{
    for (;;) {
        auto next = Time::max();
        const auto slots = due(next);
        if (slots.empty())
            return next;
        // Without the lock, as a job may be dropped at once.
        lock.unlock();
        for (const auto &slot : slots)
            slot->queue->post(std::make_shared<ChipJob>(*this, slot));
        lock.lock();
    }
}

void Devices::work_on(const SlotPtr &slot)
{
    Lock lock{mutex_};
    if (!slot->is_leaving && slot->chip)
        stream(*slot, lock);
    else if (!slot->is_leaving)
        probe(*slot, lock);
    // It may have to leave since: who takes its place is behind this job in the queue.
    if (slot->is_leaving)
        detach(slot, lock);
    slot->has_job = false;
    tell();
}

/// The job did not come to its turn.
void Devices::put_off(Slot &slot, int error)
{
    slot.has_job = false;
    if (error == EAGAIN) // there are too many threads
        slot.try_at = std::chrono::steady_clock::now() + first_pause;
    tell();
}

/// `streams`: whether all of its devices that streamed before a takeover do so again; else their
/// triggers are not there yet.
/// Errors: ENOTRECOVERABLE: two servers crashed while they probed this chip; as AttachedChip's.
OrRefusal<std::unique_ptr<AttachedChip>> Devices::attach(const DeviceConfig &config,
                                                         const std::vector<unsigned> &numbers,
                                                         const std::function<bool()> &is_wanted,
                                                         bool &streams)
{
    const Serving probing{keep_, own_request("probe of " + identity(config)), 0};
    if (probing.is_refused())
        return iio::fail(ENOTRECOVERABLE);
    return AttachedChip::attach(
        config, registry_,
        {.label = config.label,
         .numbers = numbers,
         .settings = settings_of(keep_, numbers),
         .before_shown = [&](const auto &device) { streams = streams_again(device) && streams; }},
        on_change_, is_wanted);
}

/// Before clients see the device, for which the end of its stream would be the end of what they
/// read. Its trigger may be that of another chip, which is being probed as well.
bool Devices::streams_again(const iio::LiveDevice &device)
{
    const auto until = std::chrono::steady_clock::now() + in_order_for;
    Lock lock{mutex_};
    for (;;) {
        const auto seen = progress_;
        lock.unlock();
        const bool streams = restore_streaming(keep_, registry_, device);
        lock.lock();
        if (streams || !changed_.wait_until(lock, until, [&] { return progress_ != seen; }))
            return streams;
    }
}

void Devices::probe(Slot &slot, Lock &lock)
{
    const auto config = slot.config;
    const auto numbers = slot.numbers;
    lock.unlock();
    bool streams = true;
    auto attached = attach(
        config, numbers, [&] { return may_register(slot); }, streams);
    lock.lock();
    if (attached) {
        slot.chip = std::move(*attached);
        slot.waits_for_trigger = !streams;
        found(slot);
    } else if (!slot.is_leaving) {
        not_found(slot, attached.error());
    }
    slot.is_registering = false;
    slot.was_tried = true;
    ++progress_;
    const auto now = std::chrono::steady_clock::now();
    if (now < in_order_until_)
        in_order_until_ = now + in_order_for;
}

/// The first chip that has not been tried; null: all have.
Devices::SlotPtr Devices::next_in_order() const
{
    const auto next =
        std::ranges::find_if(slots_, [](const SlotPtr &slot) { return !slot->was_tried; });
    return next == slots_.end() ? nullptr : *next;
}

/// The chip has answered. The lock is not held. Each one that waits has a condition of its own:
/// with many chips nobody but the next one is woken up.
bool Devices::may_register(Slot &slot)
{
    const auto has_turn = [&] {
        const auto next = next_in_order();
        return slot.is_leaving || slot.is_expected || !next || next.get() == &slot;
    };
    std::condition_variable turn;
    Lock lock{mutex_};
    slot.turn = &turn;
    while (!has_turn() && std::chrono::steady_clock::now() < in_order_until_)
        turn.wait_until(lock, in_order_until_);
    slot.turn = nullptr;
    return slot.is_registering = !slot.is_leaving;
}

void Devices::found(Slot &slot)
{
    slot.last_error = 0;
    slot.is_expected = false;
    slot.try_at = Time::max();
    log_device(spdlog::level::info, subject(slot.config, slot.numbers), "{} on {}",
               directories_of(slot.numbers), describe(slot.config.bus));
    for (const auto &view : slot.chip->views()) {
        if (const char *note = view->dev().note)
            log_device(spdlog::level::warn, subject(slot.config, slot.numbers), "{}: {}",
                       directories_of(slot.numbers), note);
    }
    // It may have the trigger that others wait for.
    for (const auto &other : slots_) {
        if (other->chip && std::exchange(other->waits_for_trigger, false))
            other->try_at = {};
    }
    on_change_();
}

void Devices::not_found(Slot &slot, const Refusal &refusal)
{
    const int error = refusal.error;
    slot.why = refusal.why;
    slot.pause = std::clamp(slot.pause * 2, first_pause, longest_pause);
    slot.try_at =
        error == ENOTRECOVERABLE ? Time::max() : std::chrono::steady_clock::now() + slot.pause;
    // One line for a state, not one for each try.
    if (std::exchange(slot.last_error, error) == error)
        return;
    {
        const std::lock_guard lock{places_mutex_};
        for (const unsigned number : slot.numbers)
            places_[number].error = error;
    }
    log_device(spdlog::level::warn, subject(slot.config, slot.numbers, error),
               "no device on {}: {} ({})", describe(slot.config.bus), refusal.why,
               iio::errno_name(error));
    on_change_();
}

/// Its devices go on streaming after a takeover, as another chip has come that may have their
/// triggers.
void Devices::stream(Slot &slot, Lock &lock)
{
    const AttachedChip &chip = *slot.chip;
    slot.try_at = Time::max();
    lock.unlock();
    bool all = true;
    for (const auto &view : chip.views())
        all = restore_streaming(keep_, registry_, *view) && all;
    lock.lock();
    slot.waits_for_trigger = !all;
}

/// What waited for its place to be ready is probed.
void Devices::begin()
{
    for (const auto &slot : slots_) {
        if (!slot->chip && slot->try_at == Time::max())
            slot->try_at = {};
    }
    tell();
}

/// Out of the list, to take leave.
void Devices::retire(const SlotPtr &slot)
{
    slot->is_leaving = true;
    slot->try_at = {};
    if (slot->turn)
        slot->turn->notify_one();
    leaving_.push_back(slot);
    std::erase(slots_, slot);
    tell();
}

/// What clients see of retired chips goes at once, and their requests that wait are answered.
void Devices::take_leave(const Slots &slots, Lock &lock)
{
    Slots at_rest;
    std::vector<unsigned> expected;
    for (const auto &slot : slots) {
        if (slot->is_expected)
            expected.insert(expected.end(), slot->numbers.begin(), slot->numbers.end());
        if (!std::exchange(slot->has_job, true))
            at_rest.push_back(slot);
    }
    const bool logs = !is_ending_;
    lock.unlock();
    for (const auto &slot : slots) {
        if (logs)
            log_device(spdlog::level::info, subject(slot->config, slot->numbers), "removed from {}",
                       describe(slot->config.bus));
        slot->queue->clear();
    }
    for (const auto &slot : at_rest) {
        if (slot->chip)
            slot->chip->hide();
    }
    std::ranges::for_each(expected, expected_.hide);
    lock.lock();
    for (const auto &slot : at_rest)
        slot->has_job = false;
    begin();
    on_change_();
}

void Devices::detach(const SlotPtr &slot, Lock &lock)
{
    auto chip = std::move(slot->chip);
    lock.unlock();
    chip.reset(); // waits for calls in flight
    lock.lock();
    std::erase(leaving_, slot);
    ++progress_;
    give_up_numbers(*slot);
    tell();
}

} // namespace iiofs
