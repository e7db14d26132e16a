// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iiofs {

/// Tells programs of a device that has come ("add") or gone ("remove"): by the message that udevd
/// sends to libudev's monitors in the network namespace, where the caller may send it
/// (CAP_NET_ADMIN). `properties` are as udev has them, "SUBSYSTEM=iio".
void send_uevent(std::string_view action, const std::vector<std::string> &properties);

/// Tells each iiod in the caller's mount namespace that devices have come or gone, by SIGUSR1, if
/// it has a handler for that, as from libiio 0.25 on, and can begin anew: there is Avahi.
void tell_iiod();

} // namespace iiofs
