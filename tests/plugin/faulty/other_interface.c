/* SPDX-License-Identifier: MIT */
#include "faulty.h"

extern const char iio_driver_cpp[] __attribute__((visibility("default")));
const char iio_driver_cpp[] = "0.0";
