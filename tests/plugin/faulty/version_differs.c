/* SPDX-License-Identifier: MIT */
#define VERSION 2
#include "faulty.h"
