/*
 * accounting.c - ask sacct, believe little of it.
 */
#include "latsub/accounting.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/process.h"
#include "latsub/text.h"

#define ASK_SEC 10
#define JOBS_MAX 8000 /* on one command line */

/* "123", "123_4"; not "123.batch", "123_[5-9]" or "123+0". */
static int
parse_id(char *text, struct accounting_fact *fact)
{
	char *task = strchr(text, '_');
	int64_t number;

	fact->task = SLURM_NO_TASK;
	if (task) {
		*task++ = '\0';
		if (text_parse_int(task, 0, UINT32_MAX - 1, &number))
			return -1;
		fact->task = (uint32_t)number;
	}
	if (text_parse_int(text, 1, UINT32_MAX - 1, &number))
		return -1;
	fact->job = (uint32_t)number;
	return 0;
}

/* "TIMEOUT", "CANCELLED by 1000". */
static int
parse_state(const char *text, enum slurm_state *state)
{
	for (int i = SLURM_PENDING; i < SLURM_STATE_OTHER; i++) {
		if (strcmp(text, slurm_state_name(i)) == 0) {
			*state = i;
			return 0;
		}
	}
	*state = SLURM_CANCELLED;
	return text_starts(text, "CANCELLED by ") ? 0 : -1;
}

/* Seconds since 1970, or a word of sacct's for none. */
static int
parse_time(const char *text, int64_t *out)
{
	*out = 0;
	return strcmp(text, "Unknown") == 0 || strcmp(text, "None") == 0 ? 0
		: text_parse_int(text, 1, INT64_MAX, out);
}

/* "START|END" */
static int
parse_times(char *text, struct accounting_fact *fact)
{
	char *end = strchr(text, '|');

	if (!end)
		return -1;
	*end++ = '\0';
	return parse_time(text, &fact->start) || parse_time(end, &fact->end)
		? -1 : 0;
}

/* "CODE:SIGNAL", and times after another '|' where they were asked for. */
static int
parse_exit(char *text, struct accounting_fact *fact)
{
	char *colon = strchr(text, ':'), *times = strchr(text, '|');
	int64_t code, signal;

	if (times)
		*times++ = '\0';
	if (!colon || (times && parse_times(times, fact)))
		return -1;
	*colon = '\0';
	if (text_parse_int(text, 0, 255, &code)
	    || text_parse_int(colon + 1, 0, 255, &signal))
		return -1;
	fact->exit_code = (int)code;
	fact->signal = (int)signal;
	return 0;
}

static int
parse_line(char *line, struct accounting_fact *fact)
{
	char *state = strchr(line, '|'), *code;

	if (!state)
		return -1;
	*state++ = '\0';
	code = strchr(state, '|');
	if (!code)
		return -1;
	*code++ = '\0';
	return parse_id(line, fact) || parse_state(state, &fact->state)
		|| parse_exit(code, fact) ? -1 : 0;
}

static int
compare(const void *a, const void *b)
{
	const struct accounting_fact *x = a, *y = b;

	if (x->job != y->job)
		return x->job < y->job ? -1 : 1;
	return x->task < y->task ? -1 : x->task > y->task;
}

void
accounting_parse(struct accounting *out, const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *line;

	*out = (struct accounting){ 0 };
	while ((line = strsep(&rest, "\n"))) {
		struct accounting_fact fact = { 0 };

		if (parse_line(line, &fact))
			continue;
		GROW(out->items, out->count);
		out->items[out->count++] = fact;
	}
	if (out->count)
		qsort(out->items, out->count, sizeof *out->items, compare);
	free(copy);
}

static void
ask(struct accounting *out, const struct rangeset *jobs, const char *fields)
{
	struct strbuf ids = { 0 };
	char *argv[] = { (char *)(uintptr_t)"sacct", (char *)(uintptr_t)"-n",
		(char *)(uintptr_t)"-P", (char *)(uintptr_t)"-j", NULL,
		(char *)(uintptr_t)"-o",
		(char *)(uintptr_t)fields, NULL };
	unsigned count = 0;
	char *text;
	bool ok;

	*out = (struct accounting){ 0 };
	rangeset_for_each(jobs, id) {
		if (count == JOBS_MAX)
			break;
		strbuf_printf(&ids, "%s%u", count++ ? "," : "", id);
	}
	if (count == 0)
		return;
	argv[4] = ids.data;
	/* its complaints go where they are not parsed: it is not needed */
	text = process_output_within(argv, true, ASK_SEC, &ok);
	if (ok)
		accounting_parse(out, text);
	free(text);
	strbuf_clear(&ids);
}

void
accounting_ask(struct accounting *out, const struct rangeset *jobs)
{
	ask(out, jobs, "JobID,State,ExitCode");
}

void
accounting_ask_times(struct accounting *out, const struct rangeset *jobs)
{
	setenv("SLURM_TIME_FORMAT", "%s", 1);
	ask(out, jobs, "JobID,State,ExitCode,Start,End");
}

const struct accounting_fact *
accounting_find(const struct accounting *accounting, uint32_t job,
                uint32_t task)
{
	struct accounting_fact key = { .job = job, .task = task };

	return accounting->count ? bsearch(&key, accounting->items,
		accounting->count, sizeof key, compare) : NULL;
}

void
accounting_clear(struct accounting *accounting)
{
	free(accounting->items);
	*accounting = (struct accounting){ 0 };
}
