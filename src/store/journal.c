/*
 * journal.c - appending to this node's file.
 *
 * Beware: flock may be refused (ENOLCK, NFS without lockd); the append is
 * then still one O_APPEND write, and the checksum shows what was torn.
 */
#include "latsub/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latsub/fault.h"
#include "latsub/file.h"

#define WRITE_TRIES 16

static void
read_boot_id(char *out, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	out[0] = '\0';
	if (!file)
		return;
	if (!fgets(out, (int)size, file))
		out[0] = '\0';
	fclose(file);
}

char *
journal_file_name(void)
{
	char host[256] = "localhost", boot[9];

	gethostname(host, sizeof host - 1);
	for (char *p = host; *p; p++) {
		if (*p == '/' || *p == '=' || *p == '[' || *p == ' ')
			*p = '_';
	}
	read_boot_id(boot, sizeof boot);
	return xasprintf("%s%s%s.jsonl", host, boot[0] ? "-" : "", boot);
}

/* 1: the last line has no end; -1: it cannot be told. */
static int
ends_torn(int fd, off_t size)
{
	char last;
	ssize_t got = size > 0 ? pread(fd, &last, 1, size - 1) : 0;

	return got < 0 ? -1 : got == 1 && last != '\n';
}

/* Lines that are whole may have been read: they stay, known or not.  Only
 * what is half there is taken back; if that fails, the next writer copes. */
static void
take_back(int fd, off_t before, const struct strbuf *text)
{
	int saved = errno;
	struct stat st;
	size_t whole;

	if (fstat(fd, &st) == 0 && st.st_size > before
	    && st.st_size <= before + (off_t)text->len) {
		whole = (size_t)(st.st_size - before);
		while (whole > 0 && text->data[whole - 1] != '\n')
			whole--;
		(void)!ftruncate(fd, before + (off_t)whole);
	}
	errno = saved;
}

static int
write_locked(int fd, off_t size, const struct strbuf *text)
{
	int torn = ends_torn(fd, size);

	if (torn < 0 || (torn && file_write_all(fd, "\n", 1)))
		return -1;
	if (file_write_all(fd, text->data, text->len) == 0)
		return 0;
	take_back(fd, size + torn, text);
	return -1;
}

/* Another process may write between any two of our writes: so each begins
 * with a line's end, and what was cut off is written again from its start. */
static int
write_unlocked(int fd, const struct strbuf *text)
{
	struct strbuf line = { 0 };
	ssize_t put = 0;

	strbuf_putc(&line, '\n');
	strbuf_add(&line, text->data, text->len);
	for (int i = 0; i < WRITE_TRIES && put >= 0
	     && (size_t)put < line.len; i++) {
		do
			put = write(fd, line.data, line.len);
		while (put < 0 && errno == EINTR);
	}
	if (put >= 0 && (size_t)put < line.len) {
		errno = EIO;
		put = -1;
	}
	strbuf_clear(&line);
	return put < 0 ? -1 : 0;
}

static int
append_text(int fd, const char *path, const struct strbuf *text, bool sync)
{
	struct stat st;
	bool locked;

	fault_point();
	do
		locked = flock(fd, LOCK_EX) == 0;
	while (!locked && errno == EINTR);
	if (fstat(fd, &st))
		return -1;
	/* the name of a new file, whoever made it: else later syncs are of a
	 * file that may be gone */
	if (st.st_size == 0 && file_sync_directory(path))
		return -1;
	if (locked ? write_locked(fd, st.st_size, text)
	    : write_unlocked(fd, text))
		return -1;
	if (sync && fdatasync(fd))
		return -1;
	fault_point();
	return 0;
}

static int
open_own(const char *dir, char **path, struct latsub_error *err)
{
	char *name = journal_file_name(), *hidden = file_directory(dir);
	struct stat st;
	int fd;

	*path = file_join(dir, name);
	free(name);
	/* as run_file_mode() has it */
	fd = file_open_new(*path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW
		| O_NONBLOCK, stat(hidden, &st) ? 0600 : st.st_mode & 0666);
	free(hidden);
	if (fd < 0)
		latsub_error_errno(err, "%s", *path);
	return fd;
}

static int
encode_all(const struct event *events, size_t count, const char *path,
           struct strbuf *text, struct latsub_error *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t before = text->len;

		journal_encode(&events[i], text);
		if (text->len - before > JOURNAL_LINE_MAX)
			return latsub_error_set(err, LATSUB_USAGE, "%s: an event "
				"of %zu bytes is more than a journal takes (%d "
				"MiB); give the array shorter values", path,
				text->len - before, JOURNAL_LINE_MAX >> 20);
	}
	return 0;
}

int
journal_append(const char *dir, const struct event *events, size_t count,
               bool sync, struct latsub_error *err)
{
	struct strbuf text = { 0 };
	char *path;
	int fd = open_own(dir, &path, err);
	int rc = fd < 0 ? -1 : encode_all(events, count, path, &text, err);

	if (rc == 0 && text.len && append_text(fd, path, &text, sync))
		rc = latsub_error_errno(err, "%s", path);
	if (fd >= 0 && close(fd) && rc == 0)
		rc = latsub_error_errno(err, "%s", path);
	strbuf_clear(&text);
	free(path);
	return rc;
}

int
journal_sync(const char *dir, struct latsub_error *err)
{
	char *path;
	int fd = open_own(dir, &path, err);
	int rc = fd < 0 ? -1 : 0;

	if (rc == 0 && fdatasync(fd))
		rc = latsub_error_errno(err, "%s", path);
	if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}
