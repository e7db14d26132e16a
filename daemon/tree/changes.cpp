// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <daemon/tree/changes.hpp>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace iiofs {

using iio::core::Waiter;
using iio::core::Waiters;

struct Changes::State {
    std::atomic<unsigned> count{0};
    std::mutex mutex;
    std::vector<std::shared_ptr<Waiters>> clients;
};

namespace {

class ChangesStream final : public OpenStream {
public:
    explicit ChangesStream(std::shared_ptr<Changes::State> state) : state_{std::move(state)}
    {
        const std::lock_guard lock{state_->mutex};
        state_->clients.push_back(waiters_);
    }
    ~ChangesStream() override
    {
        const std::lock_guard lock{state_->mutex};
        std::erase(state_->clients, waiters_);
    }

    iio::Result<bool> read(std::size_t size, bool nonblocking,
                           const std::shared_ptr<Waiter> &waiter, const Deliver &deliver) override
    {
        if (nonblocking && !is_ready())
            return iio::fail(EAGAIN);
        if (waiters_->park(waiter, [this] { return is_ready(); }))
            return false;
        const unsigned count = state_->count;
        const auto line = std::to_string(count) + "\n";
        const std::span bytes{reinterpret_cast<const std::uint8_t *>(line.data()), line.size()};
        if (deliver(bytes.first(std::min(size, bytes.size())), {}))
            shown_ = count;
        return true;
    }
    void leave(const Waiter &waiter) override { waiters_->leave(waiter); }
    bool poll(std::function<void()> listener) override
    {
        waiters_->listen(std::move(listener));
        return is_ready();
    }

private:
    [[nodiscard]] bool is_ready() const { return shown_ != state_->count; }

    const std::shared_ptr<Changes::State> state_;
    const std::shared_ptr<Waiters> waiters_ = std::make_shared<Waiters>();
    std::atomic<std::uint64_t> shown_{UINT64_MAX}; ///< no count yet
};

} // namespace

Changes::Changes() : state_{std::make_shared<State>()} {}

void Changes::add()
{
    std::vector<std::shared_ptr<Waiters>> clients;
    {
        const std::lock_guard lock{state_->mutex};
        ++state_->count;
        clients = state_->clients;
    }
    for (const auto &client : clients)
        client->wake();
}

OpenFunction Changes::stream() const
{
    return [state = state_]() -> iio::Result<std::unique_ptr<OpenStream>> {
        return std::make_unique<ChangesStream>(state);
    };
}

} // namespace iiofs
