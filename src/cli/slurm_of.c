/*
 * slurm_of.c - the Slurm that a run was submitted to.
 *
 * A run remembers its SLURM_CONF where that was not what the machine has by itself.
 * Beware: a slurm.conf names plugins, which libslurm loads into this process.  So
 * this is the one place that takes it from a run, and only from one that is the
 * caller's own, and only a file that nobody else can replace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/file.h"

const struct slurm_ops *
cli_open_slurm(struct latsub_error *err)
{
	const struct slurm_ops *slurm = slurm_load(err);

	return slurm && slurm->open(err) == 0 ? slurm : NULL;
}

/* Does the Slurm that is asked have the name of the run's?  *name: NULL where it does
 * not say. */
static bool
is_cluster_of(const struct run *run, const struct slurm_ops *slurm,
              const char **name)
{
	const char *cluster = state_metadata(run->state, "cluster");
	struct latsub_error err;

	return cli_ask_cluster(slurm, name, &err) == SLURM_YES && *name
		&& cluster && strcmp(*name, cluster) == 0;
}

static void
say(const char *text)
{
	char *clean = text_sanitise(text, strlen(text));

	fprintf(stderr, "latsub: %s\n", clean);
	free(clean);
}

/* Another's run: only to be looked at, and by the caller's own Slurm. */
static const struct slurm_ops *
open_for_another(const struct run *run, const char *conf,
                 const struct latsub_error *why, struct latsub_error *err)
{
	const char *cluster = state_metadata(run->state, "cluster");
	const struct slurm_ops *slurm;
	const char *name = NULL;
	char *text;

	if (conf) {
		text = xasprintf("%s; its SLURM_CONF (%s) is not used: if you "
			"trust it, set it yourself", why->text, conf);
		say(text);
		free(text);
	}
	slurm = cli_open_slurm(err);
	if (slurm && cluster && !is_cluster_of(run, slurm, &name)) {
		latsub_error_set(err, LATSUB_SLURM, "it was submitted to cluster "
			"%s, and yours is %s: Slurm is not asked", cluster,
			name ? name : "not known");
		slurm = NULL;
	}
	return slurm;
}

/* The remembered file is gone, or is not to be trusted: the Slurm of the
 * environment will do if it is the same. */
static const struct slurm_ops *
open_instead(const struct run *run, const char *conf, const char *why,
             struct latsub_error *err)
{
	const char *cluster = state_metadata(run->state, "cluster");
	const char *now = getenv("SLURM_CONF");
	const struct slurm_ops *slurm = cli_open_slurm(err);
	const char *name = NULL;
	char *text, *words;

	if (slurm && is_cluster_of(run, slurm, &name)) {
		text = xasprintf("this run was submitted with SLURM_CONF=%s, "
			"which is not used (%s); the Slurm %s has the same name, "
			"%s, and is asked", conf, why, now
			? "of your SLURM_CONF" : "of this machine", name);
		say(text);
		free(text);
		return slurm;
	}
	words = xasprintf("%s%s%s", slurm ? "the Slurm here is " : "",
		!slurm ? err->text : name ? name : "one that does not answer",
		slurm ? ", another" : "");
	latsub_error_set(err, LATSUB_SLURM, "this run was submitted to cluster %s "
		"with SLURM_CONF=%s, which is not used (%s), and %s; set SLURM_CONF "
		"to that cluster's slurm.conf, or write its path to slurm_conf= "
		"in [metadata] of %s", cluster ? cluster : "?", conf, why, words,
		run->state_path);
	free(words);
	return NULL;
}

const struct slurm_ops *
cli_open_slurm_of(const struct run *run, struct latsub_error *err)
{
	const char *conf = state_metadata(run->state, "slurm_conf");
	const char *now = getenv("SLURM_CONF");
	struct latsub_error why = { 0 };

	if (conf && (!*conf || (now && strcmp(conf, now) == 0)))
		conf = NULL; /* nothing to choose */
	if (run_check_owner(run, &why))
		return open_for_another(run, conf, &why, err);
	if (conf && file_check_way(conf, &why))
		return open_instead(run, conf, why.text, err);
	if (conf)
		setenv("SLURM_CONF", conf, 1);
	return cli_open_slurm(err);
}

int
cli_check_slurm_conf(bool is_own, struct latsub_error *err)
{
	char *conf = slurm_conf_to_remember();
	struct latsub_error why = { 0 };
	int rc = *conf ? file_check_way(conf, &why) : 0;

	if (rc && is_own) {
		text_print(stderr, "latsub: %s; so later commands do not take "
		           "SLURM_CONF=%s from the run: keep it set\n", why.text,
		           conf);
		rc = 0;
	} else if (rc) {
		latsub_error_set(err, LATSUB_USAGE, "--local: %s; later "
			"commands, cancel too, would not take %s from the run; or "
			"set LATSUB_SANDBOX_DIR to a directory that is yours alone; "
			"nothing is submitted", why.text, conf);
	}
	free(conf);
	return rc;
}

bool
cli_ask_jobs(const struct run *run, const struct slurm_ops *slurm,
             struct slurm_jobs *jobs, struct latsub_error *err)
{
	uid_t owner = run_owner(run);

	if (owner != geteuid() && run_place(run) == RUN_UNSURE) {
		latsub_error_set(err, LATSUB_USAGE, "it was in another directory, "
			"and whether this is a copy cannot be told");
		return false;
	}
	if (cli_check_cluster(run, slurm, err) != SLURM_YES
	    || slurm->jobs_of_user(owner, jobs, err) != SLURM_YES)
		return false;
	if (owner == geteuid() || jobs->count)
		return true;
	/* PrivateData hides them: none seen is not none there */
	latsub_error_set(err, LATSUB_SLURM, "Slurm shows you no jobs of user %u",
	                 (unsigned)owner);
	return false;
}
