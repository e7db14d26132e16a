// SPDX-License-Identifier: MIT
//
// The fence, in a session of libfuse whose kernel is this test.
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <daemon/base/fd.hpp>
#include <daemon/fuse/fence.hpp>
#include <fcntl.h>
#include <linux/fuse.h>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/uio.h>
#include <vector>

namespace fence_test {

using namespace iiofs;

namespace {

void readlink(fuse_req_t, fuse_ino_t id)
{
    if (id == 1)
        throw std::bad_alloc{};
    throw std::runtime_error{"somebody's mistake"};
}

void forget(fuse_req_t, fuse_ino_t, std::uint64_t) { throw 7; }

/// A session that is asked directly; what it answers is kept.
class Kernel {
public:
    Kernel()
    {
        fuse_lowlevel_ops operations{};
        operations.readlink = fenced<readlink>;
        operations.forget = fenced_unanswered<forget>;
        std::string name = "fence_test";
        std::array arguments{name.data()};
        fuse_args args = FUSE_ARGS_INIT(1, arguments.data());
        session_ = fuse_session_new(&args, &operations, sizeof operations, this);
        REQUIRE(session_);
        fuse_custom_io io{};
        io.writev = [](int, iovec *pieces, int count, void *self) {
            return static_cast<Kernel *>(self)->take({pieces, static_cast<std::size_t>(count)});
        };
        io.read = [](int, void *, std::size_t, void *) -> ssize_t { return 0; };
        REQUIRE(fuse_session_custom_io(session_, &io, ::open("/dev/null", O_RDWR)) == 0);
        fuse_init_in init{};
        init.major = FUSE_KERNEL_VERSION;
        init.minor = 31;
        ask(FUSE_INIT, 1, init);
        errors.clear();
    }
    Kernel(const Kernel &) = delete;
    Kernel &operator=(const Kernel &) = delete;
    ~Kernel() { fuse_session_destroy(session_); }

    template <class Body> void ask(unsigned opcode, std::uint64_t node, const Body &body)
    {
        std::vector<char> bytes(sizeof(fuse_in_header) + sizeof body);
        fuse_in_header header{};
        header.len = static_cast<std::uint32_t>(bytes.size());
        header.opcode = opcode;
        header.unique = 2;
        header.nodeid = node;
        std::memcpy(bytes.data(), &header, sizeof header);
        std::memcpy(bytes.data() + sizeof header, &body, sizeof body);
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

    fuse_session *session_ = nullptr;
};

} // namespace

TEST_CASE("what an operation throws is its client's error and nobody else's end")
{
    Kernel kernel;
    kernel.ask(FUSE_READLINK, 1, std::array<char, 0>{});
    CHECK(kernel.errors == std::vector{ENOMEM});
    kernel.ask(FUSE_READLINK, 2, std::array<char, 0>{});
    CHECK(kernel.errors == std::vector{ENOMEM, EIO});
    kernel.ask(FUSE_FORGET, 2, fuse_forget_in{.nlookup = 1});
    CHECK(kernel.errors.size() == 2);
}

} // namespace fence_test
