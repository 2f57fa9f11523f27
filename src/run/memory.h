/*
 * memory.h - did the kernel kill for want of memory?
 */
#ifndef LATSUB_MEMORY_H
#define LATSUB_MEMORY_H

#include <stdint.h>

/* How often it did, in the control groups above this process; 0 where that
 * cannot be known.  Compare two readings. */
uint64_t memory_kills(void);

#endif
