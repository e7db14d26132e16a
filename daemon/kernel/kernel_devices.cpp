// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <daemon/kernel/kernel_devices.hpp>
#include <linux/netlink.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace iiofs {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// How often to look without uevents, and with them, as they do not reach a network
// namespace that a user namespace owns. And how much of the time at most: a search
// of all of sysfs takes long.
constexpr std::chrono::milliseconds pause_without = 2s;
constexpr std::chrono::milliseconds pause_with = 60s;
constexpr int pauses_per_look = 200;

constexpr std::string_view device_prefix = "iio:device";
constexpr std::string_view trigger_prefix = "trigger";

std::optional<unsigned> number_of(std::string_view name, std::string_view prefix)
{
    unsigned number = 0;
    if (!name.starts_with(prefix))
        return std::nullopt;
    const auto *const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, number);
    return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

KernelNumbers numbers_of(const KernelEntries &entries)
{
    KernelNumbers numbers;
    for (const auto &[name, entry] : entries) {
        if (const auto device = number_of(name, device_prefix))
            numbers.devices.insert(*device);
        else if (const auto trigger = number_of(name, trigger_prefix))
            numbers.triggers.insert(*trigger);
    }
    return numbers;
}

/// Takes all messages; whether one was of IIO, or may have been.
bool take_uevents(const Fd &uevents)
{
    constexpr std::string_view of_iio{"\0SUBSYSTEM=iio\0", 15};
    std::array<char, 8192> message;
    bool is_news = false;
    for (;;) {
        const auto length = ::recv(uevents.get(), message.data(), message.size(), MSG_DONTWAIT);
        if (length < 0 && errno == ENOBUFS) // some were lost
            is_news = true;
        else if (length < 0 && errno != EINTR)
            return is_news;
        else if (length >= 0)
            is_news |= std::string_view{message.data(), static_cast<std::size_t>(length)}.find(
                           of_iio) != std::string_view::npos;
    }
}

} // namespace

unsigned first_number_beside(const std::set<unsigned> &taken)
{
    const unsigned highest = taken.empty() ? 0 : *taken.rbegin();
    return (highest / kernel_number_room + 1) * kernel_number_room;
}

Fd open_uevents()
{
    constexpr unsigned from_the_kernel = 1; // the group; what udev says is in another
    Fd uevents{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)};
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = from_the_kernel;
    if (uevents &&
        ::bind(uevents.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return Fd{-1};
    return uevents;
}

KernelDevices::KernelDevices(Tree &tree, KernelBus bus, std::string to_sysfs,
                             NumbersChanged numbers_changed)
    : tree_{tree},
      bus_{std::move(bus)},
      to_sysfs_{std::move(to_sysfs)},
      numbers_changed_{std::move(numbers_changed)},
      stop_{::eventfd(0, EFD_CLOEXEC)}
{
}

KernelDevices::~KernelDevices()
{
    if (!thread_.joinable())
        return;
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
}

void KernelDevices::refresh()
{
    const auto entries = bus_.entries();
    std::erase_if(links_, [&](const auto &link) {
        const auto found = entries.find(link.first);
        const bool is_gone = found == entries.end() || found->second != link.second;
        if (is_gone)
            remove(link.first, link.second);
        return is_gone;
    });
    if (auto numbers = numbers_of(entries); numbers != numbers_) {
        numbers_ = std::move(numbers);
        numbers_changed_(*numbers_);
    }
    for (const auto &[name, entry] : entries) {
        if (!links_.contains(name))
            add(name, entry);
    }
}

void KernelDevices::add(const std::string &name, const KernelEntry &entry)
{
    if (tree_.find("devices/" + name))
        return;
    // Who sees the device finds its node.
    if (entry.has_node)
        tree_.add_hidden_link(tree_.find("dev")->id(), name, "/dev/" + name);
    tree_.add_link(tree_.find("devices")->id(), name, to_sysfs_ + entry.place);
    links_.emplace(name, entry);
}

void KernelDevices::remove(const std::string &name, const KernelEntry &entry)
{
    if (entry.has_node)
        tree_.remove(tree_.find("dev")->id(), name);
    tree_.remove(tree_.find("devices")->id(), name);
}

void KernelDevices::watch(Fd uevents)
{
    thread_ = std::thread{[this, uevents = std::move(uevents)] { watch_until_stopped(uevents); }};
}

void KernelDevices::watch_until_stopped(const Fd &uevents)
{
    std::array<pollfd, 2> events{{{stop_.get(), POLLIN, 0}, {uevents.get(), POLLIN, 0}}};
    std::chrono::milliseconds pause = 0ms; // what changed before it was watched
    for (;;) {
        const int timeout = static_cast<int>(pause.count());
        const int ready = ::poll(events.data(), events.size(), timeout);
        if (events[0].revents != 0)
            return;
        if (ready < 0 || (ready > 0 && !take_uevents(uevents)))
            continue;
        const auto begin = Clock::now();
        refresh();
        const auto took = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begin);
        pause = std::max(uevents ? pause_with : pause_without, took * pauses_per_look);
    }
}

} // namespace iiofs
