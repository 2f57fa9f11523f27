/*
 * options.c - the table of sbatch options: names, letters, checks.
 */
#include "latsub/options.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "latsub/text.h"

typedef const char *check_f(const char *value); /* NULL, or what it must be */

static const char *
check_time(const char *value)
{
	int64_t seconds;

	return options_parse_time(value, &seconds) || seconds <= 0
		? "a time: minutes, H:MM:SS, D-HH or D-HH:MM:SS" : NULL;
}

static const char *
check_mem(const char *value)
{
	uint64_t mib;

	return options_parse_mem(value, &mib)
		? "a size: a whole number with K, M, G or T" : NULL;
}

/* The runner keeps 2 s of it for its records, and looks at checkpoints. */
#define SIGNAL_LEAD_MIN 10

static const char *
check_signal(const char *value)
{
	static const char *const unfit[] = { "STOP", "CHLD", "CONT",
		"PIPE", "SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "ABRT" };
	static char advice[200];
	struct option_signal signal;

	if (options_parse_signal(value, &signal))
		return "a signal and seconds, such as USR1@120";
	if (signal.number == SIGTERM) {
		snprintf(advice, sizeof advice, "USR1@%lld and "
		         "checkpoint_signal = TERM: the command gets TERM then, "
		         "and the warning is told from Slurm's own TERM",
		         (long long)signal.seconds);
		return advice;
	}
	if (signal.number == SIGKILL)
		return "a signal that can be a warning, such as USR1@120: no "
			"program can handle KILL";
	for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
		if (signal.number == options_parse_signal_name(unfit[i]))
			return "a signal that can be a warning: USR1, USR2, "
				"INT, HUP, ALRM, ...";
	}
	return signal.seconds < SIGNAL_LEAD_MIN ? "10 seconds or more, such as "
		"USR1@120: the command is to save in that time" : NULL;
}

static const char *
check_nodes(const char *value)
{
	uint32_t min, max;

	return options_parse_nodes(value, &min, &max)
		? "a number of nodes, N or N-M" : NULL;
}

static const char *
check_count(const char *value)
{
	int64_t number;

	return text_parse_int(value, 1, INT32_MAX, &number)
		? "a whole number from 1" : NULL;
}

static const char *
check_nice(const char *value)
{
	int64_t number;

	return text_parse_int(value, -2147483645, 2147483645, &number)
		? "a whole number" : NULL;
}

static const char *
check_gpus(const char *value)
{
	const char *colon = strrchr(value, ':');

	return check_count(colon ? colon + 1 : value)
		? "a number of GPUs, N or TYPE:N" : NULL;
}

static const char *
check_bool(const char *value)
{
	bool flag;

	return options_parse_bool(value, &flag) ? "yes or no" : NULL;
}

static const char *
check_open_mode(const char *value)
{
	return strcmp(value, "append") && strcmp(value, "truncate")
		? "append or truncate" : NULL;
}

static const char *
check_mail_type(const char *value)
{
	static const char *const types[] = {
		"NONE", "BEGIN", "END", "FAIL", "REQUEUE", "ALL",
		"INVALID_DEPEND", "STAGE_OUT", "TIME_LIMIT", "TIME_LIMIT_90",
		"TIME_LIMIT_80", "TIME_LIMIT_50", "ARRAY_TASKS",
	};

	while (*value) {
		size_t len = strcspn(value, ","), i = 0, count = 13;

		while (i < count && (strncasecmp(value, types[i], len)
		                     || strlen(types[i]) != len))
			i++;
		if (i == count)
			return "a list of NONE, BEGIN, END, FAIL, REQUEUE, ALL, "
				"TIME_LIMIT, TIME_LIMIT_90, ARRAY_TASKS, ...";
		value += len + (value[len] == ',');
	}
	return NULL;
}

/* Slurm refuses a comment of more than 1,024 bytes ("Pathname too long"). */
static const char *
check_comment(const char *value)
{
	return strlen(value) > OPTION_COMMENT_MAX ? "900 bytes or fewer: Slurm "
		"takes 1,024, of which latsub needs some" : NULL;
}

static const struct {
	const char *name;
	char letter; /* sbatch's short form, 0 for none */
	check_f *check;
} table[OPTION_COUNT] = {
	[OPTION_TIME] = { "time", 't', check_time },
	[OPTION_TIME_MIN] = { "time-min", 0, check_time },
	[OPTION_PARTITION] = { "partition", 'p', NULL },
	[OPTION_ACCOUNT] = { "account", 'A', NULL },
	[OPTION_QOS] = { "qos", 'q', NULL },
	[OPTION_NODES] = { "nodes", 'N', check_nodes },
	[OPTION_NTASKS] = { "ntasks", 'n', check_count },
	[OPTION_CPUS_PER_TASK] = { "cpus-per-task", 'c', check_count },
	[OPTION_MEM] = { "mem", 0, check_mem },
	[OPTION_GPUS] = { "gpus", 'G', check_gpus },
	[OPTION_GRES] = { "gres", 0, NULL },
	[OPTION_CONSTRAINT] = { "constraint", 'C', NULL },
	[OPTION_SIGNAL] = { "signal", 0, check_signal },
	[OPTION_REQUEUE] = { "requeue", 0, check_bool },
	[OPTION_OUTPUT] = { "output", 'o', NULL },
	[OPTION_OPEN_MODE] = { "open-mode", 0, check_open_mode },
	[OPTION_MAIL_TYPE] = { "mail-type", 0, check_mail_type },
	[OPTION_MAIL_USER] = { "mail-user", 0, NULL },
	[OPTION_NICE] = { "nice", 0, check_nice },
	[OPTION_COMMENT] = { "comment", 0, check_comment },
};

/* Options of sbatch that cannot be set yet: named, so that they are refused
 * for what they are and not as misspellings. */
static const char *const future[] = {
	"acctg-freq", "array", "batch", "bb", "bbf", "begin", "bell",
	"chdir", "cluster-constraint", "clusters", "container", "contiguous",
	"core-spec", "cores-per-socket", "cpu-freq", "cpus-per-gpu",
	"deadline", "delay-boot", "dependency", "distribution", "error",
	"exclude", "exclusive", "export", "export-file", "extra-node-info",
	"get-user-env", "gid", "gpu-bind", "gpu-freq", "gpus-per-node",
	"gpus-per-socket", "gpus-per-task", "gres-flags", "hint", "hold",
	"ignore-pbs", "input", "job-name", "kill-on-invalid-dep", "licenses",
	"mcs-label", "mem-bind", "mem-per-cpu", "mem-per-gpu", "mincpus",
	"network", "no-kill", "no-requeue", "nodefile", "nodelist",
	"ntasks-per-core", "ntasks-per-gpu", "ntasks-per-node",
	"ntasks-per-socket", "overcommit", "oversubscribe", "parsable",
	"power", "prefer", "priority", "profile", "propagate", "quiet",
	"reboot", "reservation", "segment", "share", "sockets-per-node",
	"spread-job", "switches", "test-only", "thread-spec",
	"threads-per-core", "tmp", "tres-bind", "tres-per-task",
	"uid", "use-min-nodes", "verbose", "wait", "wait-all-nodes",
	"wckey", "wrap", "x11",
};

int
options_find(const char *name)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(table[i].name, name) == 0)
			return i;
	}
	return -1;
}

int
options_find_letter(char letter)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (letter && table[i].letter == letter)
			return i;
	}
	return -1;
}

const char *
options_name(enum option_id id)
{
	return table[id].name;
}

bool
options_is_future(const char *name)
{
	for (size_t i = 0; i < sizeof future / sizeof future[0]; i++) {
		if (strcmp(future[i], name) == 0)
			return true;
	}
	return false;
}

int
options_set(struct job_options *options, enum option_id id,
            const char *value, const char *where,
            struct latsub_errlist *errors)
{
	const char *wanted = NULL;

	if (!*value)
		wanted = "a value";
	else if (table[id].check)
		wanted = table[id].check(value);
	if (wanted) {
		latsub_errlist_add(errors, "%s: %s = '%.60s' is not understood; "
		                   "write %s", where, table[id].name, value,
		                   wanted);
		return -1;
	}
	free(options->values[id].text);
	free(options->values[id].where);
	options->values[id].text = xstrdup(value);
	options->values[id].where = xstrdup(where);
	return 0;
}

const char *
options_get(const struct job_options *options, enum option_id id)
{
	return options->values[id].text;
}

void
options_inherit(struct job_options *options, const struct job_options *lower)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (options->values[i].text)
			continue;
		options->values[i].text = xstrdup(lower->values[i].text);
		options->values[i].where = xstrdup(lower->values[i].where);
	}
}

void
options_clear(struct job_options *options)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		free(options->values[i].text);
		free(options->values[i].where);
	}
	*options = (struct job_options){ 0 };
}
