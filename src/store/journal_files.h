/*
 * journal_files.h - the files of a journal.
 */
#ifndef LATSUB_STORE_JOURNAL_FILES_H
#define LATSUB_STORE_JOURNAL_FILES_H

#include "latsub/error.h"
#include "latsub/text.h"

/* Their names in dir, as the server has them now.  A directory that is not there
 * has none; -1: they cannot be told. */
int journal_list_files(const char *dir, struct strlist *names,
                       struct latsub_error *err);

#endif
