/*
 * load.c - find and load the Slurm module.
 *
 * Places, in order: $LATSUB_SLURM_MODULE; beside an installed binary
 * (../lib/latsub); the configured library directory; the build tree.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/program.h"
#include "latsub/slurm.h"
#include "latsub/text.h"

#ifndef LATSUB_PKGLIBDIR
#define LATSUB_PKGLIBDIR "/usr/local/lib/latsub"
#endif

static const struct slurm_ops *
load_from(const char *path, struct strbuf *tried)
{
	const struct slurm_ops *(*get_ops)(void);
	const struct slurm_ops *ops;
	void *handle;

	if (access(path, R_OK) != 0) {
		strbuf_printf(tried, "%s%s", tried->len ? ", " : "", path);
		return NULL;
	}
	/* global: libslurm's own plugins look for its symbols there */
	handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!handle) {
		strbuf_printf(tried, "%s%s", tried->len ? ", " : "", dlerror());
		return NULL;
	}
	/* the one way that ISO C leaves for a function from dlsym */
	*(void **)&get_ops = dlsym(handle, SLURM_OPS_SYMBOL);
	ops = get_ops ? get_ops() : NULL;
	if (!ops || ops->version != SLURM_OPS_VERSION) {
		strbuf_printf(tried, "%s%s: of another version of latsub",
		              tried->len ? ", " : "", path);
		dlclose(handle);
		return NULL;
	}
	return ops;
}

const struct slurm_ops *
slurm_load(struct latsub_error *err)
{
	static const struct slurm_ops *loaded;
	const char *named = getenv("LATSUB_SLURM_MODULE");
	char *places[4];
	struct strbuf tried = { 0 };

	if (loaded)
		return loaded;
	if (named) {
		loaded = load_from(named, &tried);
	} else {
		places[0] = program_beside("../lib/latsub/slurm.so");
		places[1] = xstrdup(LATSUB_PKGLIBDIR "/slurm.so");
		places[2] = program_beside(".libs/slurm.so");
		places[3] = program_beside("slurm.so");
		for (size_t i = 0; i < 4; i++) {
			if (!loaded)
				loaded = load_from(places[i], &tried);
			free(places[i]);
		}
	}
	if (!loaded)
		latsub_error_set(err, LATSUB_SLURM, "latsub's Slurm module does "
			"not load, or was not built (%.1500s)",
			strbuf_str(&tried));
	strbuf_clear(&tried);
	return loaded;
}
