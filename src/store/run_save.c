/*
 * run_save.c - a run's snapshot is written.
 *
 * Beware: others write it, too, from other nodes and with editors.  It is written
 * only if it is still the file that was read; else that is read first.
 */
#include "latsub/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latsub/file.h"
#include "state_file.h"

#define SAVE_TRIES 20

/* As the server has it: another node, or a person there, may have written it. */
static bool
same_file(const struct run *run)
{
	struct stat st;

	if (file_stat_now(run->state_path, &st))
		return errno == ENOENT && !run->doc_exists;
	return run->doc_exists && st.st_ino == run->doc_stat.st_ino
		&& st.st_size == run->doc_stat.st_size
		&& st.st_mtim.tv_sec == run->doc_stat.st_mtim.tv_sec
		&& st.st_mtim.tv_nsec == run->doc_stat.st_mtim.tv_nsec;
}

/* 1: someone else wrote meanwhile; 0: written; -1: failed. */
static int
try_save(struct run *run, struct latsub_error *err)
{
	size_t len, old_len;
	char *old = inifile_render(run->doc, &old_len), *text, *temp = NULL;
	int rc = 0;

	state_file_store(run->doc, run->state, &run->offsets);
	text = inifile_render(run->doc, &len);
	if (!run->doc_exists || len != old_len || memcmp(text, old, len)) {
		rc = file_prepare(run->state_path, text, len,
		                  run_file_mode(run->dir), &temp, err);
		if (rc == 0 && !same_file(run)) {
			file_discard(temp);
			rc = 1;
		} else if (rc == 0) {
			rc = file_commit(temp, run->state_path, err);
			if (rc)
				file_discard(temp);
			run->doc_exists = true;
			if (file_stat_now(run->state_path, &run->doc_stat))
				run->doc_exists = false;
		}
	}
	free(temp);
	free(text);
	free(old);
	return rc;
}

int
run_save(struct run *run, struct latsub_error *err)
{
	int rc = 1;

	for (int i = 0; rc == 1 && i < SAVE_TRIES; i++) {
		if (run->complaints.count > 0)
			return 0; /* not over what a person is writing */
		rc = run->edit_count ? run_record(run, NULL, 0, true, err) : 0;
		if (rc == 0)
			rc = try_save(run, err);
		if (rc == 1 && run_read(run, err))
			rc = -1;
	}
	return rc == 1 ? 0 : rc; /* others write all the time: they have it */
}

/* When this node last wrote to the journal: an event comes before each snapshot. */
static int
last_write(const struct run *run, struct timespec *time)
{
	char *name = journal_file_name();
	char *path = file_join(run->journal_dir, name);
	struct stat st;
	int rc = file_stat_now(path, &st);

	if (rc == 0)
		*time = st.st_mtim;
	free(path);
	free(name);
	return rc;
}

/* Of the file as it is now: others write it, too.  Both times are the file server's,
 * whose clock may be off ours. */
double
run_snapshot_age(const struct run *run)
{
	struct timespec then;
	struct stat st;

	if (file_stat_now(run->state_path, &st))
		return 1e9;
	if (last_write(run, &then))
		clock_gettime(CLOCK_REALTIME, &then);
	return (double)(then.tv_sec - st.st_mtim.tv_sec)
		+ (double)(then.tv_nsec - st.st_mtim.tv_nsec) / 1e9;
}
