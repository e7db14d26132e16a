// SPDX-License-Identifier: MIT
#include "sim/simulated.hpp"

#include <algorithm>
#include <cstring>

namespace iio::sim {
namespace {

void append_hex(std::string &text, std::span<const std::uint8_t> bytes)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    for (const auto byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
}

std::string log_line(std::span<const I2cMessage> messages)
{
    std::string line;
    for (const auto &message : messages) {
        line += line.empty() ? "" : " ";
        line += message.is_read() ? "r:" : "w:";
        if (message.is_read())
            append_hex(line, message.in());
        else
            append_hex(line, message.out());
    }
    return line;
}

} // namespace

Time steady_clock_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

SimulatedBus::SimulatedBus(const ChipFile &chip, Options options)
    : at_reset_{chip.models},
      own_address_{chip.bus == BusKind::i2c ? chip.address : std::uint16_t{0}},
      kind_{chip.bus},
      options_{std::move(options)},
      made_at_{options_.clock()},
      faults_{chip.faults, made_at_}
{
    power_up();
}

void SimulatedBus::power_up()
{
    for (const auto &[address, model] : at_reset_)
        chips_[address] = model->clone();
    run_chip();
}

void SimulatedBus::run_chip()
{
    own_chip().advance(seconds());
    look_at_line();
}

/// Wakes the clients that wait for an edge, now or when there may be one.
void SimulatedBus::look_at_line()
{
    const auto edges = own_chip().take_edges();
    const auto next = own_chip().next_event();
    const auto add = [](std::optional<double> &first, std::optional<double> also) {
        const bool is_new = also && !first;
        if (is_new)
            first = also;
        return is_new;
    };
    const bool rose = add(line_edges_.rose_at_s, edges.rose_at_s);
    const bool fell = add(line_edges_.fell_at_s, edges.fell_at_s);
    if (std::exchange(next_event_, next) != next || rose || fell)
        line_changed_.notify_all();
}

std::optional<std::int64_t>
SimulatedBus::wait_for_edge(Edge edge, std::optional<std::chrono::milliseconds> at_most)
{
    using Seconds = std::chrono::duration<double>;
    Lock lock{mutex_};
    const auto now = std::chrono::steady_clock::now;
    const auto end = at_most ? std::optional{now() + *at_most} : std::nullopt;
    for (;;) {
        run_chip();
        if (std::exchange(line_woken_, false))
            return std::nullopt;
        auto &seen = edge == Edge::rising ? line_edges_.rose_at_s : line_edges_.fell_at_s;
        if (const auto at_s = std::exchange(seen, std::nullopt))
            return (made_at_ + std::chrono::duration_cast<Time>(Seconds{*at_s})).count();
        if (end && now() >= *end)
            return std::nullopt;
        auto until = end;
        if (next_event_) {
            const auto left = std::chrono::ceil<std::chrono::microseconds>(
                Seconds{std::clamp(*next_event_ - seconds(), 0.0, 3600.0)});
            until = std::min(end.value_or(now() + left), now() + left);
        }
        if (until)
            line_changed_.wait_until(lock, *until);
        else
            line_changed_.wait(lock);
    }
}

bool SimulatedBus::line_is_active(Edge edge)
{
    const Lock lock{mutex_};
    run_chip();
    return present_ && own_chip().line_is_high() == (edge == Edge::rising);
}

void SimulatedBus::wake_line()
{
    {
        const Lock lock{mutex_};
        line_woken_ = true;
    }
    line_changed_.notify_all();
}

double SimulatedBus::seconds() const
{
    return std::chrono::duration<double>(options_.clock() - made_at_).count();
}

Result<void> SimulatedBus::wait_until_free(Lock &lock)
{
    const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
    for (auto now = std::chrono::steady_clock::now(); now < stuck_until_;
         now = std::chrono::steady_clock::now()) {
        if (now >= deadline)
            return fail(ETIMEDOUT);
        freed_.wait_until(lock, std::min(stuck_until_, deadline));
    }
    return {};
}

Result<void> SimulatedBus::admit(Lock &lock)
{
    const auto verdict = faults_.next(options_.clock());
    if (verdict.power_lost)
        power_up();
    if (verdict.delay.count() > 0)
        stuck_until_ = std::max(stuck_until_, std::chrono::steady_clock::now() + verdict.delay);
    IIO_TRY(wait_until_free(lock));
    if (!present_)
        return fail(ENXIO);
    if (verdict.error != 0)
        return fail(verdict.error);
    return {};
}

Result<void> SimulatedBus::answer_i2c(Lock &lock, std::uint16_t address,
                                      std::span<const I2cMessage> messages)
{
    if (kind_ != BusKind::i2c)
        return fail(EOPNOTSUPP);
    IIO_TRY(admit(lock));
    const auto chip = chips_.find(address);
    if (chip == chips_.end())
        return fail(ENXIO);
    IIO_TRY(chip->second->i2c(messages, seconds()));
    look_at_line();
    if (recording_)
        log_.push_back(log_line(messages));
    return {};
}

Result<void> SimulatedBus::i2c(std::uint16_t address, std::span<const I2cMessage> messages)
{
    const auto is_empty_read = [](auto &m) { return m.is_read() && m.in().empty(); };
    if (messages.empty() || std::ranges::any_of(messages, is_empty_read))
        return fail(EINVAL);
    Lock lock{mutex_};
    const auto result = answer_i2c(lock, address, messages);
    if (!result)
        log_error(result.error());
    return result;
}

void SimulatedBus::gather(std::span<const SpiTransfer> transfers)
{
    tx_.clear();
    frame_ends_.clear();
    for (const auto &transfer : transfers) {
        tx_.insert(tx_.end(), transfer.out.begin(), transfer.out.end());
        if (transfer.out.empty())
            tx_.resize(tx_.size() + transfer.in.size());
        if (transfer.cs_change || &transfer == &transfers.back())
            frame_ends_.push_back(tx_.size());
    }
    rx_.assign(tx_.size(), 0);
}

Result<void> SimulatedBus::answer_spi(Lock &lock, std::span<const SpiTransfer> transfers)
{
    if (kind_ != BusKind::spi)
        return fail(EOPNOTSUPP);
    IIO_TRY(admit(lock));
    gather(transfers);
    IIO_TRY(chips_.begin()->second->spi({tx_, rx_, frame_ends_}, seconds()));
    look_at_line();
    std::span<const std::uint8_t> received{rx_};
    for (const auto &transfer : transfers) {
        const auto count = std::max(transfer.out.size(), transfer.in.size());
        std::ranges::copy(received.first(transfer.in.size()), transfer.in.begin());
        received = received.subspan(count);
    }
    if (recording_) {
        auto &line = log_.emplace_back("tx:");
        append_hex(line, tx_);
        append_hex(line += " rx:", rx_);
    }
    return {};
}

Result<void> SimulatedBus::spi(std::span<const SpiTransfer> transfers)
{
    const auto differs = [](auto &t) {
        return !t.out.empty() && !t.in.empty() && t.out.size() != t.in.size();
    };
    if (transfers.empty() || std::ranges::any_of(transfers, differs))
        return fail(EINVAL);
    Lock lock{mutex_};
    const auto result = answer_spi(lock, transfers);
    if (!result)
        log_error(result.error());
    return result;
}

void SimulatedBus::arm(const std::vector<Fault> &faults)
{
    const Lock lock{mutex_};
    faults_ = FaultPlan{faults, options_.clock()};
    stuck_until_ = {};
    freed_.notify_all();
}

void SimulatedBus::fail_transfer(std::uint64_t n, int error)
{
    arm({Fault{.transfer = n, .error = error}});
}

void SimulatedBus::unplug()
{
    const Lock lock{mutex_};
    present_ = false;
}

void SimulatedBus::plug()
{
    const Lock lock{mutex_};
    if (!present_)
        power_up();
    present_ = true;
}

std::uint64_t SimulatedBus::transfers() const
{
    const Lock lock{mutex_};
    return faults_.transfers();
}

void SimulatedBus::record(bool on)
{
    const Lock lock{mutex_};
    recording_ = on;
}

std::vector<std::string> SimulatedBus::take_log()
{
    const Lock lock{mutex_};
    return std::exchange(log_, {});
}

void SimulatedBus::log_error(Errno error)
{
    if (!recording_)
        return;
    log_.push_back("error:" + errno_name(error.value()));
}

} // namespace iio::sim
