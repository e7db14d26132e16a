// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/fuse/request_buffer.hpp>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace iiofs {

namespace {

std::size_t page_bytes()
{
    static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

/// The kernel refuses to read into less than the longest request that was agreed on. With
/// large pages a server before this one may have agreed on 256 of them.
std::size_t buffer_bytes()
{
    constexpr std::size_t pages_of_libfuse = 256;
    return std::max<std::size_t>(longest_write, pages_of_libfuse * page_bytes()) +
           std::max<std::size_t>(page_bytes(), 4096);
}

/// Most requests are no longer than a store's page of text.
std::size_t present_bytes()
{
    constexpr std::size_t most = std::size_t{3} * 4096;
    return (most + page_bytes() - 1) / page_bytes() * page_bytes();
}

} // namespace

/// Where the kernel copies a request to the memory must be present: if a process is killed
/// while the kernel waits for a page of it, the kernel fails the request with EIO and no other
/// server gets it. Pages that are locked stay present, and writable because no child shares
/// them, so that the constructor alone has to touch them. What is beyond them is address space
/// until a request is that long.
RequestBuffer::RequestBuffer() : is_locked_{false}
{
    const auto size = buffer_bytes();
    void *const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc{};
    bytes_ = {static_cast<std::byte *>(memory), size};
    is_locked_ =
        ::madvise(memory, size, MADV_DONTFORK) == 0 && ::mlock(memory, present_bytes()) == 0;
}

RequestBuffer::~RequestBuffer()
{
    if (!bytes_.empty())
        ::munmap(bytes_.data(), bytes_.size());
}

ssize_t RequestBuffer::read(int fuse)
{
    // Beyond RLIMIT_MEMLOCK: the system may have taken the pages since the last request.
    if (!is_locked_)
        for (std::size_t place = 0; place < present_bytes(); place += page_bytes())
            static_cast<volatile std::byte &>(bytes_[place]) = {};
    return ::read(fuse, bytes_.data(), bytes_.size());
}

void RequestBuffer::release(std::size_t length) const
{
    if (length > present_bytes())
        ::madvise(bytes_.data() + present_bytes(), bytes_.size() - present_bytes(), MADV_DONTNEED);
}

} // namespace iiofs
