// SPDX-License-Identifier: MIT
#include <daemon/fuse/parked_request.hpp>
#include <vector>

namespace iiofs {

int Parking::enter(uid_t user, const std::shared_ptr<ParkedRequest> &request)
{
    const std::lock_guard lock{mutex_};
    if (streams_ended_ && request->is_of_stream())
        return ENODEV;
    auto &count = waiting_[user];
    if (user != 0 && count >= most_for_a_user)
        return EAGAIN;
    ++count;
    all_.emplace(request.get(), request);
    return 0;
}

void Parking::answered(uid_t user)
{
    const std::lock_guard lock{mutex_};
    if (const auto found = waiting_.find(user); --found->second == 0)
        waiting_.erase(found);
}

void Parking::ended(const ParkedRequest &request)
{
    const std::lock_guard lock{mutex_};
    all_.erase(&request);
    if (all_.empty())
        all_ended_.notify_all();
}

void Parking::give_up(std::chrono::milliseconds patience)
{
    const auto is_empty = [this] { return all_.empty(); };
    {
        std::unique_lock lock{mutex_};
        if (all_ended_.wait_for(lock, patience, is_empty))
            return;
    }
    for (const auto &request : all())
        (void)request->give_up();
}

void Parking::finish()
{
    give_up({});
    std::unique_lock lock{mutex_};
    all_ended_.wait(lock, [this] { return all_.empty(); });
}

void Parking::end_streams()
{
    {
        const std::lock_guard lock{mutex_};
        streams_ended_ = true;
    }
    for (const auto &request : all()) {
        if (request->is_of_stream())
            request->end();
    }
}

std::vector<std::shared_ptr<ParkedRequest>> Parking::all()
{
    std::vector<std::shared_ptr<ParkedRequest>> found;
    const std::lock_guard lock{mutex_};
    for (const auto &[request, weak] : all_) {
        if (auto shared = weak.lock())
            found.push_back(std::move(shared));
    }
    return found;
}

bool ParkedRequest::park()
{
    if (const int error = parking_.enter(user_, shared_from_this())) {
        state_ = State::answered;
        fuse_reply_err(request_, error);
        return false;
    }
    // A call from in here must not reply: libfuse still uses the request.
    fuse_req_interrupt_func(request_, interrupted, this);
    auto expected = State::starting;
    if (state_.compare_exchange_strong(expected, State::waiting))
        return true;
    const int error = expected == State::ended_early ? ENODEV : EINTR;
    if (take_reply())
        fuse_reply_err(request_, error);
    return false;
}

bool ParkedRequest::take_reply()
{
    if (state_.exchange(State::answered) == State::answered)
        return false;
    // Waits for a call that is under way, and lets none begin.
    fuse_req_interrupt_func(request_, nullptr, nullptr);
    parking_.answered(user_);
    return true;
}

void ParkedRequest::end()
{
    auto expected = State::starting;
    if (state_.compare_exchange_strong(expected, State::ended_early))
        return; // who parks it still uses it, and replies
    (void)give_up();
    if (!take_reply())
        return;
    (void)give_up(); // as when it is interrupted
    fuse_reply_err(request_, ENODEV);
}

void ParkedRequest::interrupted(fuse_req_t request, void *data)
{
    auto &self = *static_cast<ParkedRequest *>(data);
    auto expected = State::starting;
    if (self.state_.compare_exchange_strong(expected, State::interrupted_early))
        return;
    // Who takes the reply waits for this call: until then the object is there.
    const auto shared = self.shared_from_this();
    expected = State::waiting;
    if (self.is_answered() || !self.give_up() ||
        !self.state_.compare_exchange_strong(expected, State::answered))
        return;
    (void)self.give_up(); // it may have been parked once more before it was answered
    fuse_reply_err(request, EINTR);
    self.parking_.answered(self.user_);
}

} // namespace iiofs
