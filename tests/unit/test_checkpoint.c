/*
 * test_checkpoint.c - which checkpoints are taken: half ones, suspect ones, those
 * that make room.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../inject.h"
#include "latsub/clock.h"
#include "latsub/file.h"
#include "run/checkpoint.h"
#include "run/claims.h"
#include "run/doubt.h"
#include "run/prune.h"
#include "run/suspect.h"
#include "run/watch.h"

static char dir[64];

static int
make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/latsub-unit-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	char *command = xasprintf("rm -rf %s", dir);
	int rc;

	(void)state;
	rc = system(command);
	free(command);
	return rc;
}

/* A file, or with a '/' at the end a directory; its last change at a time. */
static char *
make(const char *name, const char *text, double changed)
{
	struct timespec times[2] = { 0 };
	char *path = file_join(dir, name);
	size_t len = strlen(path);

	if (path[len - 1] == '/') {
		path[len - 1] = '\0';
		mkdir(path, 0755);
	} else {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		close(fd);
	}
	times[0].tv_sec = times[1].tv_sec = (time_t)changed;
	times[1].tv_nsec = (long)((changed - (double)(time_t)changed) * 1e9);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	return path;
}

/* What a look would see if nothing had been renamed or set since. */
static bool
half(const char *path, double stopped_at)
{
	struct checkpoint_look look = checkpoint_look(path, true, 0);

	look.renamed = false;
	return doubt_half(&look, stopped_at);
}

static void
what_changed_just_before_a_kill_may_be_half(void **state)
{
	char *path = make("one", "x", 1000000000.5);

	(void)state;
	assert_true(half(path, 1000000000.6));
	assert_true(half(path, 1000000001.4));
	assert_false(half(path, 1000000001.6));
	assert_true(half(path, 1000000000.1)); /* after the KILL: who was it? */
	free(path);
	path = make("coarse", "x", 1000000000); /* perhaps 1000000000.99 */
	assert_true(half(path, 1000000001.9));
	assert_false(half(path, 1000000002.1));
	free(path);
}

static void
a_directory_is_as_new_as_what_is_in_it(void **state)
{
	char *top = make("d/", NULL, 1000000000.5), *file, *other;

	(void)state;
	file = make("d/shard1", "x", 1000000050.5);
	other = make("d/shard2", "x", 1000000010.5);
	free(make("d/", NULL, 1000000000.5));
	assert_true(half(top, 1000000051));
	assert_false(half(top, 1000000052));
	free(other);
	free(file);
	free(top);
}

static void
what_got_its_name_after_the_last_write_is_whole(void **state)
{
	char *from = file_join(dir, "x.tmp"), *to = file_join(dir, "x");
	struct timespec moment = { 0, 30000000 };
	int fd = open(from, O_WRONLY | O_CREAT, 0644);
	struct checkpoint_look look;
	double now;

	(void)state;
	assert_int_equal(write(fd, "x", 1), 1);
	look = checkpoint_look(from, true, 0);
	assert_false(look.renamed);
	now = doubt_seconds(look.changed);
	assert_true(doubt_half(&look, now + 0.1));
	nanosleep(&moment, NULL);
	rename(from, to);
	look = checkpoint_look(to, true, 0);
	assert_true(look.renamed);
	assert_false(doubt_half(&look, now + 0.1));
	nanosleep(&moment, NULL);
	assert_int_equal(write(fd, "x", 1), 1); /* it goes on under that name */
	look = checkpoint_look(to, true, 0);
	assert_false(look.renamed);
	close(fd);
	free(from);
	free(to);
}

static void
a_directory_that_is_written_to_after_its_renaming_is_not_whole(void **state)
{
	struct timespec moment = { 0, 30000000 };
	char *old = file_join(dir, "r1"), *new = file_join(dir, "r2");
	char *file = file_join(dir, "r2/f");
	int fd;

	(void)state;
	mkdir(old, 0755);
	fd = openat(AT_FDCWD, old, O_RDONLY | O_DIRECTORY);
	close(openat(fd, "f", O_WRONLY | O_CREAT, 0644));
	close(fd);
	nanosleep(&moment, NULL);
	rename(old, new);
	assert_true(checkpoint_look(new, true, 0).renamed);
	nanosleep(&moment, NULL);
	fd = open(file, O_WRONLY);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_false(checkpoint_look(new, true, 0).renamed);
	free(file);
	free(old);
	free(new);
}

static void
the_clock_of_the_file_system_is_looked_at(void **state)
{
	struct strlist paths = { 0 };

	(void)state;
	assert_true(doubt_clock_offset(dir) < 0.1);
	assert_true(doubt_clock_offset(dir) > -0.5);
	assert_true(doubt_clock_offset("/nonexistent") == 0);
	/* one file, however often it is asked for and whoever is killed */
	checkpoint_list(dir, "clock*", &paths, 0);
	assert_int_equal(paths.count, 1);
	assert_string_equal(file_basename(paths.items[0]), "clock");
	strlist_clear(&paths);
}

static void
a_mark_goes_along_with_a_move_and_changes_with_a_write(void **state)
{
	char *one = make("m1/", NULL, 5), *file = make("m1/f", "x", 1000000000.5);
	char *two = file_join(dir, "m2"), *copy;
	uint64_t mark = checkpoint_look(one, true, 0).mark;
	uint64_t fingerprint = checkpoint_look(one, true, 0).fingerprint;

	(void)state;
	mkdir(two, 0755);
	copy = make("m2/f", "y", 1000000000.5);
	assert_true(checkpoint_look(two, true, 0).mark == mark);
	assert_true(checkpoint_look(two, true, 0).fingerprint != fingerprint);
	free(copy);
	free(make("m2/f", "xy", 1000000000.5));
	assert_true(checkpoint_look(two, true, 0).mark != mark);
	free(make("m2/f", "x", 1000000000.5));
	free(make("m2/g", "", 1000000000.5));
	assert_true(checkpoint_look(two, true, 0).mark != mark);
	free(two);
	free(file);
	free(one);
}

static void
hidden_ones_are_listed_where_the_pattern_names_them(void **state)
{
	struct strlist paths = { 0 };

	(void)state;
	free(make("h/", NULL, 5));
	free(make("h/.step1", "x", 1000000001));
	free(make("h/.step2", "x", 1000000002));
	free(make("h/.step3.tmp", "x", 1000000003));
	checkpoint_list(dir, "h/.s*", &paths, 0);
	assert_int_equal(paths.count, 2);
	assert_string_equal(file_basename(paths.items[0]), ".step2");
	strlist_clear(&paths);
	checkpoint_list(dir, "h/*", &paths, 0);
	assert_int_equal(paths.count, 0);
	checkpoint_list(dir, "h/.*", &paths, 0);
	assert_int_equal(paths.count, 2); /* and neither . nor .. */
	strlist_clear(&paths);
}

static void
a_look_ends_at_its_deadline(void **state)
{
	struct strlist paths = { 0 };
	char *path = make("late/", NULL, 5);
	struct checkpoint_look look;

	(void)state;
	free(make("late/f", "x", 5));
	look = checkpoint_look(path, false, clock_now() + 60);
	assert_true(look.complete && !look.late);
	look = checkpoint_look(path, false, 0.001);
	assert_true(look.late && !look.complete);
	assert_int_equal(checkpoint_list(dir, "late/*", &paths, 0.001), -1);
	assert_int_equal(paths.count, 0);
	assert_int_equal(checkpoint_list(dir, "late/*", &paths,
	                                 clock_now() + 60), 0);
	assert_int_equal(paths.count, 1);
	strlist_clear(&paths);
	free(path);
}

/* What a sick file system does not show is no "there is none": an attempt that took
 * it for that would begin from nothing. */
static void
a_list_is_whole_or_fails(void **state)
{
	struct strlist paths = { 0 };

	(void)state;
	free(make("s/", NULL, 5));
	free(make("s/1", "x", 5));
	free(make("s/2", "x", 6));
	file_set_patience(0.03, NULL);
	for (int at = 1; at < 4; at++) {
		int rc;

		inject_arm(dir, at, "DEAD");
		rc = checkpoint_list(dir, "s/*", &paths, 0);
		assert_true(inject_disarm() ? rc == -1 && paths.count == 0
		            : rc == 0 && at == 3);
		strlist_clear(&paths);
		inject_arm(dir, at, "EIO"); /* that is over at once */
		assert_int_equal(checkpoint_list(dir, "s/*", &paths, 0), 0);
		inject_disarm();
		assert_int_equal(paths.count, 2);
		strlist_clear(&paths);
	}
	file_set_patience(3, NULL);
}

/* ---- two quick failures ---- */

static void
two_quick_failures_make_a_checkpoint_suspect(void **state)
{
	struct suspect_failures f = { 0 };

	(void)state;
	assert_false(suspect_is(&f, "e5", "a"));
	suspect_add(&f, 1, 2, "e5", "a");
	suspect_add(&f, 1, 2, "e5", "a"); /* the same, read again */
	assert_false(suspect_is(&f, "e5", "a"));
	suspect_add(&f, 1, 1, "e4", "z"); /* before them */
	suspect_add(&f, 2, 0, "e5", "a"); /* of the next submission */
	assert_true(suspect_is(&f, "e5", "a"));
	assert_false(suspect_is(&f, "e5", "b")); /* rewritten since */
	assert_false(suspect_is(&f, "e4", "z"));
	/* the one before fails as quickly: it is not the checkpoint's fault */
	suspect_add(&f, 2, 1, "e4", "z");
	assert_false(suspect_is(&f, "e5", "a"));
	suspect_add(&f, 2, 2, "e5", "a");
	assert_false(suspect_is(&f, "e5", "a"));
	assert_true(suspect_is(&f, "e4", "z") == false);
	suspect_clear(&f);
}

static void
the_order_of_the_failures_does_not_matter(void **state)
{
	struct suspect_failures f = { 0 };

	(void)state;
	suspect_add(&f, 3, 0, "e5", "a");
	suspect_add(&f, 1, 0, "e4", "z");
	suspect_add(&f, 2, 7, "e5", "a");
	assert_true(suspect_is(&f, "e5", "a"));
	suspect_clear(&f);
}

/* ---- removal ---- */

static void
removal_stays_inside_and_takes_no_links(void **state)
{
	char *kept, *link_path = file_join(dir, "run/out");
	char *inner, *outside;

	(void)state;
	free(make("run/", NULL, 5));
	free(make("away/", NULL, 5));
	kept = make("away/kept", "x", 5);
	outside = file_join(dir, "away");
	assert_int_equal(symlink(outside, link_path), 0);
	free(make("run/ck/", NULL, 5));
	free(make("run/ck/sub/", NULL, 5));
	free(make("run/ck/sub/f", "x", 5));
	inner = file_join(dir, "run/ck/sub/link");
	assert_int_equal(symlink(outside, inner), 0);
	free(outside);
	outside = file_join(dir, "run");
	assert_int_equal(prune_remove(outside, "out/kept", 0), -1);
	assert_int_equal(prune_remove(outside, "out", 0), -1);
	assert_int_equal(prune_remove(outside, "../away/kept", 0), -1);
	assert_int_equal(prune_remove(outside, "ck/..", 0), -1);
	assert_int_equal(prune_remove(outside, "", 0), -1);
	assert_int_equal(prune_remove(outside, "ck/nothing", 0), -1);
	assert_true(file_exists(kept));
	assert_true(file_exists(inner));
	assert_int_equal(prune_remove(outside, "ck/sub", 0), 0);
	assert_false(file_exists(inner));
	assert_true(file_exists(kept)); /* the link went, not what it led to */
	free(outside);
	outside = file_join(dir, "run/ck/.sub.pruned.tmp");
	assert_false(file_exists(outside));
	free(outside);
	free(inner);
	free(link_path);
	free(kept);
}

static void
a_removal_ends_at_its_deadline_and_goes_on_the_next_time(void **state)
{
	char *aside = file_join(dir, "late/.e1.pruned.tmp");

	(void)state;
	free(make("late/", NULL, 5));
	free(make("late/.e1.pruned.tmp/", NULL, 5));
	free(make("late/.e1.pruned.tmp/f", "x", 5));
	assert_int_equal(prune_remove(dir, "late/.e1.pruned.tmp", 0.001), -1);
	assert_true(file_exists(aside));
	assert_int_equal(prune_remove(dir, "late/.e1.pruned.tmp", 0), 0);
	assert_false(file_exists(aside));
	free(aside);
}

/* ---- what is in use ---- */

#define MANY 300

/* Each task of p has one on record; what is in use where task 7's own lie? */
static size_t
count_used(struct run *run, const struct spec *spec, double deadline, int *rc)
{
	struct experiment experiment = { .workdir = run->dir };
	struct attempt attempt = { .run = run, .experiment = &experiment,
		.phase = "p", .task = 7, .checkpoint = (char *)"" };
	struct prune_used used = { 0 };
	struct strlist paths = { 0 };
	char *newest = file_join(run->dir, "ck/s7_2");
	size_t count;

	strlist_add(&paths, newest);
	*rc = prune_find_used(&used, &attempt, spec, "ck/s7_*", newest, &paths,
	                      deadline);
	count = used.paths.count;
	strlist_clear(&paths);
	prune_used_clear(&used);
	free(newest);
	return count;
}

static struct event
named(char *path, const char *own)
{
	return (struct event){ .kind = EVENT_CHECKPOINT, .phase = (char *)"p",
		.path = path, .own = (char *)own, .gen = 1, .seq = 1 };
}

static void
begin_phase(struct state *state)
{
	struct event phase = { .kind = EVENT_PHASE, .phase = (char *)"p" };
	struct event intent = { .kind = EVENT_INTENDED, .phase = (char *)"p",
		.gen = 1, .all = true };

	assert_int_equal(state_apply(state, &phase), STATE_APPLIED);
	assert_int_equal(state_apply(state, &intent), STATE_APPLIED);
}

static void
what_lies_elsewhere_is_not_looked_up(void **state)
{
	static const struct spec none;
	struct event events[MANY];
	struct run run = { .dir = dir, .journal_dir = file_join(dir, "j"),
		.state = state_create() };
	struct latsub_error err;
	int rc;

	(void)state;
	free(make("j/", NULL, 5));
	free(make("ck/", NULL, 5));
	free(make("ck/s7_2", "x", 5));
	begin_phase(run.state);
	for (uint32_t i = 0; i < MANY; i++) {
		char *name = xasprintf("ck/s%u_1", i);

		free(make(name, "x", 5));
		events[i] = named(name, NULL);
		rangeset_add(&events[i].tasks, i, i);
	}
	/* another task has begun from one of this one's */
	free(events[0].path);
	events[0].path = xstrdup("ck/s7_1");
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(state_apply(run.state, &events[i]),
		                 STATE_APPLIED);
	assert_int_equal(journal_append(run.journal_dir, events, MANY, false,
	                                &err), 0);
	assert_int_equal(count_used(&run, &none, 0, &rc), 2);
	assert_int_equal(rc, 0);
	count_used(&run, &none, 0.001, &rc);
	assert_int_equal(rc, -1);
	for (size_t i = 0; i < MANY; i++) {
		free(events[i].path);
		rangeset_clear(&events[i].tasks);
	}
	state_destroy(run.state);
	free(run.journal_dir);
}

/* The journal cannot be read here, so it shows whether anybody wants to. */
static int
find_used_without_journal(const char *path, const char *own, const char *from,
                          const char *more_values)
{
	struct spec_phase phase = { .name = (char *)"p",
		.checkpoint = (char *)"ck/s${S}_*" };
	const struct spec spec = { .phases = &phase, .phase_count = 1 };
	struct run run = { .dir = dir, .journal_dir = make("file", "", 5),
		.state = state_create() };
	struct event report = named((char *)path, own);
	struct event values = { .kind = EVENT_PHASE, .phase = (char *)"p",
		.gen = 2, .sweep = (char *)more_values };
	int rc;

	begin_phase(run.state);
	assert_int_equal(state_apply(run.state, &report), STATE_APPLIED);
	report.kind = EVENT_STARTED;
	report.from = (char *)from;
	report.own = NULL;
	assert_int_equal(state_apply(run.state, &report), STATE_APPLIED);
	if (more_values)
		assert_int_equal(state_apply(run.state, &values), STATE_APPLIED);
	count_used(&run, &spec, 0, &rc);
	state_destroy(run.state);
	free(run.journal_dir);
	return rc;
}

static void
what_patterns_claim_is_not_looked_for_in_the_journal(void **state)
{
	char own[CLAIMS_MARK_SIZE], old[CLAIMS_MARK_SIZE];

	(void)state;
	claims_mark("ck/s${S}_*", own);
	claims_mark("ck/*", old);
	assert_int_equal(find_used_without_journal("ck/s8_1", own, NULL, NULL), 0);
	/* of no pattern, but elsewhere */
	assert_int_equal(find_used_without_journal("other/x", NULL, NULL, NULL), 0);
	assert_int_equal(find_used_without_journal("ck2/s7_9", NULL, NULL, NULL),
	                 0);
	assert_int_equal(find_used_without_journal("ck/s8_1", own, "in/y", NULL),
	                 0);
	/* and what only the journal knows */
	assert_int_equal(find_used_without_journal("ck/s8_1", NULL, NULL, NULL),
	                 -1);
	assert_int_equal(find_used_without_journal("ck", NULL, NULL, NULL), -1);
	assert_int_equal(find_used_without_journal("/elsewhere/x", NULL, NULL,
	                                           NULL), -1);
	assert_int_equal(find_used_without_journal("a/../ck/s7_1", NULL, NULL,
	                                           NULL), -1);
	assert_int_equal(find_used_without_journal("ck/s8_1", own, "ck/s7_1",
	                                           NULL), -1);
	assert_int_equal(find_used_without_journal("ck/s8_1", old, NULL, NULL),
	                 -1);
	assert_int_equal(find_used_without_journal("ck/s8_1", own, NULL,
	                                           "{\"S\":[\"1\"]}"), -1);
}

/* ---- whose it is ---- */

static void
a_pattern_meets_what_it_matches_and_what_is_above_and_below(void **state)
{
	(void)state;
	assert_true(claims_meets("ck/e*", "ck/e1"));
	assert_true(claims_meets("./ck//e*", "ck/./e1"));
	assert_true(claims_meets("ck/e*/model", "ck/e1"));
	assert_true(claims_meets("ck/e*", "ck/e1/model"));
	assert_true(claims_meets("a[1]", "a[1]")); /* outputs mean themselves */
	assert_false(claims_meets("ck/e*/model", "ck/f1"));
	assert_false(claims_meets("ck/e*/model", "ck/e1/table"));
	assert_false(claims_meets("ck", "ck2"));
}

/* Nothing in common: they may lie anywhere. */
static void
strays_without_a_directory_may_concern_all(void **state)
{
	static const struct spec none;
	struct run run = { .dir = dir, .journal_dir = make("file", "", 5),
		.state = state_create() };
	struct event near = named((char *)"/elsewhere/x", NULL);
	struct event far = named((char *)"other/x", NULL);
	int rc;

	(void)state;
	begin_phase(run.state);
	assert_int_equal(state_apply(run.state, &near), STATE_APPLIED);
	assert_int_equal(state_apply(run.state, &far), STATE_APPLIED);
	assert_string_equal(state_find(run.state, "p")->strays[0].dir, "");
	count_used(&run, &none, 0, &rc);
	assert_int_equal(rc, -1);
	state_destroy(run.state);
	free(run.journal_dir);
}

static char *
own_mark_of(struct attempt *attempt, const char *path)
{
	struct event event = { 0 };

	attempt_note_owner(attempt, path, &event);
	return event.own;
}

static void
by_a_link_a_path_is_nobodys_own(void **state)
{
	struct experiment experiment = { .workdir = dir };
	struct spec_phase phase = { .name = (char *)"p",
		.checkpoint = (char *)"own/*/m*" };
	struct run run = { .dir = dir, .state = state_create() };
	struct attempt attempt = { .run = &run, .experiment = &experiment,
		.spec = &phase, .phase = "p" };
	char *link_path = file_join(dir, "own/b"), *mark;

	(void)state;
	begin_phase(run.state);
	free(make("own/", NULL, 5));
	free(make("own/a/", NULL, 5));
	free(make("own/a/m1", "x", 5));
	assert_int_equal(symlink("a", link_path), 0);
	mark = own_mark_of(&attempt, "own/a/m1");
	assert_non_null(mark);
	free(mark);
	assert_null(own_mark_of(&attempt, "own/b/m1"));
	assert_null(own_mark_of(&attempt, "own/a/none"));
	assert_null(own_mark_of(&attempt, "other"));
	phase.checkpoint = NULL;
	assert_null(own_mark_of(&attempt, "own/a/m1"));
	free(link_path);
	state_destroy(run.state);
}

static void
values_may_spell_one_path_in_two_ways(void **state)
{
	struct spec_phase phase = { .name = (char *)"p",
		.checkpoint = (char *)"ck/$S/m*", .array = true };
	struct spec spec = { .phases = &phase, .phase_count = 1 };
	struct claims claims = { &spec, "p", &phase.sweep, 0 };
	struct sweep_key *key = sweep_add(&phase.sweep, "S");

	(void)state;
	strlist_add(&key->values, "a/b");
	strlist_add(&key->values, "a//b");
	strlist_add(&key->values, "./c");
	assert_true(claims_has(&claims, "ck/a/b/m1"));
	assert_true(claims_has(&claims, "ck/c/m1"));
	claims.task = 1;
	assert_true(claims_has(&claims, "ck/a/b/m1"));
	assert_false(claims_has(&claims, "ck/d/m1"));
	sweep_clear(&phase.sweep);
}

static void
a_path_is_the_tasks_own_where_all_of_the_pattern_matches(void **state)
{
	(void)state;
	assert_true(claims_is_own("ck/s7_*", "ck/s7_1"));
	assert_true(claims_is_own("ck/s7_*", "ck/s7_1/model.pt"));
	assert_true(claims_is_own("./ck//s7_*", "ck/s7_1"));
	assert_false(claims_is_own("ck/s7_*", "ck/s70_1"));
	assert_false(claims_is_own("ck/s7/*", "ck/s7"));   /* above it */
	assert_false(claims_is_own("ck/s7_*", "/ck/s7_1"));
	assert_false(claims_is_own("ck/*/x", "ck/../x"));
}

static void
tasks_and_phases_claim_their_own(void **state)
{
	struct spec_phase phases[2] = { { .name = (char *)"p",
		.checkpoint = (char *)"ck/e${S}*", .array = true },
		{ .name = (char *)"q", .checkpoint = (char *)"q/$V/*" } };
	struct spec spec = { .phases = phases, .phase_count = 2 };
	struct claims claims = { &spec, "p", &phases[0].sweep, 1 };
	struct sweep_key *key = sweep_add(&phases[0].sweep, "S");

	(void)state;
	for (int i = 0; i < 200000; i++)
		strlist_add_owned(&key->values, xasprintf("%d", i));
	key = sweep_add(&phases[1].sweep, "V");
	strlist_add(&key->values, "a");
	strlist_add(&phases[0].outputs, "ck/e${S}_best");
	strlist_add(&phases[1].outputs, "out/[1]");
	assert_false(claims_has(&claims, "ck/e1"));
	assert_false(claims_has(&claims, "ck/e1_"));
	assert_true(claims_has(&claims, "ck/e199999_")); /* e19* matches, too */
	assert_true(claims_has(&claims, "ck/e10"));
	assert_true(claims_has(&claims, "ck/e1_best"));  /* its own output */
	assert_true(claims_has(&claims, "ck/e1_best/x"));
	assert_true(claims_has(&claims, "q/a/x"));
	assert_true(claims_has(&claims, "q/b/x"));       /* rather too much */
	assert_true(claims_has(&claims, "out/[1]"));
	strlist_clear(&key->values);
	strlist_add(&key->values, "a/b");
	assert_true(claims_has(&claims, "q/a/b/x"));
	strlist_clear(&phases[0].outputs);
	strlist_clear(&phases[1].outputs);
	sweep_clear(&phases[0].sweep);
	sweep_clear(&phases[1].sweep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_whole_or_fails),
		cmocka_unit_test(what_changed_just_before_a_kill_may_be_half),
		cmocka_unit_test(a_directory_is_as_new_as_what_is_in_it),
		cmocka_unit_test(what_got_its_name_after_the_last_write_is_whole),
		cmocka_unit_test(
			a_directory_that_is_written_to_after_its_renaming_is_not_whole),
		cmocka_unit_test(the_clock_of_the_file_system_is_looked_at),
		cmocka_unit_test(
			a_mark_goes_along_with_a_move_and_changes_with_a_write),
		cmocka_unit_test(hidden_ones_are_listed_where_the_pattern_names_them),
		cmocka_unit_test(a_look_ends_at_its_deadline),
		cmocka_unit_test(two_quick_failures_make_a_checkpoint_suspect),
		cmocka_unit_test(the_order_of_the_failures_does_not_matter),
		cmocka_unit_test(removal_stays_inside_and_takes_no_links),
		cmocka_unit_test(
			a_removal_ends_at_its_deadline_and_goes_on_the_next_time),
		cmocka_unit_test(what_lies_elsewhere_is_not_looked_up),
		cmocka_unit_test(
			what_patterns_claim_is_not_looked_for_in_the_journal),
		cmocka_unit_test(strays_without_a_directory_may_concern_all),
		cmocka_unit_test(by_a_link_a_path_is_nobodys_own),
		cmocka_unit_test(values_may_spell_one_path_in_two_ways),
		cmocka_unit_test(
			a_path_is_the_tasks_own_where_all_of_the_pattern_matches),
		cmocka_unit_test(
			a_pattern_meets_what_it_matches_and_what_is_above_and_below),
		cmocka_unit_test(tasks_and_phases_claim_their_own),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
