/* SPDX-License-Identifier: MIT */
/*
 * A driver in C that does as little as one can. Each file beside this one makes it wrong in
 * one respect, by the macros that it defines before it includes this.
 */
#include <errno.h>
#include <iiowrap.h>
#include <stddef.h>

#ifndef ADDRESS
#define ADDRESS 0x36
#endif
#ifndef PROBE
#define PROBE probe
#endif
#ifndef VERSION
#define VERSION IIO_WRAP_ABI_VERSION
#endif
#ifndef PART
#define PART "faulty"
#endif

static int create(const struct iio_hardware *hardware, struct iio_dev *const *devs, void **chip)
{
    (void)devs;
    *chip = (void *)hardware;
    return 0;
}

#ifndef OWN_PROBE
static int probe(void *chip, struct iio_dev *described)
{
    (void)chip;
    (void)described;
    return -ENODEV;
}
#endif

static void destroy(void *chip) { (void)chip; }

static const struct iio_part parts[] = {
    {.name = PART, .addresses = {ADDRESS}, .num_addresses = 1, .num_devices = 1},
};

#ifndef SYMBOL
#define SYMBOL iio_driver_v5
#endif
extern const struct iio_driver SYMBOL __attribute__((visibility("default")));
const struct iio_driver SYMBOL = {
    .abi_version = VERSION,
    .name = "faulty",
    .parts = parts,
    .num_parts = sizeof(parts) / sizeof(parts[0]),
    .create = create,
    .probe = PROBE,
    .destroy = destroy,
};
