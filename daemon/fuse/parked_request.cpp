// SPDX-License-Identifier: MIT
#include <daemon/fuse/parked_request.hpp>
#include <vector>

namespace iiofs {

bool Parking::enter(uid_t user, const std::shared_ptr<ParkedRequest> &request)
{
    const std::lock_guard lock{mutex_};
    auto &count = waiting_[user];
    if (user != 0 && count >= most_for_a_user)
        return false;
    ++count;
    all_.emplace(request.get(), request);
    return true;
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

void Parking::finish(std::chrono::milliseconds patience)
{
    const auto is_empty = [this] { return all_.empty(); };
    std::unique_lock lock{mutex_};
    if (all_ended_.wait_for(lock, patience, is_empty))
        return;
    std::vector<std::shared_ptr<ParkedRequest>> left;
    for (const auto &[request, shared] : all_)
        left.push_back(shared.lock());
    lock.unlock();
    for (const auto &request : left) {
        if (request)
            (void)request->give_up();
    }
    left.clear();
    lock.lock();
    all_ended_.wait(lock, is_empty);
}

bool ParkedRequest::park()
{
    if (!parking_.enter(user_, shared_from_this())) {
        state_ = State::answered;
        fuse_reply_err(request_, EAGAIN);
        return false;
    }
    // A call from in here must not reply: libfuse still uses the request.
    fuse_req_interrupt_func(request_, interrupted, this);
    auto expected = State::starting;
    if (state_.compare_exchange_strong(expected, State::waiting))
        return true;
    if (take_reply())
        fuse_reply_err(request_, EINTR);
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
    fuse_reply_err(request, EINTR);
    self.parking_.answered(self.user_);
}

} // namespace iiofs
