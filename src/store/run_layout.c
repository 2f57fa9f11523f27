/*
 * run_layout.c - the names of what is in a run's directory.
 */
#include "latsub/run_layout.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/text.h"

#define HIDDEN ".latsub"
#define COPY HIDDEN "/experiment.ini" /* the newest */

static const char *const parts[RUN_PART_COUNT] = {
	[RUN_STATE] = RUN_STATE_NAME,
	[RUN_HIDDEN] = HIDDEN,
	[RUN_JOURNAL] = HIDDEN "/journal",
	[RUN_EXPERIMENT] = COPY,
	[RUN_ENVIRONMENT] = HIDDEN "/environment",
	[RUN_TEMPLATES] = HIDDEN "/slurm_templates",
	[RUN_COPIES] = HIDDEN "/copies",
	[RUN_LOCK] = HIDDEN "/submit.lock",
	[RUN_PROBE] = HIDDEN "/probe.XXXXXX",
	[RUN_LOGS] = "logs",
};

static const char *const copy_parts[RUN_COPY_PART_COUNT] = {
	[RUN_COPY_DIRECTORY] = "",
	[RUN_COPY_EXPERIMENT] = "/experiment.ini",
	[RUN_COPY_TEMPLATES] = "/slurm_templates",
	[RUN_COPY_WHOLE] = "/whole",
};

const char *
run_part_name(enum run_part part)
{
	return parts[part];
}

char *
run_path_in(const char *dir, enum run_part part)
{
	return file_join(dir, parts[part]);
}

char *
run_copy_name(const char *mark, enum run_copy_part part)
{
	return mark ? xasprintf("%s/%s%s", parts[RUN_COPIES], mark,
	                        copy_parts[part])
		: xasprintf("%s%s", parts[RUN_HIDDEN], copy_parts[part]);
}

char *
run_copy_path(const char *dir, const char *mark, enum run_copy_part part)
{
	char *name = run_copy_name(mark, part), *path = file_join(dir, name);

	free(name);
	return path;
}

bool
run_is_copy(const char *path)
{
	return text_ends(path, "/" COPY) || strcmp(path, COPY) == 0;
}
