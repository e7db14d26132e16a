// SPDX-License-Identifier: MIT
//
// FUSE requests as the kernel makes them, of numbers and names that an input chooses, and damaged
// where it says so.
#pragma once

#include "fuzz.hpp"

#include <array>
#include <cstring>
#include <linux/fuse.h>
#include <vector>

namespace fuzz {

/// What follows a request's header: a structure of so many bytes, then so many names. The
/// handle of an open file stands at a place of it, if anywhere.
struct RequestForm {
    std::uint32_t opcode;
    std::size_t bytes = 0;
    unsigned names = 0;
    int handle_at = -1;
    bool has_data = false; ///< behind all that
};

// Without FUSE_NOTIFY_REPLY: of one that nobody has asked for libfuse 3.14 loses the memory.
inline constexpr std::array request_forms{
    RequestForm{FUSE_LOOKUP, 0, 1},
    RequestForm{FUSE_FORGET, sizeof(fuse_forget_in)},
    RequestForm{FUSE_GETATTR, sizeof(fuse_getattr_in), 0, 8},
    RequestForm{FUSE_SETATTR, sizeof(fuse_setattr_in), 0, 8},
    RequestForm{FUSE_READLINK},
    RequestForm{FUSE_SYMLINK, 0, 2},
    RequestForm{FUSE_MKNOD, sizeof(fuse_mknod_in), 1},
    RequestForm{FUSE_MKDIR, sizeof(fuse_mkdir_in), 1},
    RequestForm{FUSE_UNLINK, 0, 1},
    RequestForm{FUSE_RMDIR, 0, 1},
    RequestForm{FUSE_RENAME, sizeof(fuse_rename_in), 2},
    RequestForm{FUSE_LINK, sizeof(fuse_link_in), 1},
    RequestForm{FUSE_OPEN, sizeof(fuse_open_in)},
    RequestForm{FUSE_READ, sizeof(fuse_read_in), 0, 0},
    RequestForm{FUSE_WRITE, sizeof(fuse_write_in), 0, 0, true},
    RequestForm{FUSE_STATFS},
    RequestForm{FUSE_RELEASE, sizeof(fuse_release_in), 0, 0},
    RequestForm{FUSE_FSYNC, sizeof(fuse_fsync_in), 0, 0},
    RequestForm{FUSE_SETXATTR, 8, 1, -1, true},
    RequestForm{FUSE_GETXATTR, sizeof(fuse_getxattr_in), 1},
    RequestForm{FUSE_LISTXATTR, sizeof(fuse_getxattr_in)},
    RequestForm{FUSE_REMOVEXATTR, 0, 1},
    RequestForm{FUSE_FLUSH, sizeof(fuse_flush_in), 0, 0},
    RequestForm{FUSE_OPENDIR, sizeof(fuse_open_in)},
    RequestForm{FUSE_READDIR, sizeof(fuse_read_in), 0, 0},
    RequestForm{FUSE_READDIRPLUS, sizeof(fuse_read_in), 0, 0},
    RequestForm{FUSE_RELEASEDIR, sizeof(fuse_release_in), 0, 0},
    RequestForm{FUSE_FSYNCDIR, sizeof(fuse_fsync_in), 0, 0},
    RequestForm{FUSE_GETLK, sizeof(fuse_lk_in), 0, 0},
    RequestForm{FUSE_SETLK, sizeof(fuse_lk_in), 0, 0},
    RequestForm{FUSE_ACCESS, sizeof(fuse_access_in)},
    RequestForm{FUSE_CREATE, sizeof(fuse_create_in), 1},
    RequestForm{FUSE_INTERRUPT, sizeof(fuse_interrupt_in)},
    RequestForm{FUSE_BMAP, sizeof(fuse_bmap_in)},
    RequestForm{FUSE_IOCTL, sizeof(fuse_ioctl_in), 0, 0, true},
    RequestForm{FUSE_POLL, sizeof(fuse_poll_in), 0, 0},
    RequestForm{FUSE_BATCH_FORGET, sizeof(fuse_batch_forget_in), 0, -1, true},
    RequestForm{FUSE_FALLOCATE, sizeof(fuse_fallocate_in), 0, 0},
    RequestForm{FUSE_RENAME2, sizeof(fuse_rename2_in), 2},
    RequestForm{FUSE_LSEEK, sizeof(fuse_lseek_in), 0, 0},
    RequestForm{FUSE_COPY_FILE_RANGE, sizeof(fuse_copy_file_range_in), 0, 0},
    RequestForm{FUSE_INIT, sizeof(fuse_init_in)},
    RequestForm{FUSE_DESTROY},
    RequestForm{CUSE_INIT, sizeof(cuse_init_in)},
    RequestForm{0},
};

/// Makes requests, with the nodes and handles of the replies that came.
class Requests {
public:
    std::vector<char> next(Input &input, std::uint64_t unique)
    {
        const auto &form = request_forms[input.byte() % request_forms.size()];
        std::vector<char> bytes(sizeof(fuse_in_header));
        put_body(bytes, form, input);
        fuse_in_header header{};
        header.opcode = form.opcode;
        header.unique = unique;
        header.nodeid = chosen_of(nodes_, input.byte());
        header.uid = input.byte() & 1 ? 1000 : 0;
        header.pid = 7;
        header.len = static_cast<std::uint32_t>(bytes.size());
        std::memcpy(bytes.data(), &header, sizeof header);
        damage(bytes, input);
        // What the answer is told by stays.
        std::memcpy(bytes.data() + offsetof(fuse_in_header, unique), &unique, sizeof unique);
        return bytes;
    }
    /// A reply may tell of a node or a handle.
    void learn(std::span<const char> reply)
    {
        std::uint64_t number = 0;
        if (reply.size() < sizeof(fuse_out_header) + sizeof number)
            return;
        std::memcpy(&number, reply.data() + sizeof(fuse_out_header), sizeof number);
        auto &learned = reply.size() == sizeof(fuse_out_header) + sizeof(fuse_entry_out)  ? nodes_
                        : reply.size() == sizeof(fuse_out_header) + sizeof(fuse_open_out) ? handles_
                                                                                          : others_;
        learned.push_back(number);
    }

private:
    static std::uint64_t chosen_of(const std::vector<std::uint64_t> &known, std::uint8_t which)
    {
        return known[known.size() - 1 - which % known.size()];
    }
    static std::string name(Input &input)
    {
        static constexpr std::array names{"devices",
                                          "iio:device0",
                                          "in_voltage0_raw",
                                          "dev",
                                          "config",
                                          "iio",
                                          "triggers",
                                          "hrtimer",
                                          "t1",
                                          "buffer",
                                          "enable",
                                          "new_device",
                                          "name",
                                          "..",
                                          ".",
                                          "trigger",
                                          "trigger0",
                                          "user.a",
                                          "iio_sysfs_trigger",
                                          "add_trigger",
                                          "scan_elements",
                                          "in_voltage0_en",
                                          "sampling_frequency",
                                          "current_trigger",
                                          "debug",
                                          "length",
                                          "delete_device"};
        const auto which = input.byte();
        return which < 0xe0 ? names[which % names.size()] : input.text();
    }
    void put_body(std::vector<char> &bytes, const RequestForm &form, Input &input)
    {
        const auto start = bytes.size();
        bytes.resize(start + form.bytes);
        const auto fields = input.bytes(std::min<std::size_t>(form.bytes, input.byte()));
        std::ranges::copy(fields, bytes.begin() + static_cast<std::ptrdiff_t>(start));
        if (form.handle_at >= 0) {
            const auto handle = chosen_of(handles_, input.byte());
            std::memcpy(bytes.data() + start + form.handle_at, &handle, sizeof handle);
        }
        for (unsigned i = 0; i < form.names; ++i) {
            const auto text = name(input);
            bytes.insert(bytes.end(), text.begin(), text.end());
            bytes.push_back('\0');
        }
        if (form.has_data) {
            const auto text = input.text();
            bytes.insert(bytes.end(), text.begin(), text.end());
            // The size of a write, as the kernel has it.
            const auto size = static_cast<std::uint32_t>(text.size());
            if (form.opcode == FUSE_WRITE && !(input.byte() & 0x80))
                std::memcpy(bytes.data() + start + offsetof(fuse_write_in, size), &size,
                            sizeof size);
            if (form.opcode == FUSE_SETXATTR)
                std::memcpy(bytes.data() + start, &size, sizeof size);
        }
    }
    static void damage(std::vector<char> &bytes, Input &input)
    {
        const auto how = input.byte();
        if (how < 0xd0)
            return;
        if (how & 1) // cut
            bytes.resize(sizeof(fuse_in_header) +
                         input.byte() % (bytes.size() - sizeof(fuse_in_header) + 1));
        for (unsigned i = how >> 1 & 3; i > 0; --i)
            bytes[input.byte() % bytes.size()] = static_cast<char>(input.byte());
    }

    std::vector<std::uint64_t> nodes_{FUSE_ROOT_ID};
    std::vector<std::uint64_t> handles_{0};
    std::vector<std::uint64_t> others_{0};
};

} // namespace fuzz
