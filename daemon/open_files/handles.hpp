// SPDX-License-Identifier: MIT
//
// Handles: what the kernel has open, by the number that it has for it (fh). After a
// takeover the numbers of the server before lead to the same nodes.
#pragma once

#include <array>
#include <daemon/open_files/open_file.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/tree/stream.hpp>
#include <daemon/tree/tree.hpp>
#include <memory>
#include <mutex>
#include <vector>

namespace iiofs {

/// A listing under way: what the directory had when it was read from the start.
struct Listing {
    std::mutex mutex;
    std::vector<Entry> entries;
    bool begun = false;
};

/// A file, stream or directory between open and release: one of the three. A request keeps a copy
/// of the pointer: a client that a signal took out of it may close the file while the worker still
/// waits for the bus.
struct Handle {
    KeptFile kept{}; ///< of a stream or directory
    NodeRef node{};
    std::unique_ptr<OpenFile> file{};
    std::unique_ptr<OpenStream> stream{};
    std::unique_ptr<Listing> listing{};

    /// Errors: as OpenFile::open() and the stream's OpenFunction.
    [[nodiscard]] static iio::Result<Handle> open(NodeRef node, int flags, Keep &keep,
                                                  const Request &request);
    /// Errors: ESTALE, ENOTDIR.
    [[nodiscard]] static iio::Result<Handle> open_directory(NodeRef node, Keep &keep,
                                                            const Request &request);

    [[nodiscard]] const KeptFile &record() const { return file ? file->kept() : kept; }
};

/// Threads: all members from any; find() takes no lock. The kernel releases a
/// number when it asks for nothing with it any more.
/// Lifetime: the tree and the keep outlive it.
class Handles {
public:
    Handles(Tree &tree, Keep &keep) : tree_{tree}, keep_{keep} {}
    ~Handles();
    Handles(const Handles &) = delete;
    Handles &operator=(const Handles &) = delete;

    /// Returns its number.
    std::uint64_t add(Handle &&handle);
    /// Null: the number is of a server before, and its node is not there, or
    /// nothing is known of it.
    [[nodiscard]] std::shared_ptr<Handle> find(std::uint64_t number);
    /// Where a stream that find() does not find yet waits for its device, which is expected.
    /// Null: it does not come.
    [[nodiscard]] std::shared_ptr<Queue> waits_in(std::uint64_t number);
    void release(std::uint64_t number);

    /// Takes over what the server before had open.
    void adopt();

private:
    struct Place {
        std::atomic<bool> is_open{false}; ///< else its node is not there, or nothing is
        std::shared_ptr<Handle> handle;
    };
    static constexpr std::size_t places_per_chunk = 256;
    using Chunk = std::array<Place, places_per_chunk>;

    [[nodiscard]] Place &place(std::uint32_t index);
    /// Opens again what was open there, if its node is there.
    void reopen(Place &place);

    Tree &tree_;
    Keep &keep_;
    std::array<std::atomic<Chunk *>, kept::max_files / places_per_chunk> chunks_{};
    std::mutex reopen_mutex_;
};

} // namespace iiofs
