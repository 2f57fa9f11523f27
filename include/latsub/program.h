/*
 * program.h - where this program is, and what belongs to it.
 */
#ifndef LATSUB_PROGRAM_H
#define LATSUB_PROGRAM_H

/* The absolute path of the running binary. */
const char *program_path(void);
/* A path relative to the binary's directory; caller frees. */
char *program_beside(const char *relative);
/* How a person calls it: "latsub" when PATH leads here, else the path. */
const char *program_name(void);

#endif
