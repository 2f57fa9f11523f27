/*
 * test_audit.c - histories that should be, and each kind that should not.
 */
#include "unit.h"

#include "latsub/audit.h"
#include "latsub/audit_slurm.h"

struct life {
	struct audit *audit;
	uint32_t line, file;
	bool backwards;
	struct event events[64];
	struct audit_place places[64];
	size_t count;
};

static struct event *
add(struct life *life, enum event_kind kind, const char *phase, uint32_t gen,
    uint32_t attempt, const char *tasks, int64_t time)
{
	struct event *event = &life->events[life->count];

	life->places[life->count++] = (struct audit_place){ life->file,
		++life->line };
	*event = (struct event){ .kind = kind, .phase = xstrdup(phase),
		.gen = gen, .attempt = attempt, .all = !tasks, .time = time };
	if (tasks)
		rangeset_parse(&event->tasks, tasks);
	return event;
}

/* As its runner writes it: with a job and a node. */
static struct event *
own(struct life *life, enum event_kind kind, const char *phase, uint32_t gen,
    uint32_t attempt, const char *tasks, int64_t time)
{
	struct event *event = add(life, kind, phase, gen, attempt, tasks, time);

	event->job = 10 + gen;
	event->node = xstrdup("n1");
	return event;
}

static void
intend(struct life *life, const char *phase, uint32_t gen, int64_t time)
{
	struct event *event = add(life, EVENT_INTENDED, phase, gen, 0, NULL,
	                          time);

	if (strcmp(phase, "eval") == 0)
		parents_add(&event->parents, EDGE_AFTER, "train");
	add(life, EVENT_SUBMITTED, phase, gen, 0, strcmp(phase, "eval")
	    ? "0" : "0-2", time)->job = 10 + gen;
}

/* "train", and "eval" of three tasks after it. */
static void
begin(struct life *life)
{
	*life = (struct life){ 0 };
	add(life, EVENT_PHASE, "train", 0, 0, NULL, 100)->total = 1;
	add(life, EVENT_PHASE, "eval", 0, 0, NULL, 100)->sweep =
		xstrdup("{\"S\":[\"1\",\"2\",\"3\"]}");
	life->events[1].order = 1;
	intend(life, "train", 1, 101);
	intend(life, "eval", 1, 101);
}

static void
run_task(struct life *life, const char *phase, uint32_t gen, uint32_t attempt,
         const char *task, int64_t from, int64_t to)
{
	own(life, EVENT_STARTED, phase, gen, attempt, task, from);
	own(life, EVENT_COMPLETED, phase, gen, attempt, task, to);
}

static void
finish(struct life *life)
{
	life->audit = audit_create(AUDIT_SLACK_SEC);
	for (size_t i = 0; i < life->count; i++) {
		size_t at = life->backwards ? life->count - 1 - i : i;

		audit_add(life->audit, &life->events[at], life->places[at]);
	}
	audit_finish(life->audit);
}

/* These kinds and no others, in this order. */
static void
expect(struct life *life, int kind, const char *name)
{
	struct audit *audit;

	finish(life);
	audit = life->audit;
	for (size_t i = 0; i < audit->difference_count; i++)
		if (audit->difference_count != (size_t)(kind >= 0))
			print_message("# %s: %s\n", audit_kind_name(
				audit->differences[i].kind),
				audit->differences[i].what);
	assert_int_equal(audit->difference_count, kind >= 0);
	if (kind >= 0) {
		char *task = audit_task_name(audit, audit->differences);

		assert_int_equal(audit->differences[0].kind, kind);
		assert_string_equal(task, name);
		free(task);
	}
	audit_destroy(audit);
	life->audit = NULL;
}

/* ---- as it should be ---- */

static void
all_of_it(struct life *life)
{
	begin(life);
	own(life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(life, EVENT_REQUEUED, "train", 1, 0, "0", 120);
	run_task(life, "train", 1, 1, "0", 125, 130);
	run_task(life, "eval", 1, 0, "0", 131, 135);
	run_task(life, "eval", 1, 0, "1", 131, 136);
	own(life, EVENT_STARTED, "eval", 1, 0, "2", 131);
	own(life, EVENT_FAILED, "eval", 1, 0, "2", 132);
	add(life, EVENT_INTENDED, "eval", 2, 0, "2", 200);
	parents_add(&life->events[life->count - 1].parents, EDGE_AFTER, "train");
	run_task(life, "eval", 2, 0, "2", 210, 211);
}

static void
test_sound(void **unused)
{
	struct life life;

	(void)unused;
	all_of_it(&life);
	expect(&life, -1, NULL);
}

static void
test_any_order(void **unused)
{
	struct life life;

	(void)unused;
	all_of_it(&life);
	life.backwards = true;
	expect(&life, -1, NULL);
}

static void
test_attempts(void **unused)
{
	struct life life;
	const struct audit_phase *phase;

	(void)unused;
	all_of_it(&life);
	finish(&life);
	phase = audit_find(life.audit, "train");
	assert_int_equal(phase->attempt_count, 2);
	assert_int_equal(phase->attempts[0].started, 110);
	assert_int_equal(phase->attempts[0].ended, 120);
	assert_int_equal(phase->attempts[0].end, EVENT_REQUEUED);
	assert_int_equal(phase->attempts[1].end, EVENT_COMPLETED);
	assert_string_equal(phase->attempts[1].node, "n1");
	phase = audit_find(life.audit, "eval");
	assert_int_equal(phase->first[3] - phase->first[2], 2);
	audit_destroy(life.audit);
}

/* What somebody concluded may be wrong: that alone is no harm. */
static void
test_lost_and_late(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 150);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 152);
	expect(&life, -1, NULL);
}

static void
test_lost(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 150);
	intend(&life, "train", 2, 151);
	run_task(&life, "train", 2, 0, "0", 160, 170);
	expect(&life, -1, NULL);
}

/* A job that was alive was not found, and another did its work, too. */
static void
test_taken_for_lost(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 150);
	intend(&life, "train", 2, 151);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 152);
	run_task(&life, "train", 2, 0, "0", 160, 170);
	expect(&life, AUDIT_AGAIN, "train");
}

static void
test_reset_is_a_cause(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 130)->word = WORD_PENDING;
	intend(&life, "train", 3, 131);
	run_task(&life, "train", 3, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

static void
test_stale_is_a_cause(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	strlist_add(&life.events[life.count - 1].ran_without, "other");
	intend(&life, "train", 2, 131);
	run_task(&life, "train", 2, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

/* "started" was written and its runner told that it was not: it gave up. */
static void
test_gave_up(void **unused)
{
	struct life life;
	const struct audit_phase *phase;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_GAVE_UP, "train", 1, 0, "0", 112);
	own(&life, EVENT_GAVE_UP, "train", 1, 1, "0", 115);
	run_task(&life, "train", 1, 2, "0", 120, 130);
	finish(&life);
	phase = audit_find(life.audit, "train");
	assert_int_equal(phase->attempt_count, 1);
	assert_int_equal(phase->attempts[0].number, 2);
	audit_destroy(life.audit);
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_GAVE_UP, "train", 1, 0, "0", 112);
	run_task(&life, "train", 1, 1, "0", 120, 130);
	expect(&life, -1, NULL);
}

/* A job that is cancelled in the journal may start before Slurm hears of it. */
static void
test_cancelled_before_start(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_CANCELLED, "train", 1, 0, "0", 105);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_CANCELLED, "train", 1, 0, "0", 111);
	intend(&life, "train", 2, 131);
	run_task(&life, "train", 2, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

/* After an error the same line may stand there twice. */
static void
test_line_twice(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	expect(&life, -1, NULL);
}

/* Its runner could not write the end at once: it has the time of the end. */
static void
test_end_written_late(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "train", 1, 1, "0", 120);
	own(&life, EVENT_REQUEUED, "train", 1, 0, "0", 119);
	own(&life, EVENT_COMPLETED, "train", 1, 1, "0", 130);
	expect(&life, -1, NULL);
}

static void
test_clock_set_back(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_REQUEUED, "train", 1, 0, "0", 500);
	run_task(&life, "train", 1, 1, "0", 120, 130);
	expect(&life, -1, NULL);
}

/* What somebody concludes comes long after the end. */
static void
test_concluded_late(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	run_task(&life, "train", 1, 1, "0", 120, 130);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 500);
	expect(&life, -1, NULL);
}

/* It was killed after a person had reset it: nobody asks how it ended. */
static void
test_reset_without_end(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 130)->word = WORD_PENDING;
	intend(&life, "train", 3, 131);
	run_task(&life, "train", 3, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

static void
new_values(struct life *life, uint32_t gen, int64_t time, const char *values)
{
	struct event *event = add(life, EVENT_PHASE, "eval", gen, 0, NULL, time);

	event->order = 1;
	event->sweep = xstrdup(values);
}

/* A value that was taken out and put back is a new one. */
static void
test_value_was_out(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 130, 140);
	new_values(&life, 2, 150, "{\"S\":[\"1\",\"3\"]}");
	add(&life, EVENT_INTENDED, "eval", 2, 0, "0", 151);
	new_values(&life, 3, 160, "{\"S\":[\"1\",\"2\",\"3\"]}");
	add(&life, EVENT_INTENDED, "eval", 3, 0, "1", 161);
	run_task(&life, "eval", 3, 0, "1", 170, 180);
	expect(&life, -1, NULL);
}

/* Other values are in another place, and are no other tasks. */
static void
test_value_moved(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 130, 140);
	new_values(&life, 2, 150, "{\"S\":[\"2\",\"9\"]}");
	add(&life, EVENT_INTENDED, "eval", 2, 0, "1", 151);
	new_values(&life, 3, 152, "{\"S\":[\"9\",\"2\"]}");
	add(&life, EVENT_INTENDED, "eval", 3, 0, "1", 153);
	run_task(&life, "eval", 3, 0, "1", 160, 170);
	expect(&life, AUDIT_AGAIN, "eval[S=2]");
}

/* Its parent had other tasks then, and all of those were done. */
static void
test_parent_of_other_values(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_PHASE, "plot", 0, 0, NULL, 100)->total = 1;
	parents_add(&add(&life, EVENT_INTENDED, "plot", 1, 0, NULL,
	                 101)->parents, EDGE_AFTER, "eval");
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "0-2", 130, 140);
	run_task(&life, "plot", 1, 0, "0", 141, 145);
	new_values(&life, 2, 150, "{\"S\":[\"1\",\"2\",\"3\",\"4\"]}");
	add(&life, EVENT_INTENDED, "eval", 2, 0, "3", 151);
	run_task(&life, "eval", 2, 0, "3", 160, 170);
	expect(&life, -1, NULL);
}

/* An experiment that was only put in another order has the tasks that it had. */
static void
test_parent_in_another_order(void **unused)
{
	struct life life;

	(void)unused;
	for (int array = 0; array < 2; array++) {
		begin(&life);
		add(&life, EVENT_PHASE, "train", 2, 0, NULL, 500)->total = 1;
		life.events[life.count - 1].order = 5;
		new_values(&life, 2, 500, "{\"S\":[\"1\",\"2\",\"3\"]}");
		add(&life, EVENT_PHASE, "plot", 0, 0, NULL, 100)->total = 1;
		parents_add(&add(&life, EVENT_INTENDED, "plot", 1, 0, NULL,
		                 101)->parents, EDGE_AFTER,
		            array ? "eval" : "train");
		run_task(&life, "plot", 1, 0, "0", 110, 120);
		run_task(&life, "train", 1, 0, "0", 200, 220);
		run_task(&life, "eval", 1, 0, "0-2", 250, 260);
		expect(&life, AUDIT_ORDER, "plot");
	}
}

static void
test_skipped_parent(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 102)->word = WORD_COMPLETED;
	run_task(&life, "eval", 1, 0, "0", 110, 120);
	expect(&life, -1, NULL);
}

/* ---- as it should not be ---- */

static void
test_completed_twice(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "train", 1, 1, "0", 130, 140);
	expect(&life, AUDIT_TWICE, "train");
}

static void
test_completed_by_two_jobs(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 130)->job = 99;
	expect(&life, AUDIT_TWICE, "train");
}

static void
test_done_again(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 130, 140);
	add(&life, EVENT_INTENDED, "eval", 2, 0, "1", 150);
	run_task(&life, "eval", 2, 0, "1", 160, 170);
	expect(&life, AUDIT_AGAIN, "eval[S=2]");
}

static void
test_goes_on_after_completion(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	own(&life, EVENT_STARTED, "train", 1, 1, "0", 130);
	expect(&life, AUDIT_AGAIN, "train");
}

static void
test_overlap_of_one_clock(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "train", 1, 1, "0", 120);
	own(&life, EVENT_REQUEUED, "train", 1, 0, "0", 122);
	own(&life, EVENT_COMPLETED, "train", 1, 1, "0", 130);
	expect(&life, AUDIT_OVERLAP, "train");
}

static void
overlap_of_two_clocks(struct life *life, int64_t seconds)
{
	begin(life);
	own(life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(life, EVENT_REQUEUED, "train", 1, 0, "0", 120 + seconds);
	life->file = 1;
	run_task(life, "train", 1, 1, "0", 120, 200);
}

static void
test_overlap_of_two_clocks(void **unused)
{
	struct life life;

	(void)unused;
	overlap_of_two_clocks(&life, AUDIT_SLACK_SEC);
	expect(&life, -1, NULL);
	overlap_of_two_clocks(&life, AUDIT_SLACK_SEC + 1);
	expect(&life, AUDIT_OVERLAP, "train");
}

static void
test_no_end(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	intend(&life, "train", 2, 131);
	run_task(&life, "train", 2, 0, "0", 140, 150);
	expect(&life, AUDIT_OVERLAP, "train");
}

static void
test_started_by_two_jobs(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110)->job = 99;
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	expect(&life, AUDIT_STARTS, "train");
}

static void
test_started_twice(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	run_task(&life, "train", 1, 0, "0", 115, 120);
	expect(&life, AUDIT_STARTS, "train");
}

static void
test_order_of_one_clock(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "eval", 1, 0, "2", 119);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	own(&life, EVENT_COMPLETED, "eval", 1, 0, "2", 130);
	expect(&life, AUDIT_ORDER, "eval[S=3]");
}

static void
order_of_two_clocks(struct life *life, int64_t seconds)
{
	begin(life);
	run_task(life, "train", 1, 0, "0", 110, 130);
	life->file = 1;
	run_task(life, "eval", 1, 0, "0", 130 - seconds, 140);
}

static void
test_order_of_two_clocks(void **unused)
{
	struct life life;

	(void)unused;
	order_of_two_clocks(&life, AUDIT_SLACK_SEC);
	expect(&life, -1, NULL);
	order_of_two_clocks(&life, AUDIT_SLACK_SEC + 1);
	expect(&life, AUDIT_ORDER, "eval[S=1]");
}

/* The parent had completed once, and was to run again. */
static void
test_order_after_reset(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 130)->word = WORD_PENDING;
	run_task(&life, "eval", 1, 0, "0", 150, 160);
	expect(&life, AUDIT_ORDER, "eval[S=1]");
}

static void
test_order_after_intent(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	intend(&life, "train", 2, 131);
	run_task(&life, "eval", 1, 0, "0", 150, 160);
	expect(&life, AUDIT_ORDER, "eval[S=1]");
}

static void
test_each(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_PHASE, "plot", 0, 0, NULL, 100)->sweep =
		xstrdup("{\"S\":[\"1\",\"2\",\"3\"]}");
	parents_add(&add(&life, EVENT_INTENDED, "plot", 1, 0, NULL,
	                 101)->parents, EDGE_AFTER_EACH, "eval");
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 121, 130);
	run_task(&life, "plot", 1, 0, "1", 131, 132);
	run_task(&life, "plot", 1, 0, "2", 131, 132);
	run_task(&life, "eval", 1, 0, "2", 133, 140);
	expect(&life, AUDIT_ORDER, "plot[S=3]");
}

static void
test_not_submitted(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	add(&life, EVENT_INTENDED, "eval", 2, 0, "0-1", 150);
	run_task(&life, "eval", 2, 0, "2", 160, 170);
	expect(&life, AUDIT_UNASKED, "eval[S=3]");
}

static void
test_unknown(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_COMPLETED, "train", 5, 0, "0", 110);
	expect(&life, AUDIT_UNKNOWN, "train");
}

static void
test_state_file(void **unused)
{
	struct life life, other;

	(void)unused;
	all_of_it(&life);
	all_of_it(&other);
	own(&other, EVENT_STARTED, "train", 1, 2, "0", 140);
	finish(&life);
	finish(&other);
	audit_compare(life.audit, life.audit->state);
	assert_int_equal(life.audit->difference_count, 0);
	audit_compare(life.audit, other.audit->state);
	assert_int_equal(life.audit->difference_count, 1);
	assert_int_equal(life.audit->differences[0].kind, AUDIT_STATE);
	audit_destroy(life.audit);
	audit_destroy(other.audit);
}

/* ---- Slurm ---- */

static struct slurm_job
job_of(uint32_t number, const char *comment, enum slurm_state state)
{
	return (struct slurm_job){ .job_id = number, .state = state,
		.array_task_id = SLURM_NO_TASK,
		.comment = (char *)(uintptr_t)comment, .nodes = NULL };
}

static void
expect_slurm(struct life *life, const struct slurm_job *job, int kind,
             int64_t now)
{
	struct slurm_jobs jobs = { (struct slurm_job *)(uintptr_t)job,
		job ? 1 : 0 };
	size_t count = 0;

	finish(life);
	audit_slurm(life->audit, "r", &jobs, now);
	for (size_t i = 0; i < life->audit->difference_count; i++)
		count += (int)life->audit->differences[i].kind == kind;
	assert_int_equal(count, kind >= 0);
	if (kind < 0)
		assert_int_equal(life->audit->difference_count, 0);
	audit_destroy(life->audit);
}

/* The train phase alone, of which the job is 11. */
static void
submit_train(struct life *life)
{
	*life = (struct life){ 0 };
	add(life, EVENT_PHASE, "train", 0, 0, NULL, 100)->total = 1;
	intend(life, "train", 1, 101);
}

static void
begin_train(struct life *life)
{
	submit_train(life);
	own(life, EVENT_STARTED, "train", 1, 0, "0", 110);
}

static void
test_slurm_agrees(void **unused)
{
	struct slurm_job job = job_of(11, "[latsub r train 1]", SLURM_RUNNING);
	struct life life;

	(void)unused;
	begin_train(&life);
	expect_slurm(&life, &job, -1, 200);
}

static void
test_slurm_unknown_job(void **unused)
{
	struct slurm_job job = job_of(77, "[latsub r train 1]", SLURM_RUNNING);
	struct life life;

	(void)unused;
	begin_train(&life);
	expect_slurm(&life, &job, AUDIT_JOB, 200);
}

static void
test_slurm_left(void **unused)
{
	struct slurm_job job = job_of(11, "[latsub r train 1]", SLURM_RUNNING);
	struct life life;

	(void)unused;
	begin_train(&life);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	expect_slurm(&life, &job, -1, 130); /* just now */
	begin_train(&life);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	expect_slurm(&life, &job, AUDIT_LEFT, 200);
}

/* The job waited when its phase was reset, and runs in the generation of the reset;
 * or it ran when somebody wrote that it has failed. */
static void
test_slurm_edited(void **unused)
{
	struct slurm_job job = job_of(11, "[latsub r train 1]", SLURM_RUNNING);
	struct life life;

	(void)unused;
	for (int until = 0; until < 4; until++) {
		submit_train(&life);
		add(&life, EVENT_EDITED, "train", 2, 0, NULL, 105)->word = WORD_PENDING;
		if (until > 0)
			own(&life, EVENT_STARTED, "train", 2, 0, "0",
			    110)->job = 11;
		if (until > 1)
			own(&life, EVENT_REQUEUED, "train", 2, 0, "0",
			    120)->job = 11;
		if (until > 2) {
			own(&life, EVENT_STARTED, "train", 2, 1, "0",
			    125)->job = 11;
			own(&life, EVENT_FAILED, "train", 2, 1, "0",
			    130)->job = 11;
		}
		expect_slurm(&life, &job, until == 3 ? AUDIT_LEFT : -1, 200);
	}
	begin_train(&life);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 120)->word = WORD_FAILED;
	expect_slurm(&life, &job, AUDIT_SET, 200);
	submit_train(&life); /* gone, and its job is known all the same */
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 105)->word = WORD_PENDING;
	own(&life, EVENT_STARTED, "train", 2, 0, "0", 110)->job = 11;
	finish(&life);
	job.state = SLURM_NODE_FAIL;
	audit_slurm(life.audit, "r", &(struct slurm_jobs){ &job, 1 }, 200);
	assert_int_equal(life.audit->differences[0].kind, AUDIT_GONE);
	assert_non_null(strstr(life.audit->differences[0].where, "job 11, "));
	audit_destroy(life.audit);
	job.state = SLURM_RUNNING;
	begin_train(&life);
	add(&life, EVENT_INTENDED, "train", 2, 0, NULL, 120);
	add(&life, EVENT_SUBMITTED, "train", 2, 0, "0", 120)->job = 12;
	own(&life, EVENT_STARTED, "train", 2, 0, "0", 130);
	own(&life, EVENT_LOST, "train", 1, 0, "0", 119);
	finish(&life);
	audit_slurm(life.audit, "r", &(struct slurm_jobs){ &job, 1 }, 200);
	assert_int_equal(life.audit->differences[0].kind, AUDIT_LEFT);
	assert_non_null(strstr(life.audit->differences[0].what, "anew"));
	audit_destroy(life.audit);
}

static void
test_slurm_gone(void **unused)
{
	struct slurm_job job = job_of(11, "[latsub r train 1]", SLURM_NODE_FAIL);
	struct life life;

	(void)unused;
	begin_train(&life);
	expect_slurm(&life, &job, AUDIT_GONE, 200);
}

/* Of another run, or of another cluster's accounting. */
static void
test_numbers_of_before_are_not_asked_for(void **unused)
{
	struct rangeset jobs = { 0 };
	struct event *event;
	struct life life;

	(void)unused;
	begin_train(&life);
	event = add(&life, EVENT_RUN, "train", 0, 0, NULL, 120);
	event_add_pair(event, "others_jobs", "10-11");
	finish(&life);
	audit_jobs(life.audit, &jobs);
	assert_int_equal(jobs.count, 0);
	rangeset_clear(&jobs);
	audit_destroy(life.audit);
}

static void
test_times_are_parsed(void **unused)
{
	const struct accounting_fact *fact;
	struct accounting a;

	(void)unused;
	accounting_parse(&a, "11|FAILED|3:0|109|121\n12|RUNNING|0:0|130|Unknown\n"
	                 "13|FAILED|1:0|x|9\n14|FAILED|1:0|9\n"
	                 "15|FAILED|1:0|9|9|9\n");
	assert_int_equal(a.count, 2);
	fact = accounting_find(&a, 11, SLURM_NO_TASK);
	assert_int_equal(fact->start, 109);
	assert_int_equal(fact->end, 121);
	assert_int_equal(accounting_find(&a, 12, SLURM_NO_TASK)->end, 0);
	accounting_clear(&a);
}

static void
expect_accounting(const char *text, enum event_kind end, int kind)
{
	struct accounting accounting;
	struct life life;

	begin_train(&life);
	own(&life, end, "train", 1, 0, "0", 120);
	intend(&life, "train", 2, 125);
	own(&life, EVENT_STARTED, "train", 2, 0, "0", 130);
	own(&life, EVENT_FAILED, "train", 2, 0, "0", 140);
	finish(&life);
	life.audit->difference_count = 0; /* not asked about here */
	accounting_parse(&accounting, text);
	audit_accounting(life.audit, &accounting);
	assert_int_equal(life.audit->difference_count, kind >= 0);
	if (kind >= 0)
		assert_int_equal(life.audit->differences[0].kind, kind);
	accounting_clear(&accounting);
	audit_destroy(life.audit);
}

static void
test_accounting(void **unused)
{
	(void)unused;
	expect_accounting("", EVENT_REQUEUED, -1);
	expect_accounting("11|FAILED|3:0|109|121\n12|FAILED|1:0|129|141\n",
	                  EVENT_FAILED, -1);
	expect_accounting("11|FAILED|3:0\n", EVENT_REQUEUED, -1);
	expect_accounting("11|COMPLETED|0:0|109|121\n", EVENT_FAILED,
	                  AUDIT_ACCOUNTING);
	expect_accounting("11|FAILED|3:0|109|135\n12|FAILED|1:0|129|141\n",
	                  EVENT_FAILED, AUDIT_OVERLAP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_lost_and_late),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_gave_up),
		cmocka_unit_test(test_taken_for_lost),
		cmocka_unit_test(test_reset_is_a_cause),
		cmocka_unit_test(test_stale_is_a_cause),
		cmocka_unit_test(test_cancelled_before_start),
		cmocka_unit_test(test_line_twice),
		cmocka_unit_test(test_skipped_parent),
		cmocka_unit_test(test_end_written_late),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_concluded_late),
		cmocka_unit_test(test_reset_without_end),
		cmocka_unit_test(test_value_was_out),
		cmocka_unit_test(test_value_moved),
		cmocka_unit_test(test_parent_of_other_values),
		cmocka_unit_test(test_parent_in_another_order),
		cmocka_unit_test(test_completed_twice),
		cmocka_unit_test(test_completed_by_two_jobs),
		cmocka_unit_test(test_done_again),
		cmocka_unit_test(test_goes_on_after_completion),
		cmocka_unit_test(test_overlap_of_one_clock),
		cmocka_unit_test(test_overlap_of_two_clocks),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_started_by_two_jobs),
		cmocka_unit_test(test_started_twice),
		cmocka_unit_test(test_order_of_one_clock),
		cmocka_unit_test(test_order_of_two_clocks),
		cmocka_unit_test(test_order_after_reset),
		cmocka_unit_test(test_order_after_intent),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_not_submitted),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_state_file),
		cmocka_unit_test(test_slurm_agrees),
		cmocka_unit_test(test_slurm_unknown_job),
		cmocka_unit_test(test_slurm_left),
		cmocka_unit_test(test_slurm_edited),
		cmocka_unit_test(test_slurm_gone),
		cmocka_unit_test(test_numbers_of_before_are_not_asked_for),
		cmocka_unit_test(test_times_are_parsed),
		cmocka_unit_test(test_accounting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
