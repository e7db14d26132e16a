// SPDX-License-Identifier: MIT
#pragma once

#include <daemon/tree/stream.hpp>
#include <memory>

namespace iiofs {

/// Counts changes, for clients that wait for the next one.
///
/// Threads: all members from any.
class Changes {
public:
    Changes();
    /// There is one more: wakes who waits.
    void add();
    /// A file that shows the count, in a line. Each read waits until it is another one than at the
    /// read before; the first does not, so that after a takeover nobody misses one.
    [[nodiscard]] OpenFunction stream() const;

    struct State;

private:
    std::shared_ptr<State> state_; ///< outlives this with the last client
};

} // namespace iiofs
