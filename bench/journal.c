/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * journal.c - is the cost of an event flat?  Appends events of an array to a
 * journal and folds them, in blocks; every block is what one reader that
 * looks on would see as new.
 *
 * Usage: journal DIR EVENTS TASKS [BLOCK]
 *        journal DIR TASKS          as many tasks, ended by 64 processes at
 *                                   once, as runners do; CPU time of each event
 * Out: the cost of each tenth, of the first and last block, of a read with
 * nothing new, of a read from the start, and of the snapshot; last a line
 * "summary ..." for journal.sh.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/journal.h"
#include "latsub/run.h"

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
must(int rc, const struct latsub_error *err)
{
	if (rc == 0)
		return;
	fprintf(stderr, "journal: %s\n", err->text);
	exit(1);
}

static char *
print_values(unsigned tasks)
{
	struct strbuf text = { 0 };

	strbuf_puts(&text, "{\"SEED\":[");
	for (unsigned i = 0; i < tasks; i++)
		strbuf_printf(&text, "%s\"%u\"", i ? "," : "", i);
	strbuf_puts(&text, "]}");
	return strbuf_steal(&text);
}

static void
begin_phase(struct run *run, unsigned tasks)
{
	struct latsub_error err = { 0 };
	struct event events[3] = {
		{ .kind = EVENT_PHASE, .time = time(NULL), .all = true,
		  .phase = xstrdup("sweep"), .total = tasks,
		  .sweep = print_values(tasks) },
		{ .kind = EVENT_INTENDED, .time = time(NULL), .all = true,
		  .phase = xstrdup("sweep"), .gen = 1, .seq = 1 },
		{ .kind = EVENT_SUBMITTED, .time = time(NULL), .all = true,
		  .phase = xstrdup("sweep"), .gen = 1, .job = 1000 },
	};

	must(run_record(run, events, 3, true, &err), &err);
	for (int i = 0; i < 3; i++)
		event_clear(&events[i]);
	if (state_find(run->state, "sweep")
	    && state_find(run->state, "sweep")->total == tasks)
		return;
	fprintf(stderr, "journal: the phase was not taken\n");
	exit(1);
}

/* The i-th event: each task starts and is requeued, time and again; the last
 * round of all completes. */
static void
fill(struct event *event, unsigned long i, unsigned long events,
     unsigned tasks)
{
	unsigned long step = i / tasks;
	uint32_t task = (uint32_t)(i % tasks * 7919 % tasks);
	bool last = i + tasks >= events;

	*event = (struct event){
		.kind = last ? EVENT_COMPLETED
			: step % 2 ? EVENT_REQUEUED : EVENT_STARTED,
		.time = time(NULL), .phase = xstrdup("sweep"), .gen = 1,
		.attempt = (uint32_t)(step / 2), .job = 1000,
		.node = xstrdup("n1"),
		.requeue.reason = !last && step % 2 ? REASON_PREEMPTED
			: REASON_NONE };
	rangeset_add(&event->tasks, task, task);
}

struct cost {
	double append, fold; /* seconds */
};

/* One event is one append, as the runner's are. */
static struct cost
do_block(struct run *run, unsigned long from, unsigned long to,
         unsigned long events, unsigned tasks)
{
	struct latsub_error err = { 0 };
	struct cost cost = { 0 };
	double begin = now();

	for (unsigned long i = from; i < to; i++) {
		struct event event;

		fill(&event, i, events, tasks);
		must(journal_append(run->journal_dir, &event, 1, false, &err),
		     &err);
		event_clear(&event);
	}
	cost.append = now() - begin;
	begin = now();
	must(run_refresh(run, NULL, &err), &err);
	cost.fold = now() - begin;
	return cost;
}

static off_t
journal_size(const struct run *run)
{
	off_t size = 0;

	for (size_t i = 0; i < run->offsets.count; i++)
		size += run->offsets.items[i].offset;
	return size;
}

static double
peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

static void
print_tenths(const struct cost *costs, unsigned long blocks,
             unsigned long block)
{
	printf("  %-22s %12s %12s\n", "events", "append us", "fold us");
	for (unsigned long t = 0; t < 10; t++) {
		unsigned long from = blocks * t / 10;
		unsigned long to = blocks * (t + 1) / 10;
		struct cost sum = { 0 };

		for (unsigned long b = from; b < to; b++) {
			sum.append += costs[b].append;
			sum.fold += costs[b].fold;
		}
		if (to > from)
			printf("  %9lu - %-10lu %12.3f %12.3f\n", from * block,
			       to * block, sum.append * 1e6
			       / (double)((to - from) * block), sum.fold * 1e6
			       / (double)((to - from) * block));
	}
}

/* Read all of the journal with nothing known before. */
static double
read_from_start(const struct run *run)
{
	struct journal_offsets offsets = { 0 };
	struct state *state = state_create();
	struct latsub_error err = { 0 };
	double begin = now();

	must(journal_fold(run->journal_dir, &offsets, state, NULL, &err), &err);
	begin = now() - begin;
	state_destroy(state);
	journal_offsets_clear(&offsets);
	return begin;
}

static double
read_nothing_new(struct run *run)
{
	struct latsub_error err = { 0 };
	double begin = now();

	for (int i = 0; i < 100; i++)
		must(run_refresh(run, NULL, &err), &err);
	return (now() - begin) / 100;
}

/* Open a run as a command does: the snapshot, and the journal beyond it. */
static double
open_run(const char *dir, uint64_t *bytes)
{
	struct latsub_error err = { 0 };
	double begin = now();
	struct run *run = run_open(dir, &err);

	begin = now() - begin;
	must(run ? 0 : -1, &err);
	*bytes = run->offsets.bytes_read;
	run_close(run);
	return begin;
}

/* With no snapshot, with one that is up to date, with one event beyond it. */
static void
print_opens(struct run *run, unsigned long events, unsigned tasks)
{
	struct latsub_error err = { 0 };
	struct event event;
	double seconds;
	uint64_t bytes;

	unlink(run->state_path);
	seconds = open_run(run->dir, &bytes);
	printf("\n  %-22s %12s %12s\n  %-22s %12.1f %12llu\n", "open the run",
	       "ms", "bytes read", "without a snapshot", seconds * 1e3,
	       (unsigned long long)bytes);
	must(run_read(run, &err) || run_save(run, &err) ? -1 : 0, &err);
	seconds = open_run(run->dir, &bytes);
	printf("  %-22s %12.1f %12llu\n", "nothing new", seconds * 1e3,
	       (unsigned long long)bytes);
	fill(&event, events - 1, events, tasks);
	must(journal_append(run->journal_dir, &event, 1, false, &err), &err);
	event_clear(&event);
	seconds = open_run(run->dir, &bytes);
	printf("  %-22s %12.1f %12llu\n", "one event new", seconds * 1e3,
	       (unsigned long long)bytes);
}

/* A run on many nodes has as many files; in each a line that is no news. */
static void
print_files(struct run *run)
{
	struct latsub_error err = { 0 };
	struct event event = { .kind = EVENT_SUBMITTED, .time = 1,
		.phase = xstrdup("sweep"), .gen = 1, .job = 1000 };
	struct strbuf line = { 0 };
	int made = 1;

	rangeset_add(&event.tasks, 0, 0);
	journal_encode(&event, &line);
	event_clear(&event);
	printf("\n  %-22s %12s\n", "files (nodes)", "nothing new us");
	for (int files = 1; files <= 1000; files *= 10) {
		for (; made < files; made++) {
			char *path = xasprintf("%s/node%04d-0.jsonl",
			                       run->journal_dir, made);

			must(file_replace(path, line.data, line.len, 0644,
			                  &err), &err);
			free(path);
		}
		must(run_refresh(run, NULL, &err), &err);
		printf("  %-22d %12.1f\n", files, read_nothing_new(run) * 1e6);
	}
	strbuf_clear(&line);
}

static void
print_snapshot(const char *when, struct run *run)
{
	struct latsub_error err = { 0 };
	double begin = now(), saved, opened;
	struct run *again;
	struct stat st = { 0 };

	must(run_save(run, &err), &err);
	saved = now() - begin;
	stat(run->state_path, &st);
	begin = now();
	again = run_open(run->dir, &err);
	opened = now() - begin;
	must(again ? 0 : -1, &err);
	run_close(again);
	printf("  %-22s %12lld %12.3f %12.3f\n", when, (long long)st.st_size,
	       saved * 1e3, opened * 1e3);
}

/* ---- many writers ---- */

#define WRITERS 64

struct shared {
	atomic_uint next;
	struct { double seconds; } ends[]; /* by the order in which they began */
};

static double
cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What a runner does for one task: it reads the run, says that it started and
 * that it ended, and writes a snapshot where that is due. */
static void
end_task(const char *dir, unsigned task, unsigned tasks)
{
	static const enum event_kind kinds[] = { EVENT_STARTED,
	                                         EVENT_COMPLETED };
	struct latsub_error err = { 0 };
	struct run *run = run_open(dir, &err);

	must(run ? 0 : -1, &err);
	for (int i = 0; i < 2; i++) {
		struct phase_state *phase = state_find(run->state, "sweep");
		enum phase_word before = phase_word(phase);
		struct event event;

		fill(&event, task, tasks, tasks);
		event.kind = kinds[i];
		rangeset_clear(&event.tasks); /* Slurm takes them in order */
		rangeset_add(&event.tasks, task, task);
		must(run_record(run, &event, 1, true, &err), &err);
		event_clear(&event);
		if (phase_word(phase) != before || run_snapshot_age(run) >= 1)
			must(run_save(run, &err), &err);
	}
	run_close(run);
}

static double
mean_us(const struct shared *shared, unsigned from, unsigned to)
{
	double sum = 0;

	for (unsigned i = from; i < to; i++)
		sum += shared->ends[i].seconds;
	return sum * 1e6 / (to - from) / 2;
}

static int
measure_writers(const char *dir, unsigned tasks)
{
	struct latsub_error err = { 0 };
	size_t size = sizeof(struct shared) + tasks * sizeof(double);
	struct shared *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned part = tasks / 10;
	double begin = now();
	struct run *run;
	struct stat st;

	must(shared == MAP_FAILED ? -1 : run_make(dir, &err), &err);
	run = run_open(dir, &err);
	must(run ? 0 : -1, &err);
	begin_phase(run, tasks);
	must(run_save(run, &err), &err);
	for (int i = 0; i < WRITERS; i++) {
		unsigned task;

		if (fork() != 0)
			continue;
		while ((task = atomic_fetch_add(&shared->next, 1)) < tasks) {
			double cpu = cpu_now();

			end_task(dir, task, tasks);
			shared->ends[task].seconds = cpu_now() - cpu;
		}
		_exit(0);
	}
	for (int status; wait(&status) > 0; )
		must(status ? -1 : 0, &err);
	must(run_read(run, &err), &err);
	if (phase_word(state_find(run->state, "sweep")) != WORD_COMPLETED)
		must(latsub_error_set(&err, LATSUB_FAILED, "not completed"),
		     &err);
	stat(run->state_path, &st);
	printf("  %-22s %12s\n", "tasks", "CPU us/event");
	for (unsigned t = 0; part && t < 10; t++)
		printf("  %9u - %-10u %12.1f\n", t * part, (t + 1) * part,
		       mean_us(shared, t * part, (t + 1) * part));
	printf("  in all: %.2f s, state file %lld bytes\n", now() - begin,
	       (long long)st.st_size);
	printf("writers %.3f %.3f\n", mean_us(shared, 0, part),
	       mean_us(shared, tasks - part, tasks));
	run_close(run);
	return 0;
}

int
main(int argc, char **argv)
{
	unsigned long events = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned tasks = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
	unsigned long block = argc > 4 ? strtoul(argv[4], NULL, 10) : 10000;
	unsigned long blocks = block ? events / block : 0, half;
	struct latsub_error err = { 0 };
	struct cost *costs, cost, first, last;
	double idle, whole;
	struct run *run;

	if (argc == 3 && atoi(argv[2]) >= 10)
		return measure_writers(argv[1], (unsigned)atoi(argv[2]));
	if (blocks < 2 || tasks < 1) {
		fprintf(stderr, "Usage: journal DIR [EVENTS] TASKS [BLOCK]\n");
		return 2;
	}
	must(run_make(argv[1], &err), &err);
	run = run_open(argv[1], &err);
	must(run ? 0 : -1, &err);
	costs = xcalloc(blocks, sizeof *costs);
	begin_phase(run, tasks);

	printf("  %-22s %12s %12s %12s\n", "state file", "bytes", "save ms",
	       "open ms");
	print_snapshot("nothing has run", run);
	half = blocks / 2 + 1;
	for (unsigned long b = 0; b < blocks; b++) {
		unsigned long from = b * block;

		if (b == half) { /* in the middle of a round: many ranges */
			costs[b] = do_block(run, from, from + block / 2,
			                    events, tasks);
			print_snapshot("half of the events", run);
			from += block / 2;
		}
		cost = do_block(run, from, (b + 1) * block, events, tasks);
		costs[b].append += cost.append;
		costs[b].fold += cost.fold;
	}
	print_snapshot("all of them", run);
	idle = read_nothing_new(run);
	whole = read_from_start(run);
	print_opens(run, events, tasks);

	printf("\n");
	print_tenths(costs, blocks, block);
	first = costs[0];
	last = costs[blocks - 1];
	printf("\n  first %lu events: append %.3f us, fold %.3f us each\n"
	       "  last  %lu events: append %.3f us, fold %.3f us each\n",
	       block, first.append * 1e6 / (double)block,
	       first.fold * 1e6 / (double)block,
	       block, last.append * 1e6 / (double)block,
	       last.fold * 1e6 / (double)block);
	printf("  a read with nothing new: %.3f us\n", idle * 1e6);
	printf("  a read from the start: %.3f s (%lld bytes, %.1f MB/s)\n",
	       whole, (long long)journal_size(run),
	       (double)journal_size(run) / whole / 1e6);
	printf("  most memory: %.1f MiB\n", peak_mib());
	print_files(run);
	printf("summary %.3f %.3f %.3f %.3f %.3f %.3f\n",
	       first.append * 1e6 / (double)block,
	       last.append * 1e6 / (double)block,
	       first.fold * 1e6 / (double)block,
	       last.fold * 1e6 / (double)block, idle * 1e6,
	       whole * 1e6 / (double)events);
	free(costs);
	run_close(run);
	return 0;
}
