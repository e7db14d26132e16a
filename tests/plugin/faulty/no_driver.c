/* SPDX-License-Identifier: MIT */
#define SYMBOL not_a_driver
#include "faulty.h"
