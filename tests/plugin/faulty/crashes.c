/* SPDX-License-Identifier: MIT */
#include "faulty.h"
#include <signal.h>

__attribute__((constructor)) static void crash(void) { raise(SIGSEGV); }
