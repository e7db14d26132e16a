// SPDX-License-Identifier: MIT
#include <cstring>
#include <daemon/kernel/beside_kernel.hpp>
#include <spdlog/spdlog.h>
#include <utility>

namespace iiofs {

BesideKernel::BesideKernel(const Config &config, Tree &tree, iio::Registry &registry,
                           Devices &devices)
    : registry_{registry},
      devices_{devices},
      first_device_{config.first_number},
      first_trigger_{config.first_number},
      // In its own place the kernel's links are relative.
      links_{tree, KernelBus{"/sys"}, config.mountpoint == kernel_tree ? "../../../" : "/sys/",
             [this](const KernelNumbers &kernel) { renumber_ours(kernel); }}
{
    links_.refresh();
}

void BesideKernel::watch()
{
    auto uevents = open_uevents();
    if (!uevents)
        spdlog::warn("the kernel does not tell of its devices ({}): looked for from time to time",
                     std::strerror(errno));
    links_.watch(std::move(uevents));
}

void BesideKernel::renumber_ours(const KernelNumbers &kernel)
{
    if (!first_device_)
        first_device_ = first_number_beside(kernel.devices);
    if (!first_trigger_)
        first_trigger_ = first_number_beside(kernel.triggers);
    const auto moved = registry_.set_number_spaces({*first_device_, kernel.devices},
                                                   {*first_trigger_, kernel.triggers});
    for (const auto &trigger : moved)
        spdlog::warn("{} becomes {}: the kernel has its number now", trigger->name(),
                     trigger->directory());
    devices_.renumber(kernel.devices);
}

} // namespace iiofs
