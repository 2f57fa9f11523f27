/*
 * option_values.c - how sbatch reads times, memory, signals, node counts.
 * Every parser takes the whole text or refuses it.
 */
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "latsub/options.h"
#include "latsub/text.h"

#define TIME_MAX_NUMBER 100000000

/* A number at *s; -1 when there is none or it is absurd. */
static int64_t
take_number(const char **s)
{
	int64_t value = 0;
	const char *p = *s;

	while (isdigit((unsigned char)*p) && value < TIME_MAX_NUMBER)
		value = value * 10 + (*p++ - '0');
	if (p == *s || isdigit((unsigned char)*p))
		return -1;
	*s = p;
	return value;
}

int
options_parse_time(const char *text, int64_t *seconds)
{
	int64_t days = 0, part[3] = { 0, 0, 0 };
	int count = 0;
	bool has_days = false;

	if (strcasecmp(text, "infinite") == 0 || strcasecmp(text, "unlimited") == 0
	    || strcmp(text, "-1") == 0) {
		*seconds = OPTION_TIME_UNLIMITED;
		return 0;
	}
	for (;;) {
		if (count == 3 || (part[count] = take_number(&text)) < 0)
			return -1;
		count++;
		if (*text == '-' && count == 1 && !has_days) {
			has_days = true;
			days = part[0];
			count = 0;
			part[0] = 0;
		} else if (*text != ':') {
			break;
		}
		text++;
	}
	if (*text)
		return -1;
	if (has_days)
		*seconds = days * 86400 + part[0] * 3600 + part[1] * 60 + part[2];
	else if (count == 3)
		*seconds = part[0] * 3600 + part[1] * 60 + part[2];
	else
		*seconds = part[0] * 60 + part[1];
	return 0;
}

int
options_parse_mem(const char *text, uint64_t *mib)
{
	int64_t value = take_number(&text);

	if (value < 0 || (*text && text[1] && strcasecmp(text + 1, "b") != 0))
		return -1;
	switch (toupper((unsigned char)*text)) {
	case 'K': *mib = ((uint64_t)value + 1023) / 1024; return 0;
	case '\0':
	case 'M': *mib = (uint64_t)value; return 0;
	case 'G': *mib = (uint64_t)value * 1024; return 0;
	case 'T': *mib = (uint64_t)value * 1024 * 1024; return 0;
	default: return -1;
	}
}

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
	{ "ABRT", SIGABRT }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 }, { "ALRM", SIGALRM }, { "PIPE", SIGPIPE },
	{ "TERM", SIGTERM }, { "CHLD", SIGCHLD }, { "CONT", SIGCONT },
	{ "STOP", SIGSTOP }, { "TSTP", SIGTSTP }, { "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU }, { "URG", SIGURG }, { "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF },
	{ "WINCH", SIGWINCH }, { "SEGV", SIGSEGV }, { "BUS", SIGBUS },
	{ "FPE", SIGFPE }, { "ILL", SIGILL }, { "TRAP", SIGTRAP },
	{ "IO", SIGIO }, { "PWR", SIGPWR }, { "SYS", SIGSYS },
};
#define SIGNAL_COUNT (sizeof signals / sizeof signals[0])

int
options_parse_signal_name(const char *text)
{
	int64_t number;

	if (text_parse_int(text, 1, 64, &number) == 0)
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (strcasecmp(text, signals[i].name) == 0)
			return signals[i].number;
	}
	return -1;
}

const char *
options_signal_name(int number)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (signals[i].number == number)
			return signals[i].name;
	}
	return "?";
}

int
options_parse_signal(const char *text, struct option_signal *out)
{
	const char *colon = strchr(text, ':'), *at = strchr(text, '@');
	char *name;
	int64_t seconds = 60;

	*out = (struct option_signal){ 0 };
	if (colon) {
		for (; text < colon; text++) {
			if (*text == 'B' || *text == 'b')
				out->batch = true;
			else if (*text == 'R' || *text == 'r')
				out->reservation = true;
			else
				return -1;
		}
		text = colon + 1;
	}
	if (at && (at < text || text_parse_int(at + 1, 0, 65535, &seconds)))
		return -1;
	name = at ? xstrndup(text, (size_t)(at - text)) : xstrdup(text);
	out->number = options_parse_signal_name(name);
	out->seconds = seconds;
	free(name);
	return out->number < 0 ? -1 : 0;
}

static int
take_count(const char **text, uint32_t *out)
{
	int64_t value = take_number(text);

	if (value > 0 && (**text == 'k' || **text == 'K')) {
		value *= 1024;
		(*text)++;
	} else if (value > 0 && (**text == 'm' || **text == 'M')) {
		value *= 1024 * 1024;
		(*text)++;
	}
	if (value <= 0 || value > INT32_MAX)
		return -1;
	*out = (uint32_t)value;
	return 0;
}

int
options_parse_nodes(const char *text, struct option_nodes *out)
{
	if (take_count(&text, &out->min))
		return -1;
	out->max = out->min;
	if (*text == '-') {
		text++;
		if (take_count(&text, &out->max))
			return -1;
	}
	return *text || out->max < out->min ? -1 : 0;
}

int
options_parse_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < 4; i++) {
		if (strcasecmp(text, yes[i]) == 0) {
			*out = true;
			return 0;
		}
		if (strcasecmp(text, no[i]) == 0) {
			*out = false;
			return 0;
		}
	}
	return -1;
}

static const char *const mail_words[] = {
	[MAIL_ON_NONE] = "NONE",
	[MAIL_ON_BEGIN] = "BEGIN",
	[MAIL_ON_END] = "END",
	[MAIL_ON_FAIL] = "FAIL",
	[MAIL_ON_REQUEUE] = "REQUEUE",
	[MAIL_ON_ALL] = "ALL",
	[MAIL_ON_INVALID_DEPEND] = "INVALID_DEPEND",
	[MAIL_ON_STAGE_OUT] = "STAGE_OUT",
	[MAIL_ON_TIME_LIMIT] = "TIME_LIMIT",
	[MAIL_ON_TIME_LIMIT_90] = "TIME_LIMIT_90",
	[MAIL_ON_TIME_LIMIT_80] = "TIME_LIMIT_80",
	[MAIL_ON_TIME_LIMIT_50] = "TIME_LIMIT_50",
	[MAIL_ON_ARRAY_TASKS] = "ARRAY_TASKS",
};
_Static_assert(sizeof mail_words / sizeof *mail_words == MAIL_ON_COUNT,
               "each enum option_mail has its word");

int
options_parse_mail(const char *text, uint32_t *out)
{
	*out = 0;
	while (*text) {
		size_t len = strcspn(text, ",");
		unsigned i = 0;

		while (i < MAIL_ON_COUNT
		       && (strncasecmp(text, mail_words[i], len)
		           || strlen(mail_words[i]) != len))
			i++;
		if (i == MAIL_ON_COUNT)
			return -1;
		*out |= 1u << i;
		text += len + (text[len] == ',');
	}
	return 0;
}
