/* SPDX-License-Identifier: MIT */
#define PROBE NULL
#define OWN_PROBE
#include "faulty.h"
