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

struct option_row {
	const char *name; /* sbatch's long one */
	char letter;      /* its short form, 0 for none */
	parse_f *parse;   /* NULL: any text */
	enum option_role role;
	const char *example; /* a value that is not what holds without it */
	const char *flag;    /* what "--name" alone means; NULL: it needs a value */
	const char *negation; /* the long name that means no, or NULL */
	const char *blamed[5]; /* see options_is_blamed() */
};

/* In words on nodes that cannot run a job: for all that demands something of them. */
static const char *const blamed_demands[] = { "node", "configuration not",
	"BadConstraints" };

static const struct option_row table[] = {
	[OPTION_TIME] = { .name = "time", .letter = 't', .parse = parse_time,
		.role = OPTION_SELECTS, .example = "1:00:00",
		.blamed = { "time", "Time", "Wall", "Mins" } },
	[OPTION_TIME_MIN] = { .name = "time-min", .parse = parse_time,
		.role = OPTION_SELECTS, .example = "0:10:00" },
	[OPTION_PARTITION] = { .name = "partition", .letter = 'p',
		.role = OPTION_SELECTS, .example = "low",
		.blamed = { "partition", "Partition", "account" } },
	[OPTION_ACCOUNT] = { .name = "account", .letter = 'A',
		.role = OPTION_SELECTS, .example = "physics",
		.blamed = { "account", "Account" } },
	[OPTION_QOS] = { .name = "qos", .letter = 'q', .role = OPTION_SELECTS,
		.example = "normal", .blamed = { "qos", "QOS" } },
	[OPTION_NODES] = { .name = "nodes", .letter = 'N', .parse = parse_nodes,
		.role = OPTION_DEMANDS, .example = "2-4",
		.blamed = { "processors", "Node" } },
	[OPTION_NTASKS] = { .name = "ntasks", .letter = 'n',
		.parse = parse_count, .role = OPTION_DEMANDS, .example = "8",
		.blamed = { "processors", "Cpu", "CPU" } },
	[OPTION_CPUS_PER_TASK] = { .name = "cpus-per-task", .letter = 'c',
		.parse = parse_count, .role = OPTION_DEMANDS, .example = "4",
		.blamed = { "processors", "Cpu", "CPU" } },
	[OPTION_MEM] = { .name = "mem", .parse = parse_mem,
		.role = OPTION_DEMANDS, .example = "16G",
		.blamed = { "emory" } },
	[OPTION_GPUS] = { .name = "gpus", .letter = 'G', .parse = parse_gpus,
		.role = OPTION_DEMANDS, .example = "a100:2",
		.blamed = { "generic resource", "Gres", "GRES" } },
	[OPTION_GRES] = { .name = "gres", .role = OPTION_DEMANDS,
		.example = "gpu:2",
		.blamed = { "generic resource", "Gres", "GRES" } },
	[OPTION_CONSTRAINT] = { .name = "constraint", .letter = 'C',
		.role = OPTION_DEMANDS, .example = "fast",
		.blamed = { "feature" } },
	[OPTION_SIGNAL] = { .name = "signal", .parse = parse_signal,
		.role = OPTION_BESIDE, .example = "USR1@120" },
	[OPTION_REQUEUE] = { .name = "requeue", .parse = parse_bool,
		.role = OPTION_BESIDE, .example = "no", .flag = "yes",
		.negation = "no-requeue" },
	[OPTION_OUTPUT] = { .name = "output", .letter = 'o',
		.role = OPTION_BESIDE, .example = "log-%j" },
	[OPTION_OPEN_MODE] = { .name = "open-mode", .parse = parse_open_mode,
		.role = OPTION_BESIDE, .example = "truncate" },
	[OPTION_MAIL_TYPE] = { .name = "mail-type", .parse = parse_mail_type,
		.role = OPTION_BESIDE, .example = "END,FAIL" },
	[OPTION_MAIL_USER] = { .name = "mail-user", .role = OPTION_BESIDE,
		.example = "me" },
	[OPTION_NICE] = { .name = "nice", .parse = parse_nice,
		.role = OPTION_BESIDE, .example = "100" },
	[OPTION_COMMENT] = { .name = "comment", .parse = parse_comment,
		.role = OPTION_BESIDE, .example = "mine" },
};
_Static_assert(sizeof table / sizeof *table == OPTION_COUNT,
               "each enum option_id has its row");

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

char
options_letter(enum option_id id)
{
	return table[id].letter;
}

int
options_find_negation(const char *name)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (table[i].negation && strcmp(table[i].negation, name) == 0)
			return i;
	}
	return -1;
}

const char *
options_flag(enum option_id id)
{
	return table[id].flag;
}

enum option_role
options_role(enum option_id id)
{
	return table[id].role;
}

bool
options_is_blamed(enum option_id id, const char *words)
{
	size_t demands = sizeof blamed_demands / sizeof *blamed_demands;

	if (table[id].role == OPTION_DEMANDS) {
		for (size_t i = 0; i < demands; i++) {
			if (strstr(words, blamed_demands[i]))
				return true;
		}
	}
	for (const char *const *word = table[id].blamed; *word; word++) {
		if (strstr(words, *word))
			return true;
	}
	return false;
}

const char *
options_example(enum option_id id)
{
	return table[id].example;
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
