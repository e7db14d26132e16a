// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/tree/text_stream.hpp>
#include <mutex>
#include <utility>

namespace iiofs {

namespace {

using iio::core::Waiter;

class TextStream final : public OpenStream {
public:
    explicit TextStream(std::string text) : text_{std::move(text)} {}

    iio::Result<bool> read(std::size_t size, bool, const std::shared_ptr<Waiter> &,
                           const Deliver &deliver) override
    {
        const std::lock_guard lock{mutex_};
        const auto some =
            std::span{text_}.subspan(given_).first(std::min(size, text_.size() - given_));
        const std::span bytes{reinterpret_cast<const std::uint8_t *>(some.data()), some.size()};
        if (deliver(bytes, {}))
            given_ += some.size();
        return true;
    }
    void leave(const Waiter &) override {}
    bool poll(std::function<void()>) override { return true; }

private:
    const std::string text_;
    std::mutex mutex_;
    std::size_t given_ = 0; ///< so much of it was read
};

} // namespace

OpenFunction text_of(std::function<std::string()> text)
{
    return [text = std::move(text)]() -> iio::Result<std::unique_ptr<OpenStream>> {
        return std::make_unique<TextStream>(text());
    };
}

} // namespace iiofs
