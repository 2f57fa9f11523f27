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

/* Network file systems have errors that pass: a file was replaced on the server
 * (ESTALE), a server restarts or a disk path fails over (EIO, ETIMEDOUT and the
 * like).  The functions here that only read or look try again, and others can with
 * file_try_again(); each operation has this many seconds (3 at the start).  If
 * go_on (may be NULL) returns false, that ends sooner, within half a second. */
void file_set_patience(double seconds, bool (*go_on)(void));
/* From now on all operations share those seconds.  When they are spent, each has 3
 * (or as many as before, if that is less), until file_set_patience() is called. */
void file_share_patience(void);
/* Is it one of the errors that pass? */
bool file_error_passes(int error);

struct file_tries { /* of one operation; zero-initialise */
	unsigned count;
	double until;
};
/* After an operation failed with errno: waits, and says whether to do it again,
 * from its open() on. */
bool file_try_again(struct file_tries *tries);

/* The stat of what the server has now, not of what this node remembers (NFS: for up
 * to a minute).  Opens the file, and does not read it.  -1 with errno. */
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

/* open(); a file that it makes has this mode, whatever the umask. */
int file_open_new(const char *path, int flags, mode_t mode);
/* mkdir() with this mode, whatever the umask; an inherited set-group-id bit stays. */
int file_make_directory(const char *path, mode_t mode);
int file_write_all(int fd, const char *data, size_t len);
int file_mkdirs(const char *path, mode_t mode, struct latsub_error *err);
/* Before it says no it opens the directory, so that files of other nodes count. */
bool file_exists(const char *path);
/* The same, but an error is not taken for no: -1 then. */
int file_look(const char *path, bool *exists, struct latsub_error *err);
/* fsync the directory of path, so that the name of a new file is durable. */
int file_sync_directory(const char *path);

char *file_join(const char *dir, const char *name); /* name absolute: name */
char *file_absolute(const char *path);  /* against the cwd; no symlinks read */
char *file_directory(const char *path); /* "." when there is none */
const char *file_basename(const char *path);
/* path relative to base if it lies below base, else path.  Points into path. */
const char *file_relative(const char *base, const char *path);

/* Does it belong to neither the caller nor root? */
bool file_is_others(const struct stat *st);
/* 0 when nobody but the caller and root can put another file in the place of path.
 * So the file, all directories that lead to it, the links among them and what they
 * lead to must belong to the caller or root, and others must not be able to write
 * to them (sticky directories are allowed).  The caller's private group does not
 * count as others.  If a mode is at fault, the text of *err has the chmod.  If the
 * file is not there, errno is ENOENT or ENOTDIR. */
int file_check_way(const char *path, struct latsub_error *err);
/* 0 when path (a link, and what it leads to) belongs to the caller or root, and
 * neither group nor others can write to it. */
int file_check_owner(const char *path, struct latsub_error *err);

/* The same for the owner alone, whatever the mode. */
int file_check_uid(const char *path, struct latsub_error *err);

/* 0 unless dir/name is a symbolic link that leads out of dir (or nowhere). */
int file_check_inside(const char *dir, const char *name,
                      struct latsub_error *err);

#endif
