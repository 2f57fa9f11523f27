/*
 * version.h - the versions that files and people see.
 */
#ifndef LATSUB_VERSION_H
#define LATSUB_VERSION_H

/* [metadata] version of the state file: the guide's 3.1.0 and its reader. */
#define LATSUB_STATE_VERSION "3.1.0"
/* "v" of a journal line; a line of a newer one is kept and not understood. */
#define LATSUB_JOURNAL_VERSION 1

#endif
