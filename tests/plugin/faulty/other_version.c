/* SPDX-License-Identifier: MIT */
#define SYMBOL iio_driver_v2
#include "faulty.h"
