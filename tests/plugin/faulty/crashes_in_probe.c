/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#define OWN_PROBE
struct iio_dev;
/* Crashes as long as the file is there that the environment names. */
static int probe(void *chip, struct iio_dev *described)
{
    const char *file = getenv("IIOFS_TEST_CRASH");

    (void)chip;
    (void)described;
    if (file && access(file, F_OK) == 0)
        raise(SIGSEGV);
    return -ENXIO;
}
#include "faulty.h"
