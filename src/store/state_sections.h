/*
 * state_sections.h - names that reading and writing the state file share.
 */
#ifndef LATSUB_STATE_SECTIONS_H
#define LATSUB_STATE_SECTIONS_H

#include "latsub/inifile.h"

#define STATE_CHECK_KEY "check" /* [journal]: see state_check() */
#define STATE_OLD_FAILURES "failures_before_latsub" /* [metadata] */
#define STATE_DONE_KEY "done_before"
#define STATE_REVISION "revision" /* [metadata]: "KEY:SEQ ..." */
#define STATE_MARK_KINDS 5

static const struct {
	char kind;
	const char *word, *section;
} state_marks[STATE_MARK_KINDS] = {
	{ 'r', "requeued", "requeues" },
	{ 'f', "failed", "failures" },
	{ 'l', "lost", "failures" },
	{ 'c', "cancelled", "failures" },
	{ 't', "ran", "requeues" },
};

/* The checksum of [tasks], [jobs] and the offsets of [journal], without regard
 * to the order of their lines, and of the names in [phases]; caller frees. */
char *state_check(const struct inifile *doc);

#endif
