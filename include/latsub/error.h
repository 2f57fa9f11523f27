/*
 * error.h - how library code says what went wrong, and the exit codes.
 *
 * Library code returns 0 or -1 (or a pointer or NULL) and fills a struct
 * latsub_error; it never prints and never exits.  A text reads
 * "what: why" or "FILE:LINE: what is wrong, and what to write instead".
 */
#ifndef LATSUB_ERROR_H
#define LATSUB_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The program's exit codes; every command uses these and no others. */
enum latsub_exit {
	LATSUB_GO_ON = -1,     /* none: who called goes on */
	LATSUB_OK = 0,         /* done, all phases completed */
	LATSUB_FAILED = 1,     /* a phase failed */
	LATSUB_USAGE = 2,      /* usage or bad input */
	LATSUB_UNFINISHED = 3, /* phases are pending or running */
	LATSUB_SLURM = 4,      /* Slurm refused, or does not answer */
	LATSUB_SYSTEM = 5      /* a system error: disk, memory */
};

struct latsub_error {
	enum latsub_exit code;
	bool says_how;   /* of SYSTEM: the text says how to go on; else who prints
	                  * it adds that the cause is to be mended */
	char text[2048]; /* no newline at the end */
};

/* Fill *err (which may be NULL; says_how is false) and return -1, so that callers
 * can "return latsub_error_set(...)".  errno is kept. */
int latsub_error_set(struct latsub_error *err, enum latsub_exit code,
                     const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As latsub_error_set, with ": strerror(errno)" added and code SYSTEM. */
int latsub_error_errno(struct latsub_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A list that collects every complaint about an input, in order. */
struct latsub_errlist {
	char **texts;
	size_t count;
	size_t dropped; /* beyond the bound of 200 */
	bool system;    /* the input could not be read; it is not known to be bad */
};

void latsub_errlist_add(struct latsub_errlist *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void latsub_errlist_clear(struct latsub_errlist *list);

#endif
