/* SPDX-License-Identifier: MIT */
#define ADDRESS 0x80
#include "faulty.h"
