/*
 * experiment.c - experiment.ini and templates, read and merged.
 */
#include "latsub/experiment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "latsub/file.h"
#include "latsub/inifile.h"
#include "latsub/program.h"

#define EXPERIMENT_MAX (16 * 1024 * 1024)
#define TEMPLATE_MAX (1024 * 1024)

#ifndef LATSUB_DATADIR
#define LATSUB_DATADIR "/usr/local/share/latsub"
#endif

static const char *
caller_variable(const char *name, void *user)
{
	(void)user;
	return getenv(name);
}

/* The phase that the section "phase NAME" is of, or NULL. */
static const char *
phase_of(const struct inifile_section *section)
{
	const char *rest = section->name + strlen("phase");

	return text_starts(section->name, "phase") && strspn(rest, " \t")
		? rest + strspn(rest, " \t") : NULL;
}

/* The section that "NAME.key" means, as the file spells it; or NULL. */
static const char *
find_section(const struct inifile *ini, const char *name, const char *set,
             struct latsub_errlist *errors)
{
	static const char *const fixed[] = { "experiment", "defaults", "env" };
	size_t count = inifile_section_count(ini), names_count = 0;
	const char **names = xcalloc(count + 3, sizeof *names);
	const char *found = NULL, *nearest;

	for (size_t i = 0; i < 3; i++) {
		names[names_count++] = fixed[i];
		if (strcmp(fixed[i], name) == 0)
			found = fixed[i];
	}
	for (size_t i = 0; i < count; i++) {
		const struct inifile_section *s = inifile_section(ini, i);
		const char *phase = phase_of(s);

		if (!phase)
			continue;
		names[names_count++] = phase;
		if (!found && strcmp(phase, name) == 0)
			found = s->name;
	}
	nearest = found ? NULL : text_nearest(name, names, names_count);
	if (!found)
		latsub_errlist_add(errors, "--set %.100s: the experiment has no "
		                   "phase '%.60s'%s%s%s", set, name,
		                   nearest ? "; did you mean '" : "",
		                   nearest ? nearest : "", nearest ? "'?" : "");
	free(names);
	return found;
}

/* "PHASE.KEY=VALUE", "SECTION.KEY=VALUE" or "NAME=VALUE" ([env]). */
static void
apply_set(struct inifile *ini, const char *set, struct variables *variables,
          struct latsub_errlist *errors)
{
	struct variable variable = { .source = VARIABLE_SET };

	const char *equals = strchr(set, '=');
	char *name = equals ? xstrndup(set, (size_t)(equals - set)) : NULL;
	/* phases may have dots in their names, keys only "array." */
	char *dot = name ? strstr(name, ".array.") : NULL;
	const char *section;

	if (name && !dot)
		dot = strrchr(name, '.');
	if (!name || !*name) {
		latsub_errlist_add(errors, "--set %s: write NAME=VALUE for a "
		                   "variable, or PHASE.KEY=VALUE", set);
	} else if (!dot) {
		inifile_set(ini, "env", name, equals + 1);
		variable.name = name;
		variable.value = (char *)(uintptr_t)(equals + 1);
		variables_add(variables, &variable);
	} else {
		*dot = '\0';
		section = find_section(ini, name, set, errors);
		if (section)
			inifile_set(ini, section, dot + 1, equals + 1);
	}
	free(name);
}

/* How long is "SECTION.KEY" in a --set of a key; 0: it sets a variable. */
static size_t
key_length(const char *set)
{
	size_t len = strcspn(set, "=");

	return memchr(set, '.', len) ? len : 0;
}

/* A later word for the same key takes the place of an earlier one. */
static void
remember_set(struct strlist *sets, const char *set)
{
	size_t len = key_length(set), i = 0;

	if (!len)
		return;
	while (i < sets->count && strncmp(sets->items[i], set, len + 1) != 0)
		i++;
	if (i == sets->count) {
		strlist_add(sets, set);
	} else {
		free(sets->items[i]);
		sets->items[i] = xstrdup(set);
	}
}

static void
apply_sets(struct experiment *experiment, struct inifile *ini,
           const struct experiment_inputs *inputs, struct variables *variables,
           struct latsub_errlist *errors)
{
	static const struct strlist none;
	const struct strlist *kept = inputs->kept ? inputs->kept : &none;
	const struct strlist *sets = inputs->sets ? inputs->sets : &none;

	for (size_t i = 0; i < kept->count; i++) {
		struct latsub_errlist gone = { 0 };

		apply_set(ini, kept->items[i], variables, &gone);
		latsub_errlist_clear(&gone);
		remember_set(&experiment->sets, kept->items[i]);
	}
	for (size_t i = 0; i < sets->count; i++) {
		apply_set(ini, sets->items[i], variables, errors);
		remember_set(&experiment->sets, sets->items[i]);
	}
}

static struct spec_item *
items_of(const struct inifile *ini, size_t *count)
{
	size_t sections = inifile_section_count(ini), n = 0;
	struct spec_item *items = xcalloc(sections + inifile_count(ini),
	                                  sizeof *items);

	for (size_t i = 0; i < sections; i++)
		items[n++] = (struct spec_item){
			.section = inifile_section(ini, i)->name,
			.line = inifile_section(ini, i)->line };
	for (size_t i = 0; i < inifile_count(ini); i++) {
		const struct inifile_entry *entry = inifile_entry(ini, i);

		items[n++] = (struct spec_item){ entry->section, entry->key,
			entry->value, entry->line };
	}
	*count = n;
	return items;
}

/* ---- templates ---- */

char *
experiment_template_copy(const char *dir, const char *name)
{
	char *path = xasprintf("%s/slurm_templates/%s.sh", dir, name);

	/* a template given by its path becomes one name */
	for (char *p = path + strlen(path) - strlen(name) - 3; *p; p++) {
		if (*p == '/')
			*p = '_';
	}
	return path;
}

static char *
find_template(const struct experiment *experiment, const char *name)
{
	char *home = file_directory(experiment->file);
	char *places[6] = { 0 }, *found = NULL;

	places[0] = experiment_template_copy(home, name);
	if (strchr(name, '/')) {
		places[1] = file_join(home, name);
	} else {
		places[1] = xasprintf("%s/slurm_templates/%s", home, name);
		places[2] = program_beside("../share/latsub/slurm_templates");
		places[3] = xstrdup(LATSUB_DATADIR "/slurm_templates");
		places[4] = program_beside("slurm_templates");
		for (size_t i = 2; i < 5; i++) {
			char *dir = places[i];

			places[i] = xasprintf("%s/%s.sh", dir, name);
			free(dir);
		}
	}
	for (size_t i = 0; i < 5; i++) {
		if (places[i] && !found && file_exists(places[i]))
			found = places[i];
		else
			free(places[i]);
	}
	free(home);
	return found;
}

/* Are there lines that the shell would run? */
static bool
has_commands(const char *text)
{
	for (const char *line = text; *line; ) {
		size_t len = strcspn(line, "\n");

		if (len > 0 && line[0] != '#'
		    && line[strspn(line, " \t\r")] != '\n')
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}

static void
read_template(struct experiment *experiment, struct experiment_template *to,
              const char *where, struct latsub_errlist *errors)
{
	struct latsub_error err = { 0 };
	struct job_options options = { 0 };
	char *text = NULL;
	size_t len = 0;

	to->path = find_template(experiment, to->name);
	if (!to->path && strchr(to->name, '/')) {
		latsub_errlist_add(errors, "%s: template = %s: there is no such "
		                   "file; a path is relative to the "
		                   "experiment's", where, to->name);
		return;
	}
	if (!to->path) {
		latsub_errlist_add(errors, "%s: template = %s: there is no "
		                   "slurm_templates/%s.sh beside the experiment, "
		                   "and latsub brings none of that name; a path "
		                   "with a '/' works too", where, to->name,
		                   to->name);
		return;
	}
	if (file_read(to->path, TEMPLATE_MAX, &text, &len, NULL, &err)) {
		latsub_errlist_add(errors, "%s: template = %s: %s", where,
		                   to->name, err.text);
		return;
	}
	if (strlen(text) != len)
		latsub_errlist_add(errors, "%s: a NUL byte; this is no script",
		                   to->path);
	options_read_template(&options, to->path, text, errors);
	spec_apply_template(experiment->spec, to->name, &options);
	to->has_commands = has_commands(text);
	to->text = text;
	options_clear(&options);
}

static void
read_templates(struct experiment *experiment, struct latsub_errlist *errors)
{
	struct spec *spec = experiment->spec;
	struct strmap *seen = strmap_create();

	for (size_t i = 0; i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[i];
		char *where;

		if (!phase->template || strmap_get(seen, phase->template))
			continue;
		strmap_set(seen, phase->template, seen);
		GROW(experiment->templates, experiment->template_count);
		experiment->templates[experiment->template_count] =
			(struct experiment_template){
				.name = xstrdup(phase->template) };
		where = xasprintf("%s:%d", spec->file, phase->line);
		read_template(experiment,
			&experiment->templates[experiment->template_count++],
			where, errors);
		free(where);
	}
	strmap_destroy(seen);
}

static void
find_workdir(struct experiment *experiment, const char *workdir)
{
	char *home = file_directory(experiment->file), *joined;

	if (workdir) {
		experiment->workdir = file_absolute(workdir);
	} else {
		joined = file_join(home, experiment->spec->workdir);
		experiment->workdir = file_absolute(
			strcmp(experiment->spec->workdir, ".") ? joined : home);
		free(joined);
	}
	free(home);
}

char *
experiment_check(const char *text, size_t len)
{
	return xasprintf("%08lx", crc32(0, (const Bytef *)text, (uInt)len));
}

/* Take out the sections of other phases; a header begins a line.  Line numbers
 * are not right after that, and jobs report none. */
static size_t
keep_phase(char *text, const char *phase)
{
	char *header = xasprintf("[phase %s]", phase), *to = text;
	bool keep = true;

	for (const char *line = text; *line; ) {
		size_t len = strcspn(line, "\n");

		len += line[len] == '\n';
		if (line[0] == '[')
			keep = !text_starts(line, "[phase")
				|| text_starts(line, header);
		if (keep) {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
	free(header);
	return (size_t)(to - text);
}

/* What was given to the run stays with it, even where the file does not name it any
 * more; what the file gave goes with the file. */
static void
keep_variables(struct spec *spec, const struct variable_sources *sources)
{
	for (size_t i = 0; sources->run && i < sources->run->count; i++) {
		const struct variable *then = &sources->run->items[i];
		struct variable variable;

		if (then->source == VARIABLE_FILE
		    || variables_find(&spec->env, then->name)
		    || !variable_choose(sources, then->name, NULL, &variable))
			continue;
		variables_add(&spec->env, &variable);
		variable_clear(&variable);
	}
}

static struct experiment *
load(const char *file, const struct experiment_inputs *inputs,
     const char *only_phase, struct latsub_errlist *errors)
{
	static const struct experiment_inputs none;
	struct experiment *experiment = xcalloc(1, sizeof *experiment);
	struct variables set = { 0 };
	struct variable_sources sources = { .set = &set };
	struct latsub_error err = { 0 };
	struct spec_item *items;
	struct inifile *ini;
	char *text = NULL;
	size_t len = 0, count;

	inputs = inputs ? inputs : &none;
	sources.run = inputs->variables;
	if (!inputs->keep_env)
		sources.environment = caller_variable;
	experiment->file = file_absolute(file);
	errno = 0;
	if (file_read(file, EXPERIMENT_MAX, &text, &len, NULL, &err)) {
		errors->system |= errno == EIO || errno == ESTALE;
		latsub_errlist_add(errors, "%s%s", err.text, errno != ENOENT
		                   ? "" : "; name the experiment's file, or "
		                   "'latsub init' writes a starter");
	}
	experiment->check = experiment_check(text ? text : "", len);
	if (text && only_phase)
		len = keep_phase(text, only_phase);
	ini = inifile_parse(file, text ? text : "", len, INI_PLAIN, errors);
	if (text)
		apply_sets(experiment, ini, inputs, &set, errors);
	experiment->text = inifile_render(ini, &experiment->text_len);
	if (text) {
		items = items_of(ini, &count);
		experiment->spec = spec_create(file, items, count, &sources,
		                               errors);
		free(items);
		keep_variables(experiment->spec, &sources);
		find_workdir(experiment, inputs->workdir);
		read_templates(experiment, errors);
	}
	inifile_destroy(ini);
	variables_clear(&set);
	free(text);
	return experiment;
}

struct experiment *
experiment_load(const char *file, const struct experiment_inputs *inputs,
                struct latsub_errlist *errors)
{
	return load(file, inputs, NULL, errors);
}

struct experiment *
experiment_load_phase(const char *file, const char *phase,
                      const struct experiment_inputs *inputs,
                      struct latsub_errlist *errors)
{
	return load(file, inputs, phase, errors);
}

char *
experiment_mark(const struct experiment *experiment)
{
	struct strbuf all = { 0 };
	char *mark;

	strbuf_add(&all, experiment->text, experiment->text_len);
	for (size_t i = 0; i < experiment->template_count; i++)
		strbuf_printf(&all, "\n[%s]\n%s", experiment->templates[i].name,
		              experiment->templates[i].text);
	mark = variables_mark(strbuf_str(&all));
	strbuf_clear(&all);
	return mark;
}

void
experiment_destroy(struct experiment *experiment)
{
	if (!experiment)
		return;
	for (size_t i = 0; i < experiment->template_count; i++) {
		free(experiment->templates[i].name);
		free(experiment->templates[i].path);
		free(experiment->templates[i].text);
	}
	free(experiment->templates);
	strlist_clear(&experiment->sets);
	spec_destroy(experiment->spec);
	free(experiment->file);
	free(experiment->workdir);
	free(experiment->text);
	free(experiment->check);
	free(experiment);
}
