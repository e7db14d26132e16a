// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <daemon/base/fd.hpp>
#include <daemon/run/hotplug.hpp>
#include <filesystem>
#include <fstream>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace iiofs {

namespace {

namespace fs = std::filesystem;

/// What is in front of a message's properties, by which sockets filter it. Source: systemd 252 and
/// 257, libudev's monitors.
struct MonitorHeader {
    std::array<char, 8> prefix{"libudev"};
    std::uint32_t magic = htonl(0xfeedcafe); // network byte order
    std::uint32_t header_size = sizeof(MonitorHeader);
    std::uint32_t properties_offset = sizeof(MonitorHeader);
    std::uint32_t properties_size = 0;
    std::uint32_t subsystem_hash = 0; // network byte order
    std::uint32_t devtype_hash = 0;   // network byte order
    std::uint32_t tags_high = 0;
    std::uint32_t tags_low = 0;
};
static_assert(sizeof(MonitorHeader) == 40);

/// The hash of those filters: Austin Appleby's MurmurHash2 (public domain), seed 0, of bytes in
/// the machine's order.
std::uint32_t hash(std::string_view text)
{
    constexpr std::uint32_t factor = 0x5bd1e995;
    auto result = static_cast<std::uint32_t>(text.size());
    for (; text.size() >= 4; text.remove_prefix(4)) {
        std::uint32_t word;
        std::memcpy(&word, text.data(), sizeof word);
        word *= factor;
        word ^= word >> 24;
        result = (result * factor) ^ (word * factor);
    }
    for (std::size_t i = text.size(); i-- > 0;)
        result ^= std::uint32_t{static_cast<unsigned char>(text[i])} << (8 * i);
    if (!text.empty())
        result *= factor;
    result ^= result >> 13;
    result *= factor;
    return result ^ (result >> 15);
}

std::string_view value_of(std::string_view name, const std::vector<std::string> &properties)
{
    for (const std::string_view property : properties) {
        if (property.starts_with(name) && property.substr(name.size()).starts_with('='))
            return property.substr(name.size() + 1);
    }
    return {};
}

/// That of the last one of the kernel's: programs want one.
std::string sequence_number()
{
    std::string number{"1"};
    std::getline(std::ifstream{"/sys/kernel/uevent_seqnum"}, number);
    return number;
}

/// Whether the process has a handler for SIGUSR1, which would kill it otherwise.
bool handles_sigusr1(const fs::path &process)
{
    constexpr std::string_view key{"SigCgt:\t"};
    std::ifstream status{process / "status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(key))
            return std::strtoull(line.c_str() + key.size(), nullptr, 16) >> (SIGUSR1 - 1) & 1;
    }
    return false;
}

} // namespace

void send_uevent(std::string_view action, const std::vector<std::string> &properties)
{
    std::string text{"ACTION="};
    text.append(action).append(1, '\0');
    text.append("SEQNUM=").append(sequence_number()).append(1, '\0');
    for (const auto &property : properties)
        text.append(property).append(1, '\0');

    MonitorHeader header;
    header.properties_size = static_cast<std::uint32_t>(text.size());
    header.subsystem_hash = htonl(hash(value_of("SUBSYSTEM", properties)));
    header.devtype_hash = htonl(hash(value_of("DEVTYPE", properties)));

    constexpr std::uint32_t udev_group = 2; // the kernel's own are in group 1
    sockaddr_nl monitors{.nl_family = AF_NETLINK, .nl_groups = udev_group};
    std::array<iovec, 2> parts{{{&header, sizeof header}, {text.data(), text.size()}}};
    msghdr message{};
    message.msg_name = &monitors;
    message.msg_namelen = sizeof monitors;
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const Fd socket{
        ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)};
    (void)::sendmsg(socket.get(), &message, 0);
}

void tell_iiod()
{
    std::error_code error;
    // Before it begins anew, iiod 0.26 waits for its thread that looks for Avahi, and this has no
    // end where there is none (measured): iiod would serve nobody any more.
    if (!fs::exists("/run/avahi-daemon/socket", error))
        return;
    const auto ours = fs::read_symlink("/proc/self/ns/mnt", error);
    for (const auto &process : fs::directory_iterator{"/proc", error}) {
        const int pid = std::atoi(process.path().filename().c_str());
        std::string name;
        if (pid > 0 && std::getline(std::ifstream{process.path() / "comm"}, name) &&
            name == "iiod" && fs::read_symlink(process.path() / "ns/mnt", error) == ours &&
            handles_sigusr1(process.path()))
            ::kill(pid, SIGUSR1);
    }
}

} // namespace iiofs
