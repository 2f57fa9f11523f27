/*
 * journal.h - the append-only truth: one JSON line for each event, in one
 * file for each node, each line with a checksum.
 *
 * No lock between nodes is needed: only processes of one node append to one
 * file, under flock.  Readers skip a torn last line; the next writer begins a new
 * line after it.
 */
#ifndef LATSUB_JOURNAL_H
#define LATSUB_JOURNAL_H

#include <sys/types.h>
#include <time.h>

#include "latsub/error.h"
#include "latsub/state.h"

#define JOURNAL_LINE_MAX (16 * 1024 * 1024) /* bytes; longer ones are no lines */

/* One line, with its newline; appended to out. */
void journal_encode(const struct event *event, struct strbuf *out);

enum journal_line { JOURNAL_EVENT, JOURNAL_DAMAGED, JOURNAL_FOREIGN };
/* Decode a line without its newline.  JOURNAL_FOREIGN: its checksum is right, but
 * its version or kind is not known here.  After JOURNAL_EVENT the caller clears
 * *event. */
enum journal_line journal_decode(const char *line, size_t len,
                                 struct event *event);

/* This node's file name: HOST-BOOTID.jsonl (two nodes may share a name). */
char *journal_file_name(void);

/* Append events to this node's file in dir.  sync: they are durable when this
 * returns 0.  After -1 some of them may be in the file, each whole or not at all. */
int journal_append(const char *dir, const struct event *events, size_t count,
                   bool sync, struct latsub_error *err);
int journal_sync(const char *dir, struct latsub_error *err);

/* Call each for all events of a kind, file by file: for the rare question that the
 * folded state cannot answer.  The event is valid during the call only.  -1: some
 * may be missing, so conclude nothing from those that came. */
typedef void journal_scan_f(const struct event *event, void *user);
int journal_scan(const char *dir, enum event_kind kind, journal_scan_f *each,
                 void *user, struct latsub_error *err);
/* Of several kinds, bits 1u << kind, while reading the files once. */
int journal_scan_kinds(const char *dir, uint32_t kinds, journal_scan_f *each,
                       void *user, struct latsub_error *err);

/* Read every line of every file.  file counts from 0, in the order of the names.
 * each() clears the event. */
struct journal_reading {
	struct strlist files;
	uint64_t damaged, foreign; /* lines; a torn last line does not count */
	struct strlist damaged_at; /* "FILE:LINE", the first few */
};
typedef void journal_read_f(struct event *event, uint32_t file, uint32_t line,
                            void *user);
int journal_read(const char *dir, journal_read_f *each, void *user,
                 struct journal_reading *reading, struct latsub_error *err);
void journal_reading_clear(struct journal_reading *reading);

/* Does dir have a journal to which something was written?  -1: not known. */
int journal_exists(const char *dir, bool *exists, struct latsub_error *err);

/* How far each node's file is folded. */
struct journal_offset {
	char *host; /* the file's name without ".jsonl" */
	off_t offset;
	char mark[9]; /* a checksum of what stands before the offset, or "" */
	uint64_t passed, held; /* damaged lines before the offset, and after it */
	bool settled;     /* only damaged lines hold the offset back; the members
	                   * below are of the file when it was read */
	off_t seen_size;
	struct timespec seen_mtime, seen_ctime;
	int64_t seen_since; /* by this node's monotonic clock; 0: not seen yet */
};

struct journal_offsets {
	struct journal_offset *items;
	size_t count;
	struct strmap *by_host; /* -> index; made when needed */
	bool glance; /* take the sizes that this node remembers (NFS: they may be
	              * a minute old); else open each file to get its size */
	uint64_t damaged, foreign; /* lines passed over in this read */
	uint64_t waiting;    /* events of a phase or generation not known (yet) */
	uint64_t bytes_read; /* of events, so far */
	/* of the files that were read, one ...  others: belongs to another user;
	 * writable: has a mode by which others may write to it; linked: has such a mode
	 * and a second hard link, where others may reach it */
	bool others, writable, linked;
};

void journal_set_offset(struct journal_offsets *offsets, const char *host,
                        off_t offset, const char *mark);
void journal_offsets_clear(struct journal_offsets *offsets);

/* A damaged line may become whole, since NFS may deliver the bytes of a file out of
 * order.  So an offset moves past it only when a later line of the file is by this
 * much later than the first whole line after the damage, by that node's clock; or
 * when another file of the journal was written to an hour later, by the file
 * server's clock. */
#define JOURNAL_DAMAGE_SEC 300
#define JOURNAL_SETTLED_SEC 3600

/* Fold what is new in dir into state, and move the offsets.  If a file's length or
 * mark shows that it is not the file that was read before, it is read from its
 * beginning.  *changed (may be NULL): whether anything was read. */
int journal_fold(const char *dir, struct journal_offsets *offsets,
                 struct state *state, bool *changed,
                 struct latsub_error *err);

#endif
