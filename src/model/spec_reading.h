/*
 * spec_reading.h - what the files that read an experiment share.
 */
#ifndef LATSUB_SPEC_READING_H
#define LATSUB_SPEC_READING_H

#include "latsub/spec.h"

struct reading {
	struct spec *spec;
	const struct spec_item *items;
	size_t count;
	const struct variable_sources *sources;
	struct latsub_errlist *errors;
	struct spec_phase defaults;
	char where[600];
};

/* "FILE:LINE", good until the next call. */
const char *spec_at(struct reading *r, int line);

/* Can it name a variable, and one of the user's?  And is its value of a length
 * that Linux passes on? */
void spec_check_variable(struct reading *r, const char *name, int line);
void spec_check_length(struct reading *r, const char *name, const char *value,
                       int line);

/* "array.NAME = values": a key of the phase's sweep. */
void spec_read_array(struct reading *r, struct spec_phase *phase,
                     const struct spec_item *item);
/* When all keys are known: how many tasks, and is each known by its values? */
void spec_finish_array(struct reading *r, struct spec_phase *phase);

#endif
