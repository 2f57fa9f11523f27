/*
 * options.c - the table of sbatch options: names, letters, parsers.
 */
#include "latsub/options.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

/* Fills the value's own member of the union.  NULL, or what it must be. */
typedef const char *parse_f(const char *text, struct option_value *value);

static const char *
parse_time(const char *text, struct option_value *value)
{
	return options_parse_time(text, &value->seconds) || value->seconds <= 0
		? "a time: minutes, H:MM:SS, D-HH or D-HH:MM:SS" : NULL;
}

static const char *
parse_mem(const char *text, struct option_value *value)
{
	return options_parse_mem(text, &value->mib)
		? "a size: a whole number with K, M, G or T" : NULL;
}

/* The runner keeps 2 s of it for its records, and looks at checkpoints. */
#define SIGNAL_LEAD_MIN 10

static const char *
parse_signal(const char *text, struct option_value *value)
{
	static const char *const unfit[] = { "STOP", "CHLD", "CONT",
		"PIPE", "SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "ABRT" };
	static char advice[200];
	struct option_signal *signal = &value->signal;

	if (options_parse_signal(text, signal))
		return "a signal and seconds, such as USR1@120";
	if (signal->number == SIGTERM) {
		snprintf(advice, sizeof advice, "USR1@%lld and "
		         "checkpoint_signal = TERM: the command gets TERM then, "
		         "and the warning is told from Slurm's own TERM",
		         (long long)signal->seconds);
		return advice;
	}
	if (signal->number == SIGKILL)
		return "a signal that can be a warning, such as USR1@120: no "
			"program can handle KILL";
	for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
		if (signal->number == options_parse_signal_name(unfit[i]))
			return "a signal that can be a warning: USR1, USR2, "
				"INT, HUP, ALRM, ...";
	}
	return signal->seconds < SIGNAL_LEAD_MIN ? "10 seconds or more, such as "
		"USR1@120: the command is to save in that time" : NULL;
}

static const char *
parse_nodes(const char *text, struct option_value *value)
{
	return options_parse_nodes(text, &value->nodes)
		? "a number of nodes, N or N-M" : NULL;
}

static const char *
parse_count(const char *text, struct option_value *value)
{
	int64_t number = 0;
	int bad = text_parse_int(text, 1, INT32_MAX, &number);

	value->count = (uint32_t)number;
	return bad ? "a whole number from 1" : NULL;
}

static const char *
parse_nice(const char *text, struct option_value *value)
{
	int64_t number = 0;
	int bad = text_parse_int(text, -2147483645, 2147483645, &number);

	value->number = (int32_t)number;
	return bad ? "a whole number" : NULL;
}

/* It stays text, which Slurm reads as well. */
static const char *
parse_gpus(const char *text, struct option_value *value)
{
	const char *colon = strrchr(text, ':');
	int64_t number;

	(void)value;
	return text_parse_int(colon ? colon + 1 : text, 1, INT32_MAX, &number)
		? "a number of GPUs, N or TYPE:N" : NULL;
}

static const char *
parse_bool(const char *text, struct option_value *value)
{
	return options_parse_bool(text, &value->flag) ? "yes or no" : NULL;
}

static const char *
parse_open_mode(const char *text, struct option_value *value)
{
	value->append = strcmp(text, "append") == 0;
	return !value->append && strcmp(text, "truncate")
		? "append or truncate" : NULL;
}

static const char *
parse_mail_type(const char *text, struct option_value *value)
{
	return options_parse_mail(text, &value->mail)
		? "a list of NONE, BEGIN, END, FAIL, REQUEUE, ALL, "
		  "TIME_LIMIT, TIME_LIMIT_90, ARRAY_TASKS, ..." : NULL;
}

/* Slurm refuses a comment of more than 1,024 bytes ("Pathname too long"). */
static const char *
parse_comment(const char *text, struct option_value *value)
{
	(void)value;
	return strlen(text) > OPTION_COMMENT_MAX ? "900 bytes or fewer: Slurm "
		"takes 1,024, of which latsub needs some" : NULL;
}

static const struct {
	const char *name;
	char letter; /* sbatch's short form, 0 for none */
	parse_f *parse; /* NULL: any text */
} table[OPTION_COUNT] = {
	[OPTION_TIME] = { "time", 't', parse_time },
	[OPTION_TIME_MIN] = { "time-min", 0, parse_time },
	[OPTION_PARTITION] = { "partition", 'p', NULL },
	[OPTION_ACCOUNT] = { "account", 'A', NULL },
	[OPTION_QOS] = { "qos", 'q', NULL },
	[OPTION_NODES] = { "nodes", 'N', parse_nodes },
	[OPTION_NTASKS] = { "ntasks", 'n', parse_count },
	[OPTION_CPUS_PER_TASK] = { "cpus-per-task", 'c', parse_count },
	[OPTION_MEM] = { "mem", 0, parse_mem },
	[OPTION_GPUS] = { "gpus", 'G', parse_gpus },
	[OPTION_GRES] = { "gres", 0, NULL },
	[OPTION_CONSTRAINT] = { "constraint", 'C', NULL },
	[OPTION_SIGNAL] = { "signal", 0, parse_signal },
	[OPTION_REQUEUE] = { "requeue", 0, parse_bool },
	[OPTION_OUTPUT] = { "output", 'o', NULL },
	[OPTION_OPEN_MODE] = { "open-mode", 0, parse_open_mode },
	[OPTION_MAIL_TYPE] = { "mail-type", 0, parse_mail_type },
	[OPTION_MAIL_USER] = { "mail-user", 0, NULL },
	[OPTION_NICE] = { "nice", 0, parse_nice },
	[OPTION_COMMENT] = { "comment", 0, parse_comment },
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
            const char *text, const char *where,
            struct latsub_errlist *errors)
{
	struct option_value value = { 0 };
	const char *wanted = NULL;

	if (!*text)
		wanted = "a value";
	else if (table[id].parse)
		wanted = table[id].parse(text, &value);
	if (wanted) {
		latsub_errlist_add(errors, "%s: %s = '%.60s' is not understood; "
		                   "write %s", where, table[id].name, text,
		                   wanted);
		return -1;
	}
	free(options->values[id].text);
	free(options->values[id].where);
	value.text = xstrdup(text);
	value.where = xstrdup(where);
	options->values[id] = value;
	return 0;
}

const char *
options_get(const struct job_options *options, enum option_id id)
{
	return options->values[id].text;
}

const struct option_value *
options_value(const struct job_options *options, enum option_id id)
{
	return options->values[id].text ? &options->values[id] : NULL;
}

void
options_inherit(struct job_options *options, const struct job_options *lower)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (options->values[i].text)
			continue;
		options->values[i] = lower->values[i];
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
