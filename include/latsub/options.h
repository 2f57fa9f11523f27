/*
 * options.h - the sbatch options that a phase, [defaults] or a template's
 * "#SBATCH" lines may set, by their long names.
 *
 * One table has a row for each: its names, its parser, what it is about.  It needs
 * no Slurm, so that "latsub check" works anywhere.  The Slurm module has a second
 * table, of setters by the same ids.  An option that latsub does not have yet is an
 * error that says so; it is never ignored.
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
	OPTION_COUNT /* a new one goes before this */
};

#define OPTION_COMMENT_MAX 900 /* bytes */

struct option_signal {
	int number;         /* SIGUSR1 ... */
	int64_t seconds;    /* before the end; 60 when not given */
	bool batch;         /* "B:" */
	bool reservation;   /* "R:" */
};

struct option_nodes {
	uint32_t min, max;
};

/* The words of mail-type; a value is a set of them, bits 1 << MAIL_ON_... */
enum option_mail {
	MAIL_ON_NONE, MAIL_ON_BEGIN, MAIL_ON_END, MAIL_ON_FAIL, MAIL_ON_REQUEUE,
	MAIL_ON_ALL, MAIL_ON_INVALID_DEPEND, MAIL_ON_STAGE_OUT,
	MAIL_ON_TIME_LIMIT, MAIL_ON_TIME_LIMIT_90, MAIL_ON_TIME_LIMIT_80,
	MAIL_ON_TIME_LIMIT_50, MAIL_ON_ARRAY_TASKS,
	MAIL_ON_COUNT /* a new one goes before this */
};

/* A value that was set: as the user wrote it, and what it means.  Which member of
 * the union is filled is the option's own; an option that is any text has none. */
struct option_value {
	char *text;  /* NULL: not set */
	char *where; /* "FILE:LINE", for messages */
	union {
		int64_t seconds;      /* time, time-min; OPTION_TIME_UNLIMITED */
		uint64_t mib;         /* mem */
		uint32_t count;       /* ntasks, cpus-per-task */
		int32_t number;       /* nice */
		bool flag;            /* requeue */
		bool append;          /* open-mode */
		uint32_t mail;        /* mail-type */
		struct option_nodes nodes;
		struct option_signal signal;
	};
};

struct job_options { /* zero-initialise */
	struct option_value values[OPTION_COUNT];
};

/* What an option has to do with where a job may run. */
enum option_role {
	OPTION_SELECTS = 1, /* it decides, and is never too much by itself */
	OPTION_DEMANDS,     /* it decides, and there may be too little of it */
	OPTION_BESIDE       /* nothing */
};

/* The id of a long name ("cpus-per-task"), or -1. */
int options_find(const char *name);
/* The id of the option to which a long name ("no-requeue") says no, or -1. */
int options_find_negation(const char *name);
/* The id of sbatch's short form ('t' for time), or -1. */
int options_find_letter(char letter);
const char *options_name(enum option_id id);
/* sbatch's short form, or 0. */
char options_letter(enum option_id id);
/* The value that it has where it stands without one, or NULL: it needs one. */
const char *options_flag(enum option_id id);
enum option_role options_role(enum option_id id);
/* May Slurm have meant this option with its words for a refusal, or for why a job
 * waits?  It is a guess, and only for advice. */
bool options_is_blamed(enum option_id id, const char *words);
/* A value that is taken, and differs from what holds without the option. */
const char *options_example(enum option_id id);

/* Why a long name that options_find() does not know is refused. */
enum option_refusal {
	OPTION_UNKNOWN, /* it is no option of sbatch */
	OPTION_FUTURE,  /* this version of latsub cannot set it yet */
	OPTION_OWN      /* latsub sets it itself: job-name, array, dependency */
};
enum option_refusal options_refusal(const char *name);
/* What to write in an experiment instead of one of OPTION_OWN; NULL: it is none. */
const char *options_own_instead(const char *name);
/* The long name of a letter for one of OPTION_OWN, or NULL. */
const char *options_own_letter(char letter);

/* Check and set.  0, or -1 with a complaint "WHERE: ..." in errors that says
 * what is wrong with the value and what to write instead. */
int options_set(struct job_options *options, enum option_id id,
                const char *text, const char *where,
                struct latsub_errlist *errors);
/* As the user wrote it, or NULL. */
const char *options_get(const struct job_options *options, enum option_id id);
/* The same with what it means, or NULL; options' own. */
const struct option_value *options_value(const struct job_options *options,
                                         enum option_id id);

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

/* "[{R|B|RB}:]<signal>[@seconds]", signal by name (with or without SIG) or
 * number. */
int options_parse_signal(const char *text, struct option_signal *out);
/* A signal by name or number, 1..64; -1 if unknown.  And back ("USR1"). */
int options_parse_signal_name(const char *text);
const char *options_signal_name(int number);

/* "N", "N-M", with the k/m suffix of sbatch (1k = 1024). */
int options_parse_nodes(const char *text, struct option_nodes *out);
int options_parse_bool(const char *text, bool *out); /* yes/no/true/false/1/0 */
/* "END,FAIL": a set of enum option_mail. */
int options_parse_mail(const char *text, uint32_t *out);

#endif
