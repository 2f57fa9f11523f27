/*
 * status_table.c - a run as a table: a row for each phase, cut where a terminal has no
 * room.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "latsub/run_status.h"

bool
status_use_colour(FILE *out)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0
		&& !(no_color && *no_color);
}

/* Its word's, unless some of it went wrong, whatever the rest does. */
static const char *
colour_of(const struct status_row *row)
{
	const struct status_word *word = &status_words[row->status];
	bool is_wrong = row->word == WORD_FAILED || row->live_stuck;

	return is_wrong && word->sign != SIGN_DONE
		? status_words[STATUS_FAILED].colour : word->colour;
}

/* "1-02:03:04", "2:03:04", "3:04". */
static void
print_time(char *out, size_t size, int64_t seconds)
{
	long long s = seconds < 0 ? 0 : seconds;

	if (s >= 86400)
		snprintf(out, size, "%lld-%02lld:%02lld:%02lld", s / 86400,
		         s / 3600 % 24, s / 60 % 60, s % 60);
	else if (s >= 3600)
		snprintf(out, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60,
		         s % 60);
	else
		snprintf(out, size, "%lld:%02lld", s / 60, s % 60);
}

static void
elapsed_text(const struct status_row *row, char *out, size_t size)
{
	const struct phase_facts *facts = phase_facts(row->state);
	int64_t end = facts->ended >= facts->started && !row->live_running
		? facts->ended : (int64_t)time(NULL);

	if (!facts->started || (!facts->ended && !row->live_running
	                        && !row->counts[TASK_STARTED]))
		snprintf(out, size, "-");
	else
		print_time(out, size, end - facts->started);
}

/* Slurm's own word, or why there is none. */
static void
slurm_text(const struct status_row *row, char *out, size_t size)
{
	const struct slurm_job *job = status_job(row);

	if (!job && row->unlaunched)
		snprintf(out, size, "%s", row->launch_reason);
	else if (!job && row->blocked_by)
		snprintf(out, size, "(%s failed)", row->blocked_by);
	else if (!job)
		snprintf(out, size, "-");
	else if (job->state == SLURM_PENDING && strcmp(job->reason, "None"))
		snprintf(out, size, "%s", job->reason);
	else
		snprintf(out, size, "%s", slurm_state_name(job->state));
}

enum column { NAME, STATE, TASKS, JOB, SLURM, NODE, TIME, REQUEUES,
	COLUMN_COUNT };

struct table {
	size_t width[COLUMN_COUNT];
	FILE *out;
	bool colour;
};

static const struct {
	const char *heading;
	size_t least;
	bool right;
} columns[] = {
	[NAME] = { "PHASE", 8, false }, [STATE] = { "STATE", 11, false },
	[TASKS] = { "TASKS", 9, true }, [JOB] = { "JOB", 7, true },
	[SLURM] = { "SLURM", 12, false }, [NODE] = { "NODE", 6, false },
	[TIME] = { "TIME", 9, true }, [REQUEUES] = { "", 0, false },
};

struct row {
	char cells[COLUMN_COUNT][128];
};

/* Who wrote a run's files chose its names: none may lead a terminal. */
static void
clean_row(struct row *row)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		char *cell = row->cells[i];
		char *clean = text_sanitise(cell, strlen(cell));

		for (char *p = clean; *p; p++)
			*p = *p == '\n' || *p == '\t' ? ' ' : *p;
		snprintf(cell, sizeof row->cells[i], "%s", clean);
		free(clean);
	}
}

static void
fill_row(const struct status_row *from, struct row *row)
{
	uint32_t done = from->counts[TASK_COMPLETED]
		+ from->counts[TASK_SKIPPED];
	uint32_t job = phase_newest_job(from->state);
	const char *node = from->record && from->record->nodes[0]
		? from->record->nodes : phase_facts(from->state)->node
		? phase_facts(from->state)->node : "-";
	const size_t size = sizeof row->cells[0];

	memset(row, 0, sizeof *row);
	snprintf(row->cells[NAME], size, "%s", from->state->name);
	snprintf(row->cells[STATE], size, "%s", status_words[from->status].word);
	if (from->state->array)
		snprintf(row->cells[TASKS], size, "%u/%u", done,
		         from->state->total);
	snprintf(row->cells[JOB], size, job ? "%u" : "-", job);
	slurm_text(from, row->cells[SLURM], size);
	snprintf(row->cells[NODE], size, "%s", node);
	elapsed_text(from, row->cells[TIME], size);
	if (from->requeues)
		snprintf(row->cells[REQUEUES], size, "%llu requeue%s",
		         (unsigned long long)from->requeues,
		         from->requeues > 1 ? "s" : "");
	clean_row(row);
}

/* A line has room for so many; what is no terminal takes any number. */
static size_t
line_columns(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return SIZE_MAX;
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col
		? size.ws_col : 80;
}

/* Some reasons are sentences; words are cut after the node and the name. */
static void
narrow(size_t *width, size_t room)
{
	static const struct { enum column column; size_t least; } cuts[] = {
		{ SLURM, 24 }, { NODE, 6 }, { NAME, 12 }, { SLURM, 12 },
		{ NAME, 8 },
	};
	size_t total = 0;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		total += width[i] + (i > 0 && width[i] > 0);
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		size_t *it = &width[cuts[i].column];
		size_t spare = *it > cuts[i].least ? *it - cuts[i].least : 0;
		size_t over = total > room ? total - room : 0;

		*it -= over < spare ? over : spare;
		total -= over < spare ? over : spare;
	}
}

static void
print_cell(const struct table *table, enum column column, const char *text)
{
	int width = (int)table->width[column];

	/* no blanks at the end of a line */
	if (column == REQUEUES)
		fprintf(table->out, *text ? " %s" : "%s", text);
	else
		fprintf(table->out, "%s%*.*s", column ? " " : "",
		        columns[column].right ? width : -width, width, text);
}

static void
print_row(const struct table *table, const struct status_row *from)
{
	const char *colour = table->colour ? colour_of(from) : "";
	struct row row;

	fill_row(from, &row);
	for (enum column i = 0; i < COLUMN_COUNT; i++) {
		fputs(i == STATE ? colour : "", table->out);
		print_cell(table, i, row.cells[i]);
		fputs(i == STATE && *colour ? "\033[0m" : "", table->out);
	}
	fputc('\n', table->out);
}

/* The columns are as wide as what is in them, if there is room. */
static void
begin_table(struct table *table, const struct run_status *status, FILE *out,
            bool colour)
{
	*table = (struct table){ .out = out, .colour = colour };
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		table->width[c] = columns[c].least;
	for (size_t i = 0; i < status->count; i++) {
		struct row row;

		fill_row(&status->rows[i], &row);
		for (size_t c = 0; c < COLUMN_COUNT; c++) {
			size_t len = strlen(row.cells[c]);

			if (len > table->width[c])
				table->width[c] = len;
		}
	}
	narrow(table->width, line_columns(out));
	for (enum column i = 0; i < COLUMN_COUNT; i++)
		print_cell(table, i, columns[i].heading);
	fputc('\n', out);
}

void
status_print_table(const struct run_status *status, FILE *out, bool colour)
{
	struct table table;

	begin_table(&table, status, out, colour);
	for (size_t i = 0; i < status->count; i++)
		print_row(&table, &status->rows[i]);
}

static enum status_sign
sign_of(const struct status_row *row)
{
	enum status_sign sign = status_words[row->status].sign;
	bool needs_person = row->word == WORD_FAILED || row->live_held
		|| row->live_stuck;

	return sign == SIGN_WAIT && needs_person ? SIGN_LOOK : sign;
}

void
status_print_summary(const struct run_status *status, size_t max_rows, FILE *out,
                     bool colour)
{
	size_t shown = 0, words[WORD_COUNT];
	struct table table;

	begin_table(&table, status, out, colour);
	memset(words, 0, sizeof words);
	for (int sign = SIGN_LOOK; sign <= SIGN_DONE; sign++) {
		for (size_t i = 0; i < status->count && shown < max_rows; i++) {
			if ((int)sign_of(&status->rows[i]) != sign)
				continue;
			print_row(&table, &status->rows[i]);
			shown++;
		}
	}
	for (size_t i = 0; i < status->count; i++)
		words[status->rows[i].word]++;
	fprintf(out, "%zu phases: %zu completed, %zu in progress, %zu failed, "
	        "%zu pending\n", status->count, words[WORD_COMPLETED],
	        words[WORD_IN_PROGRESS], words[WORD_FAILED],
	        words[WORD_PENDING]);
}
