// SPDX-License-Identifier: MIT
//
// Keep: what the next server must know to go on where this one was, in memory that
// outlives the process. See docs/service.md. It knows no FUSE.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <daemon/base/fd.hpp>
#include <daemon/base/request.hpp>
#include <daemon/takeover/layout.hpp>
#include <daemon/takeover/places.hpp>
#include <functional>
#include <iio/driver/result.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iiofs {

class Keep;

/// What an open file has of the text that it sampled, in one word: how long the
/// text is, whether the page has it, and where the last read ended.
struct SampledText {
    std::uint64_t position = 0;
    std::uint32_t length = 0;
    bool in_page = false;
    bool sampled = false; ///< it was read once

    [[nodiscard]] std::uint64_t word() const
    {
        return position << 16 | std::uint64_t{length} << 2 | std::uint64_t{in_page} << 1 |
               std::uint64_t{sampled};
    }
    [[nodiscard]] static SampledText of(std::uint64_t word)
    {
        return {word >> 16, static_cast<std::uint32_t>(word >> 2 & 0x3fff), (word & 2) != 0,
                (word & 1) != 0};
    }
};

/// The record of an open file, freed at the end; or none, which is false.
/// Threads: written by one at a time. Lifetime: ends before the keep's.
class KeptFile {
public:
    KeptFile() = default;
    KeptFile(KeptFile &&other) noexcept
        : keep_{std::exchange(other.keep_, nullptr)},
          index_{other.index_},
          generation_{other.generation_}
    {
    }
    KeptFile &operator=(KeptFile &&other) noexcept
    {
        std::swap(keep_, other.keep_);
        std::swap(index_, other.index_);
        std::swap(generation_, other.generation_);
        return *this;
    }
    ~KeptFile();

    [[nodiscard]] explicit operator bool() const { return keep_; }
    [[nodiscard]] Keep &keep() const { return *keep_; }
    [[nodiscard]] std::uint32_t index() const { return index_; }
    /// The number by which the kernel names it.
    [[nodiscard]] std::uint64_t handle() const;
    [[nodiscard]] kept::File &record() const;
    /// IIO_PAGE_SIZE bytes for a text that is read in pieces.
    [[nodiscard]] char *page() const;
    /// Before the page is written to: it is given back when the file is closed.
    void use_page() const;
    /// From here on the kernel does not know it any more.
    void mark_released() const;

    /// What a write was answered, before it is.
    void set_written(std::int64_t result, const Request &request) const;
    /// The write is an order, and begins: should the server die, the next one answers EIO
    /// and does not do it a second time.
    void set_order_begun(const Request &request) const { set_written(-EIO, request); }
    /// What the request was answered, if it was done by the server before.
    [[nodiscard]] std::optional<std::int64_t> written(const Request &request) const;

private:
    friend class Keep;
    KeptFile(Keep &keep, std::uint32_t index);

    Keep *keep_ = nullptr;
    std::uint32_t index_ = 0;
    std::uint64_t generation_ = 0; ///< of the record: another file may have the place by now
};

struct KeptDevice {
    std::string text;
    bool from_config = false;
    bool gone = false; ///< delete_device
    std::vector<unsigned> numbers;
};

struct KeptTrigger {
    std::string name;
    kept::Trigger::Kind kind = kept::Trigger::device;
    unsigned number = 0;
};

struct KeptSetting {
    std::string path; ///< in the device's directory
    std::string text;
};

/// Threads: all members from any; those of nodes and requests take no lock.
/// One process at a time writes to a keep.
class Keep {
public:
    /// In memory of this process: for a server whose mount ends with it.
    [[nodiscard]] static std::unique_ptr<Keep> make();
    /// The keep in a file, made in it if it is empty. One of another version is
    /// emptied but for its header, and so is one with which several servers have died
    /// before they were ready. What cannot be right in it is dropped, and logged.
    /// Errors: EINVAL: it is something else; as ftruncate(2), mmap(2).
    [[nodiscard]] static iio::Result<std::unique_ptr<Keep>> open(const Fd &file);
    ~Keep();
    Keep(const Keep &) = delete;
    Keep &operator=(const Keep &) = delete;

    /// There was a server before.
    [[nodiscard]] bool is_takeover() const { return !init_request().empty(); }
    [[nodiscard]] std::span<const std::uint8_t> init_request() const;
    void set_init_request(std::span<const std::uint8_t> bytes);
    [[nodiscard]] timespec birth() const;
    /// How often the mount was taken over, this time included.
    std::uint32_t count_takeover() { return ++layout_.header.takeovers; }
    /// The server ends in order: what it takes down stays as it is in here.
    void freeze() { frozen_.store(true, std::memory_order_release); }
    [[nodiscard]] bool is_frozen() const { return frozen_.load(std::memory_order_acquire); }

    /// For the tree's NodeTable.
    [[nodiscard]] NodeRecords node_records();
    [[nodiscard]] kept::Header &header() { return layout_.header; }
    /// This server is ready: its records did not kill it.
    void set_ready() { layout_.header.unready = 0; }
    /// What a node is called in its directory, or "?".
    [[nodiscard]] std::string name_of(std::uint64_t node) const;

    // Open files.
    /// So many a user may have open; root has no such bound.
    static constexpr std::size_t most_files_of_a_user = kept::max_files / 4;
    /// Errors: ENFILE: there are too many, in all or of this user.
    [[nodiscard]] iio::Result<KeptFile> open_file(kept::File::Flags kind, std::uint64_t node,
                                                  const Request &request);
    /// The place of a handle that the kernel knows; none: there is none any more.
    [[nodiscard]] std::optional<std::uint32_t> place_of(std::uint64_t handle) const;
    /// Those that are open, at a takeover. Records of files that the kernel does
    /// not know of are freed.
    [[nodiscard]] std::vector<KeptFile> adopt_files();
    /// The file that the request, sent again, has opened before.
    [[nodiscard]] std::optional<std::uint64_t> opened_before(std::uint64_t node,
                                                             const Request &request) const;

    /// The kernel's handle of a client that is to be woken when the file can be read.
    void set_waker(std::uint32_t place, std::uint64_t waker)
    {
        layout_.files[place].waker.store(waker, std::memory_order_release);
    }
    [[nodiscard]] std::vector<std::uint64_t> take_wakers();

    // Requests under way.
    void begin_request(std::uint64_t unique, std::uint64_t releases);
    void end_request(std::uint64_t unique);
    /// Calls `answer` for each that may be waiting for its answer, and for a window
    /// around the last one; what it returns says whether the request was.
    void answer_requests(const std::function<bool(std::uint64_t unique)> &answer);

    // Chips, in the order in which they came, and the request that brought or took them.
    // Texts that are too long are not kept (false).
    bool add_device(std::string_view text, bool from_config, std::span<const unsigned> numbers,
                    const Request &request = {});
    void remove_device(std::span<const unsigned> numbers, const Request &request = {});
    /// As many as there were.
    void renumber_device(std::span<const unsigned> from, std::span<const unsigned> to);
    [[nodiscard]] std::vector<KeptDevice> devices() const;

    // Triggers, by number.
    bool add_trigger(std::string_view name, kept::Trigger::Kind kind, unsigned number,
                     const Request &request = {});
    void remove_trigger(std::string_view name, const Request &request = {});
    [[nodiscard]] std::vector<KeptTrigger> triggers() const;

    /// Whether the request, sent again, brought or took a device or trigger.
    [[nodiscard]] bool changed_before(const Request &request) const;

    // Settings, `where` is a device's directory, or "trigger/" and a trigger's name.
    /// False: it is too long, or there are too many.
    bool set(std::string_view where, std::string_view path, std::string_view text);
    /// In the order of the last write.
    [[nodiscard]] std::vector<KeptSetting> settings(std::string_view where) const;
    void remove_settings(std::string_view where);

private:
    friend class KeptFile;
    explicit Keep(kept::Layout &layout);
    void begin();
    void index_devices();
    void index_triggers();
    void index_settings();
    void index_files();
    [[nodiscard]] std::optional<std::uint32_t> take_file_place(std::uint64_t user);
    [[nodiscard]] bool enter_user(std::uint64_t user);
    void leave_user(std::uint64_t user);
    void empty();
    void go_on();
    void validate();
    void weigh_requests(bool crashed);
    void free_file(std::uint32_t index, std::uint64_t generation);
    void clear_file(std::uint32_t index);
    [[nodiscard]] std::uint64_t handle_of(std::uint32_t index) const;
    [[nodiscard]] std::span<kept::File> files() const
    {
        return std::span{layout_.files}.first(layout_.header.files_end);
    }
    [[nodiscard]] std::uint64_t next_order() { return ++layout_.header.order; }
    [[nodiscard]] std::uint32_t place_of(const kept::Setting &setting) const;
    void drop_setting(kept::Setting &setting);

    struct User {
        std::size_t files = 0;
        bool was_refused = false; ///< which is logged once
    };
    kept::Layout &layout_;
    std::atomic<bool> frozen_{false};
    mutable std::mutex mutex_; ///< devices, triggers, settings, as what follows
    Places device_places_, trigger_places_, setting_places_;
    std::vector<std::uint32_t> away_devices_; ///< of the configuration, that are to stay away
    std::vector<std::uint32_t> gone_devices_, gone_triggers_; ///< the oldest first
    std::map<std::string_view, kept::Trigger *> triggers_;    ///< by name, those that are gone too
    std::map<std::string_view, kept::Setting *> settings_;    ///< by path
    std::mutex files_mutex_; ///< for a moment only; nothing else is locked with it
    Places file_places_;
    std::map<std::uint64_t, User> users_; ///< who have files open; not root
};

} // namespace iiofs
