/* SPDX-License-Identifier: MIT */
/* A driver in plain C, to be used in the place of drivers/hts221. */
#ifndef IIOFS_TESTS_C_DRIVER_HTS221_H
#define IIOFS_TESTS_C_DRIVER_HTS221_H

#include <iiowrap.h>

#ifdef __cplusplus
extern "C"
#else
extern
#endif
	const struct iio_driver c_hts221;

#endif
