// SPDX-License-Identifier: MIT
//
// The kinds of files that there are in the tree.
#pragma once

#include <atomic>
#include <daemon/tree/node.hpp>
#include <daemon/tree/stream.hpp>
#include <functional>
#include <iio/host/registry.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace iiofs {

/// Is told what clients have stored in files of the tree, after the device or trigger has
/// taken it. Threads: any at once.
class StoreObserver {
public:
    virtual void stored(const iio::LiveDevice &device, const std::string &group,
                        const iio::Attribute &attribute, std::string_view text) = 0;
    virtual void stored(const iio::Trigger &trigger, std::string_view attribute,
                        std::string_view text) = 0;

protected:
    ~StoreObserver() = default;
};

/// What a store of the kernel sees: a C string of less than a page.
[[nodiscard]] std::string_view c_string(std::string_view text);
/// The kernel compares words with or without a newline at their end.
[[nodiscard]] std::string_view word(std::string_view text);

/// What the attributes of a device have in common, those of debugfs among themselves.
struct DeviceFiles {
    DevicePtr device;
    std::shared_ptr<Queue> queue; ///< the chip's; null: they wait for nothing
    off_t size = kernel_page_size();
    StoreObserver *observer = nullptr; ///< null: nobody wants to know
};

/// An attribute of a device. A store waits for its turn also where the part is not asked: it may
/// start the buffer, or wait for who does.
class AttributeFile final : public File {
public:
    /// The attribute is one of the device's.
    AttributeFile(const NodeOrigin &origin, std::shared_ptr<const DeviceFiles> common,
                  const iio::Attribute &attribute)
        : File{origin}, common_{std::move(common)}, attribute_{attribute}
    {
    }
    [[nodiscard]] iio::Result<std::size_t> show(char *page) const override;
    [[nodiscard]] std::optional<iio::Result<std::size_t>> show_at_once(char *page) const override;
    [[nodiscard]] iio::Result<std::size_t> store(std::string_view text,
                                                 const Request &request) const override;
    [[nodiscard]] Queue *queue() const override { return common_->queue.get(); }
    [[nodiscard]] bool is_order() const override;

protected:
    [[nodiscard]] off_t size() const override { return common_->size; }

private:
    const std::shared_ptr<const DeviceFiles> common_;
    const iio::Attribute &attribute_;
};

/// A file that always shows the same.
class TextFile : public File {
public:
    TextFile(const NodeOrigin &origin, std::string text) : File{origin}, text_{std::move(text)} {}
    [[nodiscard]] iio::Result<std::size_t> show(char *page) const override;

private:
    const std::string text_;
};

/// The uevent of what is no IIO device.
class UeventFile final : public TextFile {
public:
    using TextFile::TextFile;
    [[nodiscard]] iio::Result<std::size_t> store(std::string_view text,
                                                 const Request &request) const override;
};

/// power/control: what is written is shown, and nothing comes of it.
class PowerControlFile final : public File {
public:
    using File::File;
    [[nodiscard]] iio::Result<std::size_t> show(char *page) const override;
    [[nodiscard]] iio::Result<std::size_t> store(std::string_view text,
                                                 const Request &request) const override;

private:
    mutable std::atomic<bool> is_on_{false};
};

/// What a file does of which there are few. Null: as File does.
struct FileFunctions {
    Show show{};
    Store store{};
    std::function<std::shared_ptr<Queue>(std::string_view text)> queue_for{};
    std::function<bool(const Request &request)> withdraw{};
    bool is_order = false;
};

class FunctionFile final : public File {
public:
    FunctionFile(const NodeOrigin &origin, FileFunctions functions)
        : File{origin}, functions_{std::move(functions)}
    {
    }
    [[nodiscard]] iio::Result<std::size_t> show(char *page) const override;
    [[nodiscard]] iio::Result<std::size_t> store(std::string_view text,
                                                 const Request &request) const override;
    [[nodiscard]] std::shared_ptr<Queue> queue_for(std::string_view text) const override;
    [[nodiscard]] bool withdraw(const Request &request) const override;
    [[nodiscard]] bool is_order() const override { return functions_.is_order; }

private:
    const FileFunctions functions_;
};

} // namespace iiofs
