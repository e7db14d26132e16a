// SPDX-License-Identifier: MIT
//
// The kernel's side of a libfuse session, for tests.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <daemon/fuse/reply.hpp>
#include <fcntl.h>
#include <linux/fuse.h>
#include <span>
#include <string>
#include <sys/uio.h>
#include <vector>

namespace iiofs::tests {

/// The bytes of a request.
template <class Body>
std::vector<std::byte> fuse_request(std::uint32_t opcode, std::uint64_t unique, fuse_ino_t node,
                                    const Body &body)
{
    std::vector<std::byte> bytes(sizeof(fuse_in_header) + sizeof body);
    fuse_in_header header{};
    header.len = static_cast<std::uint32_t>(bytes.size());
    header.opcode = opcode;
    header.unique = unique;
    header.nodeid = node;
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, &body, sizeof body);
    return bytes;
}

inline fuse_session *new_fuse_session(const fuse_lowlevel_ops &operations, void *user_data)
{
    std::string program = "unit_fuse";
    std::array arguments{program.data()};
    fuse_args args = FUSE_ARGS_INIT(1, arguments.data());
    fuse_session *const session =
        fuse_session_new(&args, &operations, sizeof operations, user_data);
    fuse_opt_free_args(&args);
    REQUIRE(session);
    return session;
}

/// A session that is asked directly; what it answers is kept.
class FuseKernel {
public:
    explicit FuseKernel(const fuse_lowlevel_ops &operations)
        : session_{new_fuse_session(operations, this)}
    {
        fuse_custom_io io{};
        io.writev = [](int, iovec *pieces, int count, void *self) {
            return static_cast<FuseKernel *>(self)->take({pieces, static_cast<std::size_t>(count)});
        };
        io.read = [](int, void *, std::size_t, void *) -> ssize_t { return 0; };
        REQUIRE(fuse_session_custom_io(session_, &io, ::open("/dev/null", O_RDWR)) == 0);
        fuse_init_in init{};
        init.major = FUSE_KERNEL_VERSION;
        init.minor = 31;
        ask(FUSE_INIT, 1, init);
        REQUIRE(errors == std::vector{0});
        errors.clear();
    }
    FuseKernel(const FuseKernel &) = delete;
    FuseKernel &operator=(const FuseKernel &) = delete;
    ~FuseKernel() { fuse_session_destroy(session_); }

    template <class Body> void ask(std::uint32_t opcode, fuse_ino_t node, const Body &body)
    {
        auto bytes = fuse_request(opcode, last_ += 2, node, body);
        fuse_buf buffer{};
        buffer.mem = bytes.data();
        buffer.size = bytes.size();
        fuse_session_process_buf(session_, &buffer);
    }

    std::vector<int> errors; ///< of the answers

private:
    ssize_t take(std::span<const iovec> pieces)
    {
        fuse_out_header header{};
        std::memcpy(&header, pieces[0].iov_base, sizeof header);
        errors.push_back(-header.error);
        return static_cast<ssize_t>(header.len);
    }

    std::uint64_t last_ = 0;
    fuse_session *const session_;
};

} // namespace iiofs::tests
