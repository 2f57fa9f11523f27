/*
 * options.h - the sbatch options that a phase, [defaults] or a template's
 * "#SBATCH" lines may set, by their long names.
 *
 * One table holds name, kind and check of each; it needs no Slurm, so that
 * "latsub check" works anywhere.  The Slurm module maps the same ids to a
 * job description.  An option that latsub does not have yet is an error that
 * says so; it is never ignored.
 */
#ifndef LATSUB_OPTIONS_H
#define LATSUB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "latsub/error.h"

enum option_id {
	OPTION_TIME, OPTION_TIME_MIN, OPTION_PARTITION, OPTION_ACCOUNT, OPTION_QOS,
	OPTION_NODES, OPTION_NTASKS, OPTION_CPUS_PER_TASK, OPTION_MEM,
	OPTION_GPUS, OPTION_GRES, OPTION_CONSTRAINT, OPTION_SIGNAL,
	OPTION_REQUEUE, OPTION_OUTPUT, OPTION_OPEN_MODE, OPTION_MAIL_TYPE,
	OPTION_MAIL_USER, OPTION_NICE, OPTION_COMMENT,
	OPTION_COUNT
};

#define OPTION_COMMENT_MAX 900 /* bytes */

/* Checked values, as the user wrote them; text NULL means not set. */
struct option_value {
	char *text;
	char *where; /* "FILE:LINE", for messages */
};

struct job_options { /* zero-initialise */
	struct option_value values[OPTION_COUNT];
};

/* The id of a long name ("cpus-per-task"), or -1. */
int options_find(const char *name);
const char *options_name(enum option_id id);
/* Is it an option of sbatch that this version of latsub cannot set yet? */
bool options_is_future(const char *name);
/* The id of sbatch's short form ('t' for time), or -1. */
int options_find_letter(char letter);

/* Check and set.  0, or -1 with a complaint "WHERE: ..." in errors that says
 * what is wrong with the value and what to write instead. */
int options_set(struct job_options *options, enum option_id id,
                const char *value, const char *where,
                struct latsub_errlist *errors);
const char *options_get(const struct job_options *options, enum option_id id);

/* Fill what options leaves unset from lower ones. */
void options_inherit(struct job_options *options,
                     const struct job_options *lower);
void options_clear(struct job_options *options);

/* Read the "#SBATCH" lines of a template (text of a bash script): both
 * "--name=value", "--name value" and the short letters (-t -p -A -q -N -n -c
 * -G -C -o -J ...) that the table has; quoting and " #" comments as sbatch
 * takes them; reading stops at the first line that is neither blank nor a
 * comment, as sbatch does.  Everything wrong goes into errors as
 * "NAME:LINE: ...".  job-name and array are refused: latsub sets them. */
int options_read_template(struct job_options *options, const char *name,
                          const char *text, struct latsub_errlist *errors);

/* "minutes", "minutes:seconds", "hours:minutes:seconds", "days-hours",
 * "days-hours:minutes", "days-hours:minutes:seconds"; seconds, or
 * OPTION_TIME_UNLIMITED for "infinite"/"unlimited"/"-1".  -1 if malformed.
 * Round up to minutes where Slurm wants minutes, as sbatch does. */
#define OPTION_TIME_UNLIMITED INT64_MAX
int options_parse_time(const char *text, int64_t *seconds);
/* "2000", "16G": as sbatch, an integer with K, M, G or T (M when
 * bare); MiB, rounded up. */
int options_parse_mem(const char *text, uint64_t *mib);

struct option_signal {
	int number;         /* SIGUSR1 ... */
	int64_t seconds;    /* before the end; 60 when not given */
	bool batch;         /* "B:" */
	bool reservation;   /* "R:" */
};
/* "[{R|B|RB}:]<signal>[@seconds]", signal by name (with or without SIG) or
 * number. */
int options_parse_signal(const char *text, struct option_signal *out);
/* A signal by name or number, 1..64; -1 if unknown.  And back ("USR1"). */
int options_parse_signal_name(const char *text);
const char *options_signal_name(int number);

/* "N", "N-M", with the k/m suffix of sbatch (1k = 1024). */
int options_parse_nodes(const char *text, uint32_t *min, uint32_t *max);
int options_parse_bool(const char *text, bool *out); /* yes/no/true/false/1/0 */

#endif
