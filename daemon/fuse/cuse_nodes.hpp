// SPDX-License-Identifier: MIT
//
// CuseNodes: /dev/iio:deviceN for the whole system, as character devices that the
// kernel makes for us (CUSE). Needs root and the kernel's module cuse.
#pragma once

#include <daemon/base/permissions.hpp>
#include <daemon/tree/stream.hpp>
#include <iio/host/registry.hpp>
#include <map>
#include <memory>

namespace iiofs {

class CuseNode;

/// A node for each device with a buffer or events, as long as the device is
/// there. One that cannot be made is logged.
///
/// Threads: as any observer. Lifetime: after a Session has been made, which has
/// libfuse's log.
class CuseNodes final : public iio::DeviceObserver {
public:
    /// Owner, group and mode of the nodes are those of the tree's dev/.
    CuseNodes(PermissionsOf permissions_of, QueueOf queue_of);
    /// Takes the nodes away; clients that have one open get errors.
    ~CuseNodes() override;

    void device_added(const std::shared_ptr<const iio::LiveDevice> &device) override;
    void device_removed(const std::shared_ptr<const iio::LiveDevice> &device) override;

private:
    const PermissionsOf permissions_of_;
    const QueueOf queue_of_;
    std::map<const iio::LiveDevice *, std::unique_ptr<CuseNode>> nodes_;
};

} // namespace iiofs
