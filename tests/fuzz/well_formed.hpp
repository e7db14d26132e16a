// SPDX-License-Identifier: MIT
//
// Whether a FUSE request is as long as what is in it says. The kernel sends no other ones, and
// libfuse reads behind them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/fuse.h>
#include <optional>
#include <span>

namespace fuzz {

/// After the header: a structure, texts that end with a NUL, data.
struct Form {
    std::uint32_t opcode;
    std::size_t structure = 0;
    unsigned texts = 0;
    /// Where the structure says how many elements of data there are, and what one is.
    std::optional<std::size_t> count_at{};
    std::size_t element = 1;
    /// Where it says how long an answer may be.
    std::optional<std::size_t> answer_at{};
};

inline constexpr std::array forms{
    Form{FUSE_LOOKUP, 0, 1},
    Form{FUSE_FORGET, sizeof(fuse_forget_in)},
    Form{FUSE_GETATTR, sizeof(fuse_getattr_in)},
    Form{FUSE_SETATTR, sizeof(fuse_setattr_in)},
    Form{FUSE_SYMLINK, 0, 2},
    Form{FUSE_MKNOD, sizeof(fuse_mknod_in), 1},
    Form{FUSE_MKDIR, sizeof(fuse_mkdir_in), 1},
    Form{FUSE_UNLINK, 0, 1},
    Form{FUSE_RMDIR, 0, 1},
    Form{FUSE_RENAME, sizeof(fuse_rename_in), 2},
    Form{FUSE_LINK, sizeof(fuse_link_in), 1},
    Form{FUSE_OPEN, sizeof(fuse_open_in)},
    Form{.opcode = FUSE_READ,
         .structure = sizeof(fuse_read_in),
         .answer_at = offsetof(fuse_read_in, size)},
    Form{.opcode = FUSE_WRITE,
         .structure = sizeof(fuse_write_in),
         .count_at = offsetof(fuse_write_in, size)},
    Form{FUSE_RELEASE, sizeof(fuse_release_in)},
    Form{FUSE_FSYNC, sizeof(fuse_fsync_in)},
    // Without FUSE_SETXATTR_EXT, which nobody has asked for.
    Form{FUSE_SETXATTR, 8, 1, offsetof(fuse_setxattr_in, size)},
    Form{.opcode = FUSE_GETXATTR,
         .structure = sizeof(fuse_getxattr_in),
         .texts = 1,
         .answer_at = offsetof(fuse_getxattr_in, size)},
    Form{.opcode = FUSE_LISTXATTR,
         .structure = sizeof(fuse_getxattr_in),
         .answer_at = offsetof(fuse_getxattr_in, size)},
    Form{FUSE_REMOVEXATTR, 0, 1},
    Form{FUSE_FLUSH, sizeof(fuse_flush_in)},
    // Older kernels say less; libfuse looks at the length itself.
    Form{FUSE_INIT, 2 * sizeof(std::uint32_t)},
    Form{FUSE_OPENDIR, sizeof(fuse_open_in)},
    Form{.opcode = FUSE_READDIR,
         .structure = sizeof(fuse_read_in),
         .answer_at = offsetof(fuse_read_in, size)},
    Form{.opcode = FUSE_READDIRPLUS,
         .structure = sizeof(fuse_read_in),
         .answer_at = offsetof(fuse_read_in, size)},
    Form{FUSE_RELEASEDIR, sizeof(fuse_release_in)},
    Form{FUSE_FSYNCDIR, sizeof(fuse_fsync_in)},
    Form{FUSE_GETLK, sizeof(fuse_lk_in)},
    Form{FUSE_SETLK, sizeof(fuse_lk_in)},
    Form{FUSE_SETLKW, sizeof(fuse_lk_in)},
    Form{FUSE_ACCESS, sizeof(fuse_access_in)},
    Form{FUSE_CREATE, sizeof(fuse_create_in), 1},
    Form{FUSE_INTERRUPT, sizeof(fuse_interrupt_in)},
    Form{FUSE_BMAP, sizeof(fuse_bmap_in)},
    Form{.opcode = FUSE_IOCTL,
         .structure = sizeof(fuse_ioctl_in),
         .count_at = offsetof(fuse_ioctl_in, in_size),
         .answer_at = offsetof(fuse_ioctl_in, out_size)},
    Form{FUSE_POLL, sizeof(fuse_poll_in)},
    Form{FUSE_NOTIFY_REPLY, sizeof(fuse_notify_retrieve_in)},
    Form{.opcode = FUSE_BATCH_FORGET,
         .structure = sizeof(fuse_batch_forget_in),
         .count_at = offsetof(fuse_batch_forget_in, count),
         .element = sizeof(fuse_forget_one)},
    Form{FUSE_FALLOCATE, sizeof(fuse_fallocate_in)},
    Form{FUSE_RENAME2, sizeof(fuse_rename2_in), 2},
    Form{FUSE_LSEEK, sizeof(fuse_lseek_in)},
    Form{FUSE_COPY_FILE_RANGE, sizeof(fuse_copy_file_range_in)},
};

/// By opcode; null: libfuse looks at nothing behind the header.
inline constexpr auto form_of = [] {
    std::array<const Form *, FUSE_COPY_FILE_RANGE + 1> table{};
    for (const Form &form : forms)
        table[form.opcode] = &form;
    return table;
}();

inline std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t place)
{
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + place, sizeof number);
    return number;
}

inline bool fits(const Form &form, std::span<const std::byte> body, std::size_t most)
{
    if (body.size() < form.structure)
        return false;
    auto rest = body.subspan(form.structure);
    for (unsigned i = 0; i < form.texts; ++i) {
        const auto end = std::ranges::find(rest, std::byte{});
        if (end == rest.end())
            return false;
        rest = rest.subspan(static_cast<std::size_t>(end - rest.begin()) + 1);
    }
    if (form.count_at && rest.size() / form.element < number_at(body, *form.count_at))
        return false;
    return !form.answer_at || number_at(body, *form.answer_at) <= most;
}

inline fuse_in_header header_of(std::span<const std::byte> request)
{
    fuse_in_header header;
    std::memcpy(&header, request.data(), sizeof header);
    return header;
}

/// `most`: bytes that the kernel may ask for in one request.
inline bool is_well_formed(std::span<const std::byte> request, std::size_t most)
{
    if (request.size() < sizeof(fuse_in_header))
        return false;
    const auto header = header_of(request);
    if (header.len != request.size())
        return false;
    const auto *const form = header.opcode < form_of.size() ? form_of[header.opcode] : nullptr;
    return !form || fits(*form, request.subspan(sizeof header), most);
}

} // namespace fuzz
