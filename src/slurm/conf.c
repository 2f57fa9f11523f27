/*
 * conf.c - is the environment's SLURM_CONF worth remembering?
 *
 * Where it names what the machine has by itself, it is not: such a file moves with
 * the site, and one that slurmd keeps for itself (configless: conf-cache) is another
 * on each node, and goes away.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"
#include "latsub/file.h"
#include "latsub/slurm.h"
#include "latsub/text.h"

static bool
is_default(const char *conf)
{
	struct stat here, there;

	if (stat(conf, &here))
		return false;
	for (size_t i = 0; i < sizeof conf_places / sizeof *conf_places; i++) {
		if (stat(conf_places[i], &there) == 0
		    && here.st_dev == there.st_dev
		    && here.st_ino == there.st_ino)
			return true;
	}
	return false;
}

bool
slurm_conf_is_cache(const char *conf)
{
	char *real = realpath(conf, NULL);
	bool cached = strstr(conf, "/conf-cache/")
		|| text_starts(conf, "/run/slurm/conf/")
		|| (real && strstr(real, "/conf-cache/"));

	free(real);
	return cached;
}

char *
slurm_conf_to_remember(void)
{
	const char *conf = getenv("SLURM_CONF");

	if (!conf || !*conf || slurm_conf_is_cache(conf) || is_default(conf))
		return xstrdup("");
	return file_absolute(conf);
}
