/*
 * state_fixture.c - events, and a run on disk.
 */
#include "state_fixture.h"

struct event
event(enum event_kind kind, const char *phase, uint32_t gen, uint32_t attempt,
      const char *tasks)
{
	struct event e = { .kind = kind, .phase = xstrdup(phase), .gen = gen,
		.attempt = attempt, .all = tasks == NULL, .time = 1000 + gen };

	if (tasks)
		rangeset_parse(&e.tasks, tasks);
	return e;
}

size_t
make_life(struct event *events)
{
	static const char *const places[] = { "runs/x", "z/of/old", "new" };
	size_t n = 0;

	for (uint32_t i = 0; i < 3; i++) {
		events[n] = event(EVENT_RUN, NULL, 0, 0, NULL);
		event_add_pair(&events[n], "run_dir", places[i]);
		if (i == 0)
			event_add_pair(&events[n], "cluster", "one");
		events[n++].seq = i + 1;
	}
	/* of two that did not see each other */
	events[n] = event(EVENT_RUN, NULL, 0, 0, NULL);
	event_add_pair(&events[n], "run_dir", "a/lesser/one");
	events[n++].seq = 3;
	events[n] = event(EVENT_PHASE, "train", 0, 0, NULL);
	events[n++].total = 1;
	events[n] = event(EVENT_PHASE, "eval", 0, 0, NULL);
	events[n].order = 1;
	events[n++].sweep = xstrdup("{\"S\":[\"1\",\"2\",\"3\"]}");
	events[n++] = event(EVENT_INTENDED, "train", 1, 0, NULL);
	events[n] = event(EVENT_SUBMITTED, "train", 1, 0, "0");
	events[n++].job = 10;
	events[n++] = event(EVENT_STARTED, "train", 1, 0, "0");
	events[n] = event(EVENT_REQUEUED, "train", 1, 0, "0");
	events[n++].requeue.reason = REASON_PREEMPTED;
	events[n] = event(EVENT_STARTED, "train", 1, 1, "0");
	events[n].from = xstrdup("epoch2");
	events[n++].mark = xstrdup("00000000000000a1");
	events[n] = event(EVENT_REFUSED, "train", 1, 7, "0");
	events[n].path = xstrdup("epoch4"); /* and is not on record by that */
	events[n++].mark = xstrdup("00000000000000a2");
	events[n] = event(EVENT_COMPLETED, "train", 1, 1, "0");
	events[n].path = xstrdup("runs/x/epoch3");
	events[n++].epoch = xstrdup("3");
	events[n++] = event(EVENT_INTENDED, "eval", 1, 0, "0-2");
	events[n++] = event(EVENT_COMPLETED, "eval", 1, 0, "0");
	events[n] = event(EVENT_FAILED, "eval", 1, 0, "1");
	events[n++].reason = xstrdup("exit code 3");
	events[n++] = event(EVENT_CANCELLED, "eval", 1, 0, "2");
	events[n] = event(EVENT_EDITED, "eval", 2, 0, NULL);
	events[n++].word = WORD_PENDING;
	events[n] = event(EVENT_PHASE, "eval", 3, 0, NULL);
	events[n].order = 1;
	events[n++].sweep = xstrdup("{\"S\":[\"0\",\"1\",\"2\"]}");
	events[n] = event(EVENT_INTENDED, "eval", 3, 0, "0,2");
	events[n++].seq = 4; /* in the sweep since generation 3 */
	events[n++] = event(EVENT_COMPLETED, "eval", 3, 0, "2");
	return n;
}

char *
describe(const struct state *state)
{
	struct strbuf out = { 0 };

	strbuf_printf(&out, "%s on %s, %u\n", state_metadata(state, "run_dir"),
	              state_metadata(state, "cluster"), state->revision);
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];

		strbuf_printf(&out, "%s %s gen %u ckpt %s marks %llu %llu:",
			phase->name, phase_word_name(phase_word(phase)),
			phase->gen, phase->checkpoint ? phase->checkpoint : "-",
			(unsigned long long)phase_marks(phase, MARK_REQUEUED,
			                                0, 0),
			(unsigned long long)phase_marks(phase, MARK_FAILED,
			                                0, 0));
		for (uint32_t t = 0; t < phase->total; t++)
			strbuf_printf(&out, " %u.%u.%s%s", phase->cells[t].gen,
				phase->cells[t].attempt, task_state_name(
				(enum task_state)phase->cells[t].state),
				phase->cells[t].done ? "+" : "");
		strbuf_putc(&out, '\n');
	}
	return strbuf_steal(&out);
}

double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

char dir[64];
struct latsub_error err;

int
make_run(void **unused)
{
	(void)unused;
	strcpy(dir, "/tmp/latsub-unit-XXXXXX");
	return mkdtemp(dir) && run_make(dir, &err) == 0 ? 0 : -1;
}

int
remove_run(void **unused)
{
	char *command = xasprintf("rm -rf %s", dir);
	int rc = system(command);

	(void)unused;
	free(command);
	return rc;
}
