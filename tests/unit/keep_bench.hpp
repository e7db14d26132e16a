// SPDX-License-Identifier: MIT
//
// What the tests of the keep share: a server that dies is a keep that is opened once more.
#pragma once

#include <daemon/open_files/handles.hpp>
#include <daemon/open_files/open_file.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/tree/tree.hpp>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>

namespace keep_test {

using namespace iiofs;

/// A memfd; each keep() is of another server.
struct Memory {
    std::unique_ptr<Keep> keep() const { return Keep::open(fd).value(); }
    std::size_t bytes() const
    {
        struct stat status {};
        fstat(fd.get(), &status);
        return static_cast<std::size_t>(status.st_blocks) * 512;
    }

    Fd fd{memfd_create("keep", MFD_CLOEXEC)};
};

/// A server that ends without a word: nothing of what it made is destroyed in order.
struct Server {
    explicit Server(const Memory &memory) : keep{memory.keep()} {}
    /// As if killed: its objects leave the keep as it is.
    ~Server() { keep->freeze(); }
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    NodeId add_counter(const std::string &name)
    {
        return tree.add_file(
            root_id, name, 0644,
            {.show = [this](char *page) -> iio::Result<std::size_t> {
                 const auto text = std::to_string(++count) + "0000\n";
                 return text.copy(page, text.size());
             },
             .store = [](std::string_view text, const Request &) -> iio::Result<std::size_t> {
                 return text.size();
             }});
    }
    std::string read(OpenFile &file, off_t offset, std::size_t size,
                     const Request &request = {}) const
    {
        char page[IIO_PAGE_SIZE];
        return std::string{file.read(offset, size, page, request).value()};
    }
    /// The number that the file has for the kernel.
    std::uint64_t open(std::string_view path, const Request &request = {})
    {
        return handles.add(Handle::open(tree.find(path), O_RDONLY, *keep, request).value());
    }

    std::unique_ptr<Keep> keep;
    Tree tree{{}, {}, keep->node_records(), keep->birth()};
    Handles handles{tree, *keep};
    int count = 0;
};

} // namespace keep_test
