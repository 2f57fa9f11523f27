/*
 * journal_fixture.c - the run, and what the tests of the journal write to it.
 */
#include "journal_fixture.h"

char dir[64];
char *own;
struct latsub_error err;

struct event
event(enum event_kind kind, uint32_t gen, int task)
{
	struct event e = { .kind = kind, .phase = xstrdup("p"), .gen = gen,
		.all = task < 0, .time = 1000 };

	if (task >= 0)
		rangeset_add(&e.tasks, (uint32_t)task, (uint32_t)task);
	return e;
}

void
append(struct run *run, struct event e)
{
	if (run_record(run, &e, 1, true, &err))
		fail_msg("%s", err.text);
	event_clear(&e);
}

void
complete(struct run *run, int task)
{
	append(run, event(EVENT_COMPLETED, 1, task));
}

void
write_lines(const char *path, const char *mode, const struct event *events,
            size_t count)
{
	struct strbuf text = { 0 };
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	for (size_t i = 0; i < count; i++)
		journal_encode(&events[i], &text);
	assert_int_equal(fwrite(strbuf_str(&text), 1, text.len, file),
	                 text.len);
	fclose(file);
	strbuf_clear(&text);
}

void
write_event(const char *path, const char *mode, struct event e)
{
	write_lines(path, mode, &e, 1);
	event_clear(&e);
}

struct run *
begin(void)
{
	struct event phase = event(EVENT_PHASE, 0, -1);
	struct strbuf sweep = { 0 };
	struct run *run = run_open(dir, &err);

	assert_non_null(run);
	strbuf_puts(&sweep, "{\"I\":[");
	for (int i = 0; i < TASKS; i++)
		strbuf_printf(&sweep, "%s\"%d\"", i ? "," : "", i);
	strbuf_puts(&sweep, "]}");
	phase.sweep = strbuf_steal(&sweep);
	append(run, phase);
	append(run, event(EVENT_INTENDED, 1, -1));
	return run;
}

bool
done(const struct run *run, uint32_t task)
{
	return state_find(run->state, "p")->cells[task].state == TASK_COMPLETED;
}

uint32_t
count_done(const struct run *run)
{
	uint32_t n[TASK_STATE_COUNT];

	phase_count(state_find(run->state, "p"), n);
	return n[TASK_COMPLETED];
}

struct run *
look(void)
{
	struct run *run = run_open(dir, &err);

	if (!run)
		fail_msg("%s", err.text);
	return run;
}

bool
has_note(const struct run *run, const char *words)
{
	for (size_t i = 0; i < run->notes.count; i++) {
		if (strstr(run->notes.items[i], words))
			return true;
	}
	return false;
}

int
make_run(void **unused)
{
	char *name = journal_file_name();

	(void)unused;
	strcpy(dir, "/tmp/latsub-unit-XXXXXX");
	if (!mkdtemp(dir) || run_make(dir, &err))
		return -1;
	own = xasprintf("%s/.latsub/journal/%s", dir, name);
	free(name);
	return 0;
}

int
remove_run(void **unused)
{
	char *command = xasprintf("rm -rf %s", dir);
	int rc = system(command);

	(void)unused;
	free(command);
	free(own);
	return rc;
}

off_t
size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

char *
journal_path(const char *name)
{
	return xasprintf("%s/.latsub/journal/%s", dir, name);
}
