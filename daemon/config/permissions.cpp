// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/reader.hpp>
#include <grp.h>
#include <limits>
#include <pwd.h>
#include <sys/stat.h>

namespace iiofs {
namespace {

/// getpwnam_r(), getgrnam_r(): calls with a larger buffer until it is enough.
template <class Entry, class Lookup>
auto look_up(const std::string &name, Lookup lookup, auto Entry::*id)
    -> std::optional<std::remove_reference_t<decltype(std::declval<Entry>().*id)>>
{
    constexpr std::size_t max_bytes = 1 << 20; // a group with very many members
    Entry entry{};
    Entry *found = nullptr;
    for (std::size_t bytes = 1024; bytes <= max_bytes; bytes *= 2) {
        std::vector<char> buffer(bytes);
        if (lookup(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != ERANGE)
            break;
    }
    return found == nullptr ? std::nullopt : std::optional{found->*id};
}

using Id = std::uint32_t;
static_assert(sizeof(uid_t) == sizeof(Id) && sizeof(gid_t) == sizeof(Id));

/// A user or group by name or number. All ones is chown()'s "leave it".
template <class Find>
void read_id(TableReader &reader, const char *key, const char *what, const Find &find, Id &id)
{
    const std::string right = std::string{"the name of a "} + what + ", or its number";
    const toml::node *node = reader.node(key);
    if (node == nullptr)
        return;
    const SourceLine where = place(node->source());
    if (const auto *number = node->as_integer()) {
        if (number->get() >= 0 && number->get() < std::numeric_limits<Id>::max())
            id = static_cast<Id>(number->get());
        else
            reader.mistake(key, where,
                           std::to_string(number->get()) + " is out of range; expected " + right);
    } else if (const auto *name = node->as_string()) {
        if (const auto found = find(name->get()))
            id = *found;
        else
            reader.mistake(key, where,
                           std::string{"there is no "} + what + " " + in_quotes(name->get()) +
                               "; expected " + right + " without quotes");
    } else {
        reader.wrong_kind(key, *node, right);
    }
}

std::string octal(std::int64_t mode)
{
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), mode, 8).ptr;
    std::string digits{text.data(), end};
    return std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

void read_mask(TableReader &reader, const char *key, mode_t within, const std::string &right,
               mode_t &mask)
{
    const toml::node *node = reader.node(key);
    if (node == nullptr)
        return;
    const SourceLine where = place(node->source());
    std::int64_t mode = 0;
    if (const auto *text = node->as_string()) {
        const std::string &digits = text->get();
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
        if (error != std::errc{} || end != digits.data() + digits.size())
            return reader.mistake(key, where,
                                  in_quotes(digits) + " is not an octal mode; expected " + right);
    } else if (const auto *number = node->as_integer()) {
        mode = number->get();
    } else {
        return reader.wrong_kind(key, *node, right);
    }
    if (mode < 0 || (mode & ~static_cast<std::int64_t>(within)) != 0)
        return reader.mistake(key, where,
                              (mode < 0 ? "a negative mode" : octal(mode)) + " has bits outside " +
                                  octal(within) + "; expected " + right);
    mask = static_cast<mode_t>(mode);
}

/// Who made the mount: the program, or its parent where that handed the mount over
/// (sd_listen_fds(3), by name). A parent that /proc does not show is the system's.
uid_t mounter()
{
    const char *const names = std::getenv("LISTEN_FDNAMES");
    const std::string all = ':' + std::string{names != nullptr ? names : ""} + ':';
    if (all.find(":fuse:") == std::string::npos)
        return ::geteuid();
    struct stat parent;
    const auto path = "/proc/" + std::to_string(::getppid());
    return ::stat(path.c_str(), &parent) == 0 ? parent.st_uid : 0;
}

} // namespace

Permissions read_permissions(const toml::table &table, const std::string &prefix,
                             const Permissions &otherwise, const Accounts &accounts,
                             MistakeList &mistakes)
{
    TableReader reader{table, prefix + "permissions.", mistakes};
    Permissions out = otherwise;
    read_id(reader, "owner", "user", accounts.user, out.owner);
    read_id(reader, "group", "group", accounts.group, out.group);
    read_mask(reader, "read", 0444, "an octal mask of readers such as \"0444\" or \"0440\"",
              out.read);
    if (reader.node("group") != nullptr)
        out.write |= 0020;
    read_mask(reader, "write", 0222, "an octal mask of writers such as \"0200\" or \"0220\"",
              out.write);
    // Devices of their own are made and taken away by those who manage the tree.
    if (prefix.empty())
        read_mask(reader, "manage", 0222,
                  "an octal mask of those who add and remove devices and triggers such as "
                  "\"0200\" or \"0220\"",
                  out.manage);
    reader.finish();
    return out;
}

Permissions default_permissions(const Accounts &accounts)
{
    Permissions out{.owner = accounts.mounter};
    if (accounts.mounter != ::geteuid())
        out.group = 0;
    if (accounts.mounter != 0)
        return out;
    if (const auto iio = accounts.group("iio")) {
        out.group = *iio;
        out.write = 0220;
    }
    return out;
}

Accounts system_accounts()
{
    return {
        .user = [](const std::string &name) { return look_up(name, getpwnam_r, &passwd::pw_uid); },
        .group = [](const std::string &name) { return look_up(name, getgrnam_r, &group::gr_gid); },
        .mounter = mounter(),
    };
}

} // namespace iiofs
