/* SPDX-License-Identifier: MIT */
#define PART "as5600"
#include "faulty.h"
