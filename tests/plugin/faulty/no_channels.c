/* SPDX-License-Identifier: MIT */
#include <iiowrap.h>
#define OWN_PROBE
static int read_raw(const struct iio_dev *dev, const struct iio_chan_spec *chan, int info,
                    int *vals, int *count)
{
    (void)dev;
    (void)chan;
    (void)info;
    (void)count;
    vals[0] = 0;
    return IIO_VAL_INT;
}
/* It describes channels that are nowhere. */
static int probe(void *chip, struct iio_dev *described)
{
    static const struct iio_info info = {.read_raw = read_raw};

    described->abi_version = IIO_WRAP_ABI_VERSION;
    described->info = &info;
    described->priv = chip;
    described->modes = IIO_MODE_DIRECT;
    described->num_channels = 3;
    return 0;
}
#include "faulty.h"
