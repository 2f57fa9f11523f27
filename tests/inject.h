/*
 * inject.h - make the Nth file operation under a directory fail.
 *
 * Linked into a unit test, or preloaded into a program, which then reads
 * INJECT_DIR, INJECT_AT and INJECT_HOW from its environment, takes them out of
 * it (what it starts is left alone), and writes what failed to INJECT_LOG.
 *
 *   EIO             anything: also reading, looking, listing
 *   ESTALE          what reads, looks, lists: NFS, the file was replaced
 *   ENOSPC, EDQUOT  what makes or writes or syncs
 *   UNSYNCED        EIO for what syncs
 *   ENOLCK          flock
 *   SHORT           the write is cut in half, and is no error
 *   UNLOCKED        the same, and flock always fails with ENOLCK
 *   FULL            as SHORT, but from there on there is no space at all
 *   DEAD            EIO, from there on all of them
 */
#ifndef LATSUB_TESTS_INJECT_H
#define LATSUB_TESTS_INJECT_H

/* Begin to count; at 0 counts only. */
void inject_arm(const char *dir, long at, const char *how);
/* Stop.  Returns what failed, "write /path", or NULL when nothing did; valid
 * until the next inject_arm. */
const char *inject_disarm(void);
/* Called after a write was cut short: what another process does meanwhile. */
extern void (*inject_between)(void);

#endif
