/*
 * file.h - files that survive a crash: whole reads, durable appends, atomic
 * replacement.  All opens are O_CLOEXEC; errors name the path.
 */
#ifndef LATSUB_FILE_H
#define LATSUB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "latsub/error.h"

/* File systems on the network are sick for a moment: a file was replaced on the
 * server (ESTALE), a server starts again or a disk path fails over (EIO,
 * ETIMEDOUT and the like).  What only reads or looks is tried again, in here and
 * by others with file_try_again(), for so many seconds at each operation.
 * go_on (may be NULL) ends that sooner, within half a second.  At the start 3 s. */
void file_set_patience(double seconds, bool (*go_on)(void));
/* From now on all operations together have those seconds, and then 3 each (or what
 * each had, if that is less); until patience is set again. */
void file_share_patience(void);
/* Is it one of the errors that pass? */
bool file_error_passes(int error);

struct file_tries { /* of one operation; zero-initialise */
	unsigned count;
	double until;
};
/* errno says why it failed: shall it be done again, from its open on?  Waits. */
bool file_try_again(struct file_tries *tries);

/* What the server has now, not what this node remembers (NFS: for up to a minute):
 * opens the file, and does not read it.  errno when -1. */
int file_stat_now(const char *path, struct stat *st);

/* Read a whole regular file of at most max bytes; *data is NUL-terminated
 * and the caller's to free.  st (may be NULL) is the stat of what was read. */
int file_read(const char *path, size_t max, char **data, size_t *len,
              struct stat *st, struct latsub_error *err);

/* Replace path by data: temp file beside it, fsync, rename, fsync of the
 * directory.  An existing file's mode and owner are kept, else mode is used. */
int file_replace(const char *path, const char *data, size_t len, mode_t mode,
                 struct latsub_error *err);

/* The two halves of file_replace, for a look in between.  *temp is the
 * caller's to free; discard unlinks it. */
int file_prepare(const char *path, const char *data, size_t len, mode_t mode,
                 char **temp, struct latsub_error *err);
int file_commit(const char *temp, const char *path, struct latsub_error *err);
void file_discard(const char *temp);

/* open(), and where the file is made it has this mode, whatever the umask. */
int file_open_new(const char *path, int flags, mode_t mode);
/* mkdir() likewise; a set-group-id bit that it inherits stays. */
int file_make_directory(const char *path, mode_t mode);
int file_write_all(int fd, const char *data, size_t len);
int file_mkdirs(const char *path, mode_t mode, struct latsub_error *err);
/* Whoever made it: before a "no" the directory is read anew. */
bool file_exists(const char *path);
/* The same where "it cannot be told" must not pass for "no": -1 then. */
int file_look(const char *path, bool *exists, struct latsub_error *err);
/* Make the name of a new file last. */
int file_sync_directory(const char *path);

char *file_join(const char *dir, const char *name); /* name absolute: name */
char *file_absolute(const char *path);  /* against the cwd; no symlinks read */
char *file_directory(const char *path); /* "." when there is none */
const char *file_basename(const char *path);
/* path as seen from base where it lies below, else path: a part of it. */
const char *file_relative(const char *base, const char *path);

/* Neither ours nor root's. */
bool file_is_others(const struct stat *st);
/* 0 when nobody but us and root can put another file in the place of path: it,
 * all directories that lead to it, the links among them and what they lead to
 * are ours or root's, and not for others to write (or sticky directories); our
 * private group is no other.  Where it is for them to write, the text has the chmod.
 * errno is ENOENT or ENOTDIR where the file is not there. */
int file_check_way(const char *path, struct latsub_error *err);
/* 0 when path (a link, and what it leads to) is owned by us or root, and not
 * writable by group or others. */
int file_check_owner(const char *path, struct latsub_error *err);

/* The same, and any mode will do. */
int file_check_uid(const char *path, struct latsub_error *err);

/* 0 unless dir/name is a symbolic link that leads out of dir (or nowhere). */
int file_check_inside(const char *dir, const char *name,
                      struct latsub_error *err);

#endif
