/*
 * phase_keys.c - the table of a phase's own keys, each with its reader.
 */
#include "phase_keys.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_MAX (128 * 1024 - 1) /* of one argument: MAX_ARG_STRLEN */

/* A reader returns NULL, or what the value must be. */
typedef const char *read_f(struct spec_phase *phase, const char *value);

static void
replace(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
}

static const char *
read_command(struct spec_phase *phase, const char *value)
{
	replace(&phase->command, value);
	if (strlen(value) > COMMAND_MAX)
		return "a command of less than 128 KiB, which is all that Linux "
			"takes; put a longer one into a script";
	return *value ? NULL : "a command";
}

static const char *
read_number(struct spec_phase *phase, const char *value)
{
	replace(&phase->number, value);
	return *value ? NULL : "a number for --phase";
}

static const char *
read_template(struct spec_phase *phase, const char *value)
{
	replace(&phase->template, value);
	return *value ? NULL : "the name of a template";
}

static const char *
read_checkpoint(struct spec_phase *phase, const char *value)
{
	replace(&phase->checkpoint, value);
	return spec_check_pattern(value);
}

static const char *
read_outputs(struct spec_phase *phase, const char *value)
{
	bool bad;

	strlist_clear(&phase->outputs);
	bad = text_split_words(value, &phase->outputs) != 0
		|| phase->outputs.count == 0;
	for (size_t i = 0; i < phase->outputs.count; i++)
		bad |= spec_leads_out(phase->outputs.items[i]);
	return bad ? "the files under the run directory that must exist after "
		"success" : NULL;
}

static const char *
read_count(const char *value, uint32_t *out)
{
	int64_t number;

	if (text_parse_int(value, 0, 1000000, &number))
		return "a whole number from 0 to 1000000";
	*out = (uint32_t)number;
	return NULL;
}

/* "90", "90s", "5m", "2h": unlike Slurm's times a bare number is seconds,
 * because graces and delays are short. */
static const char *
read_span(const char *value, int64_t *out)
{
	char *digits = xstrdup(value);
	size_t len = strlen(digits);
	int64_t unit = 1;
	int bad;

	if (len > 0 && strchr("smh", digits[len - 1])) {
		unit = digits[len - 1] == 'h' ? 3600
			: digits[len - 1] == 'm' ? 60 : 1;
		digits[len - 1] = '\0';
	}
	bad = text_parse_int(digits, 0, 10000000, out);
	free(digits);
	*out *= unit;
	return bad ? "a time span: 90, 90s, 5m or 2h" : NULL;
}

static const char *
read_flag(const char *value, bool *out)
{
	return options_parse_bool(value, out) ? "yes or no" : NULL;
}

static const char *
read_time_budget(struct spec_phase *phase, const char *value)
{
	return options_parse_time(value, &phase->time_budget_sec)
		|| phase->time_budget_sec <= 0
		|| phase->time_budget_sec == OPTION_TIME_UNLIMITED
		? "a time as for 'time': minutes, H:MM:SS, D-HH" : NULL;
}

/* "x2", "x1.5"; the rest of "+..." is the caller's to read. */
static bool
read_factor(const char *value, struct spec_growth *growth)
{
	char *end;

	*growth = (struct spec_growth){ .factor = 1 };
	if (*value != 'x' || value[1] < '0' || value[1] > '9')
		return false;
	growth->factor = strtod(value + 1, &end);
	growth->set = !*end && growth->factor > 1 && growth->factor <= 100;
	return growth->set;
}

static const char *
read_retry_mem(struct spec_phase *phase, const char *value)
{
	struct spec_growth *growth = &phase->retry_mem;
	uint64_t mib;

	if (read_factor(value, growth))
		return NULL;
	growth->set = *value == '+' && options_parse_mem(value + 1, &mib) == 0
		&& mib > 0;
	growth->add = growth->set ? (int64_t)mib : 0;
	return growth->set ? NULL : "x2, x1.5 or +8G";
}

static const char *
read_retry_time(struct spec_phase *phase, const char *value)
{
	struct spec_growth *growth = &phase->retry_time;
	int64_t seconds;

	if (read_factor(value, growth))
		return NULL;
	growth->set = *value == '+'
		&& options_parse_time(value + 1, &seconds) == 0 && seconds > 0
		&& seconds != OPTION_TIME_UNLIMITED;
	growth->add = growth->set ? seconds : 0;
	return growth->set ? NULL : "x2, x1.5 or +1:00:00";
}

static const char *
read_mode(struct spec_phase *phase, const char *value)
{
	static const char *const names[] = {
		[CHECKPOINT_EXIT] = "exit",
		[CHECKPOINT_CONTINUE] = "continue",
		[CHECKPOINT_NONE] = "none",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(value, names[i]) == 0) {
			phase->checkpoint_mode = (enum checkpoint_mode)i;
			return NULL;
		}
	}
	return "exit, continue or none";
}

static const char *
read_signal(struct spec_phase *phase, const char *value)
{
	int number = options_parse_signal_name(value);
	/* 32 and 33 are libc's; Slurm sends CONT, and CHLD is the kernel's */
	bool fit = number > 0 && number != SIGKILL && number != SIGSTOP
		&& number != SIGCONT && number != SIGCHLD && number != 32
		&& number != 33;

	phase->checkpoint_signal = fit ? number : 0;
	return fit ? NULL
		: "a signal that a program can handle, such as USR1 or TERM";
}

static const char *
read_target(struct spec_phase *phase, const char *value)
{
	phase->checkpoint_leader = strcmp(value, "leader") == 0;
	return phase->checkpoint_leader || strcmp(value, "group") == 0 ? NULL
		: "group or leader";
}

static const char *
read_verify(struct spec_phase *phase, const char *value)
{
	replace(&phase->checkpoint_verify, value);
	return *value && strlen(value) <= COMMAND_MAX ? NULL
		: "a command that exits with 0 where $LATSUB_CHECKPOINT is good";
}

static const char *
read_requeue_on(struct spec_phase *phase, const char *value)
{
	static const struct { const char *name; unsigned bit; } known[] = {
		{ "preempt", REQUEUE_PREEMPT }, { "timeout", REQUEUE_TIMEOUT },
		{ "request", REQUEUE_REQUEST }, { "failure", REQUEUE_FAILURE },
		{ "node_fail", REQUEUE_NODE_FAIL }, { "none", 0 },
	};
	size_t count = sizeof known / sizeof *known;
	struct strlist words = { 0 };
	bool bad = text_split_words(value, &words) != 0;

	phase->requeue_on = 0;
	for (size_t i = 0; i < words.count; i++) {
		size_t k = 0;

		while (k < count && strcmp(words.items[i], known[k].name) != 0)
			k++;
		bad |= k == count;
		phase->requeue_on |= k < count ? known[k].bit : 0;
	}
	strlist_clear(&words);
	return bad ? "words of: preempt timeout request failure node_fail none"
		: NULL;
}

static const char *
read_exit_codes(struct spec_phase *phase, const char *value)
{
	struct strlist words = { 0 };
	bool bad = text_split_words(value, &words) != 0;
	int64_t code;

	rangeset_clear(&phase->requeue_exit_codes);
	for (size_t i = 0; i < words.count; i++) {
		if (text_parse_int(words.items[i], 1, 255, &code))
			bad = true;
		else
			rangeset_add(&phase->requeue_exit_codes,
			             (uint32_t)code, (uint32_t)code);
	}
	strlist_clear(&words);
	return bad ? "exit codes from 1 to 255" : NULL;
}

enum key_kind {
	KEY_OWN,    /* it has a reader of its own */
	KEY_NUMBER, /* uint32_t */
	KEY_SPAN,   /* int64_t, seconds */
	KEY_FLAG    /* bool */
};

struct phase_key {
	const char *name;
	enum key_kind kind;
	read_f *read;        /* of KEY_OWN */
	size_t member;       /* of the others: in struct spec_phase */
	const char *example; /* a value that is not the default */
	bool in_defaults;    /* may [defaults] have it, too? */
};

#define MEMBER(type, key, at) .name = #key, .kind = type, \
	.member = offsetof(struct spec_phase, at)
#define NUMBER(key) MEMBER(KEY_NUMBER, key, key)
#define SPAN(key) MEMBER(KEY_SPAN, key, key ## _sec)
#define FLAG(key) MEMBER(KEY_FLAG, key, key)

static const struct phase_key keys[] = {
	{ .name = "command", .read = read_command, .example = "./train" },
	{ .name = "number", .read = read_number, .example = "1" },
	{ .name = "checkpoint", .read = read_checkpoint,
	  .example = "checkpoint/epoch*" },
	{ .name = "outputs", .read = read_outputs, .example = "results/table" },
	{ NUMBER(max_parallel), .example = "4", .in_defaults = true },
	{ .name = "template", .read = read_template, .example = "gpu",
	  .in_defaults = true },
	{ .name = "checkpoint_mode", .read = read_mode, .example = "continue",
	  .in_defaults = true },
	{ .name = "checkpoint_signal", .read = read_signal, .example = "TERM",
	  .in_defaults = true },
	{ SPAN(checkpoint_grace), .example = "5m", .in_defaults = true },
	{ .name = "checkpoint_target", .read = read_target, .example = "leader",
	  .in_defaults = true },
	{ .name = "checkpoint_verify", .read = read_verify,
	  .example = "./verify", .in_defaults = true },
	{ NUMBER(checkpoint_keep), .example = "3", .in_defaults = true },
	{ FLAG(shield_term), .example = "yes", .in_defaults = true },
	{ FLAG(leave_behind), .example = "yes", .in_defaults = true },
	{ NUMBER(retries), .example = "2", .in_defaults = true },
	{ SPAN(retry_delay), .example = "30", .in_defaults = true },
	{ .name = "requeue_on", .read = read_requeue_on,
	  .example = "preempt failure", .in_defaults = true },
	{ .name = "requeue_exit_codes", .read = read_exit_codes,
	  .example = "3 4", .in_defaults = true },
	{ NUMBER(max_requeues), .example = "20", .in_defaults = true },
	{ NUMBER(max_stalled_requeues), .example = "5", .in_defaults = true },
	{ .name = "time_budget", .read = read_time_budget, .example = "1-0",
	  .in_defaults = true },
	{ .name = "retry_mem", .read = read_retry_mem, .example = "x2",
	  .in_defaults = true },
	{ .name = "retry_time", .read = read_retry_time, .example = "+1:00:00",
	  .in_defaults = true },
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

/* NULL, or what the value must be. */
static const char *
read_key(const struct phase_key *key, struct spec_phase *phase,
         const char *value)
{
	void *member = (char *)phase + key->member;

	switch (key->kind) {
	case KEY_NUMBER: return read_count(value, member);
	case KEY_SPAN: return read_span(value, member);
	case KEY_FLAG: return read_flag(value, member);
	case KEY_OWN: break;
	}
	return key->read(phase, value);
}

bool
phase_keys_set(struct spec_phase *phase, const char *key, const char *value,
               bool in_defaults, const char *where,
               struct latsub_errlist *errors)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const char *wanted;

		if (strcmp(keys[i].name, key) != 0
		    || (in_defaults && !keys[i].in_defaults))
			continue;
		wanted = read_key(&keys[i], phase, value);
		if (wanted)
			latsub_errlist_add(errors, "%s: %s = '%.60s' is not "
			                   "understood; write %s", where, key,
			                   value, wanted);
		return true;
	}
	return false;
}

const char *
phase_keys_name(size_t i)
{
	return i < KEY_COUNT ? keys[i].name : NULL;
}

const char *
phase_keys_example(size_t i)
{
	return keys[i].example;
}

bool
phase_keys_in_defaults(size_t i)
{
	return keys[i].in_defaults;
}

bool
phase_keys_is_key(const char *key)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].name, key) == 0)
			return true;
	}
	return edge_find(key) >= 0 || text_starts(key, "array.");
}

const char *
phase_keys_nearest(const char *key)
{
	const char *names[KEY_COUNT + EDGE_KIND_COUNT + OPTION_COUNT];
	size_t count = 0;

	for (size_t i = 0; i < KEY_COUNT; i++)
		names[count++] = keys[i].name;
	for (int i = 0; i < EDGE_KIND_COUNT; i++)
		names[count++] = edge_name((enum edge_kind)i);
	for (int i = 0; i < OPTION_COUNT; i++)
		names[count++] = options_name((enum option_id)i);
	return text_nearest(key, names, count);
}
