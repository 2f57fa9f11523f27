/*
 * module.h - what the files of the Slurm module share.
 */
#ifndef LATSUB_SLURM_MODULE_H
#define LATSUB_SLURM_MODULE_H

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include "latsub/slurm.h"

/* Turn the library's last error into an answer, with Slurm's own words. */
enum slurm_answer module_failed(const char *what, struct latsub_error *err);
/* The library's last error number. */
int module_errno(void);

/* Why the job waits or failed: of its state_reason, by number; and in words, as
 * squeue has them (caller frees). */
enum slurm_why module_why(const slurm_job_info_t *job);
char *module_reason(const slurm_job_info_t *job);

/* Could the nodes of its partitions run it, were they up and idle?  True, too, in
 * doubt.  *all_up: they are all up, so nothing better is to come. */
bool module_may_fit(const job_desc_msg_t *desc, bool *all_up);

/* Between the two what is printed to standard error is kept, to be looked at. */
struct module_capture {
	int file, saved;
};
void module_capture_begin(struct module_capture *capture);
void module_capture_end(struct module_capture *capture, char *text,
                        size_t size);

enum slurm_answer module_submit(const struct slurm_request *request,
                                uint32_t *job_id, struct latsub_error *err);
enum slurm_answer module_can_run(const struct slurm_request *request,
                                 struct latsub_error *err);
enum slurm_answer module_cluster(struct slurm_cluster *out,
                                 struct latsub_error *err);
enum slurm_answer module_jobs_of_user(uid_t uid, struct slurm_jobs *out,
                                      struct latsub_error *err);
enum slurm_answer module_job(uint32_t job_id, struct slurm_jobs *out,
                             struct latsub_error *err);
enum slurm_answer module_update(const char *id,
                                const struct slurm_update *update,
                                struct latsub_error *err);
enum slurm_answer module_cancel(const char *id, struct latsub_error *err);
enum slurm_answer module_requeue(const char *id, struct latsub_error *err);
enum slurm_answer module_node_lost(const char *nodes, bool *lost,
                                   struct latsub_error *err);
enum slurm_answer module_largest_memory(const char *partition, int64_t *mem_mib,
                                        struct latsub_error *err);

#endif
