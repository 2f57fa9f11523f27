/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bare_submit.c - the least that a program can do to submit N jobs: a loop of
 * slurm_submit_batch_job(), the first job held, and released at the end.
 *
 * Usage: bare_submit N chain|fan SCRIPT PREFIX
 * In:  SCRIPT is the text of every job, PREFIX goes before the log's name.
 * Out: the job ids, one in a line.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

extern char **environ;
/* versions of libslurm that are too old for it do without */
extern void slurm_init(const char *conf) __attribute__((weak));

static char *
read_script(const char *path)
{
	static char text[64 * 1024];
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file) {
		perror(path);
		exit(2);
	}
	len = fread(text, 1, sizeof text - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static uint32_t
submit(char *script, const char *prefix, unsigned i, uint32_t parent,
       char *directory, uint32_t env_size)
{
	submit_response_msg_t *response = NULL;
	char name[32], comment[64], dependency[32], output[PATH_MAX];
	job_desc_msg_t desc;
	uint32_t id;

	snprintf(name, sizeof name, "p%05u", i);
	snprintf(comment, sizeof comment, "latsub=bench:%s:1", name);
	snprintf(dependency, sizeof dependency, "afterok:%u", parent);
	snprintf(output, sizeof output, "%s%s-%%j.log", prefix, name);
	slurm_init_job_desc_msg(&desc);
	desc.name = name;
	desc.script = script;
	desc.work_dir = directory;
	desc.std_out = output;
	desc.std_in = (char *)"/dev/null";
	desc.comment = comment;
	desc.user_id = getuid();
	desc.group_id = getgid();
	desc.time_limit = 10;
	desc.cpus_per_task = 1;
	desc.min_cpus = 1;
	desc.requeue = 1;
	desc.open_mode = OPEN_MODE_APPEND;
	desc.bitflags |= KILL_INV_DEP;
	if (parent)
		desc.dependency = dependency;
	else
		desc.priority = 0; /* hold */
	desc.environment = environ;
	desc.env_size = env_size;
	if (slurm_submit_batch_job(&desc, &response)) {
		slurm_perror("submission");
		exit(4);
	}
	id = response->job_id;
	slurm_free_submit_response_response_msg(response);
	return id;
}

static void
release(uint32_t job)
{
	job_desc_msg_t desc;

	slurm_init_job_desc_msg(&desc);
	desc.job_id = job;
	desc.priority = INFINITE;
	if (slurm_update_job(&desc)) {
		slurm_perror("release");
		exit(4);
	}
}

int
main(int argc, char **argv)
{
	unsigned n = argc == 5 ? (unsigned)atoi(argv[1]) : 0;
	char directory[PATH_MAX], *script;
	uint32_t first = 0, last = 0, env_size = 0;
	int chain;

	if (n == 0 || !getcwd(directory, sizeof directory)) {
		fprintf(stderr, "Usage: bare_submit N chain|fan SCRIPT PREFIX\n");
		return 2;
	}
	chain = strcmp(argv[2], "chain") == 0;
	script = read_script(argv[3]);
	if (slurm_init)
		slurm_init(NULL);
	while (environ[env_size])
		env_size++;
	for (unsigned i = 0; i < n; i++) {
		last = submit(script, argv[4], i, chain ? last : first,
		              directory, env_size);
		first = first ? first : last;
		printf("%u\n", last);
	}
	release(first);
	return 0;
}
