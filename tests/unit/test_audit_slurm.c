/*
 * test_audit_slurm.c - the journal compared with Slurm and its accounting.
 */
#include "audit_fixture.h"

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
