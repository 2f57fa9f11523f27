/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that are whole or absent, whatever interrupts their writer: temporary
 * name, fsync, rename, fsync of the directory.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_path(struct error *error, const char *format, ...)
{
    va_list arguments;
    int length;
    char *path;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    path = length < 0 ? NULL : malloc((size_t)length + 1);
    if (!path) {
        error_set(error, "out of memory");
        return NULL;
    }
    va_start(arguments, format);
    vsnprintf(path, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return path;
}

int directory_make(const char *path, struct error *error)
{
    char *copy = file_path(error, "%s/", path);
    int result = copy ? 0 : -1;

    for (char *p = copy; result == 0 && *p; p++) {
        if (*p != '/' || p == copy)
            continue;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            result = error_set(error, "%s: cannot create the directory: %s",
                               copy, strerror(errno));
        *p = '/';
    }
    free(copy);
    return result;
}

int directory_make_above(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *directory;
    int result;

    if (!slash)
        return 0;
    directory = file_path(error, "%.*s", (int)(slash - path), path);
    result = directory ? directory_make(directory, error) : -1;
    free(directory);
    return result;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t count = write(fd, data, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        data += count;
        size -= (size_t)count;
    }
    return 0;
}

static int write_and_sync(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int saved;

    if (fd < 0)
        return -1;
    if (write_all(fd, data, size) == 0 && fsync(fd) == 0)
        return close(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result, saved;

    if (fd < 0)
        return -1;
    result = fsync(fd);
    saved = errno;
    close(fd);
    errno = saved;
    /* Some network file systems cannot sync a directory; the rename stands. */
    return result != 0 && errno == EINVAL ? 0 : result;
}

int file_replace(const char *path, const void *data, size_t size,
                 struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    int directory_length = slash ? (int)(slash - path) : 1;
    char *directory, *temporary = NULL;
    int result = -1;

    directory = file_path(error, "%.*s", directory_length, slash ? path : ".");
    if (!directory)
        goto done;
    temporary = file_path(error, "%s/.%s.tmp", directory, name);
    if (!temporary)
        goto done;
    if (write_and_sync(temporary, data, size) != 0 ||
        rename(temporary, path) != 0 || sync_directory(directory) != 0) {
        error_set(error, "%s: cannot write: %s", path, strerror(errno));
        unlink(temporary);
        goto done;
    }
    result = 0;
done:
    free(temporary);
    free(directory);
    return result;
}

int file_append_line(const char *path, const char *line, struct error *error)
{
    size_t length = strlen(line);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    ssize_t count;

    if (fd < 0)
        return error_set(error, "%s: cannot open: %s", path, strerror(errno));
    count = write(fd, line, length);
    if (count != (ssize_t)length)
        error_set(error, "%s: cannot append: %s", path,
                  count < 0 ? strerror(errno) : "short write");
    if (close(fd) != 0 && count == (ssize_t)length)
        return error_set(error, "%s: cannot close: %s", path, strerror(errno));
    return count == (ssize_t)length ? 0 : -1;
}

char *file_read(const char *path, size_t *size, struct error *error)
{
    FILE *file = fopen(path, "rbe");
    struct stat status;
    char *data = NULL;

    if (!file || fstat(fileno(file), &status) != 0) {
        error_set(error, "%s: cannot open: %s", path, strerror(errno));
        goto done;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(error, "%s: not a regular file", path);
        goto done;
    }
    data = malloc((size_t)status.st_size + 1);
    if (!data) {
        error_set(error, "%s: out of memory", path);
        goto done;
    }
    *size = fread(data, 1, (size_t)status.st_size, file);
    data[*size] = '\0';
    if (ferror(file)) {
        error_set(error, "%s: cannot read: %s", path, strerror(errno));
        free(data);
        data = NULL;
    }
done:
    if (file)
        fclose(file);
    return data;
}
