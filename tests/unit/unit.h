/*
 * unit.h - what cmocka wants included before it.
 */
#ifndef LATSUB_UNIT_H
#define LATSUB_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
