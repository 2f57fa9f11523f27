/*
 * experiment_keys.c - the table of the keys of [experiment], each with its reader.
 */
#include "experiment_keys.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct experiment_key;

/* What is wrong goes into errors as "WHERE: ...". */
typedef void read_f(struct spec *spec, const struct experiment_key *key,
                    const char *value, const char *where,
                    struct latsub_errlist *errors);

struct experiment_key {
	const char *name;
	read_f *read;
	size_t member;       /* of struct spec, where it is text */
	const char *example; /* a value that is not the default */
};

static void
read_text(struct spec *spec, const struct experiment_key *key,
          const char *value, const char *where, struct latsub_errlist *errors)
{
	char **member = (char **)((char *)spec + key->member);

	free(*member);
	*member = xstrdup(value);
	if (!*value)
		latsub_errlist_add(errors, "%s: %s is empty", where, key->name);
}

static void
read_name(struct spec *spec, const struct experiment_key *key,
          const char *value, const char *where, struct latsub_errlist *errors)
{
	size_t len = strlen(value);

	(void)key;
	free(spec->name);
	spec->name = xstrdup(value);
	if (len == 0 || len > 100 || strchr(value, '/') || value[0] == '.')
		latsub_errlist_add(errors, "%s: name = '%.60s' is to be part "
		                   "of a directory's name: 1 to 100 bytes, no "
		                   "'/', no '.' first", where, value);
}

static void
read_umask(struct spec *spec, const struct experiment_key *key,
           const char *value, const char *where, struct latsub_errlist *errors)
{
	size_t digits = strspn(value, "01234567");
	unsigned long mask = strtoul(value, NULL, 8);

	(void)key;
	if (digits == 0 || digits > 4 || value[digits] || mask > 0777)
		latsub_errlist_add(errors, "%s: umask = '%.60s' is to be octal, "
		                   "as umask(1) has it: 077, 027 or 022",
		                   where, value);
	else if ((mask & 022) != 022)
		latsub_errlist_add(errors, "%s: umask = %s: others could write "
		                   "to the run, and so have your jobs run what "
		                   "they like; take 077, 027 or 022",
		                   where, value);
	else if (mask & 0700)
		latsub_errlist_add(errors, "%s: umask = %s: you could not use "
		                   "the run yourself; take 077, 027 or 022",
		                   where, value);
	else
		spec->umask = (unsigned)mask;
}

#define TEXT(key) .name = #key, .read = read_text, \
	.member = offsetof(struct spec, key)

static const struct experiment_key keys[] = {
	{ .name = "name", .read = read_name, .example = "demo" },
	{ TEXT(workdir), .example = "work" },
	{ TEXT(output_root), .example = "results" },
	{ TEXT(checkpoint_phase), .example = "training" },
	{ .name = "umask", .read = read_umask, .example = "027" },
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

bool
experiment_keys_set(struct spec *spec, const char *key, const char *value,
                    const char *where, struct latsub_errlist *errors)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].name, key) != 0)
			continue;
		keys[i].read(spec, &keys[i], value, where, errors);
		return true;
	}
	return false;
}

const char *
experiment_keys_name(size_t i)
{
	return i < KEY_COUNT ? keys[i].name : NULL;
}

const char *
experiment_keys_example(size_t i)
{
	return keys[i].example;
}

const char *
experiment_keys_nearest(const char *key)
{
	const char *names[KEY_COUNT];

	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = keys[i].name;
	return text_nearest(key, names, KEY_COUNT);
}

char *
experiment_keys_list(void)
{
	struct strbuf out = { 0 };

	for (size_t i = 0; i < KEY_COUNT; i++)
		strbuf_printf(&out, "%s%s", i ? " " : "", keys[i].name);
	return strbuf_steal(&out);
}
