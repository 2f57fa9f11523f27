/*
 * variables.c - which value a variable has, and sets of them as JSON.
 */
#include "latsub/variables.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

/* In journals and for people. */
static const struct source_names {
	const char *word, *text;
} names[VARIABLE_SOURCE_COUNT] = {
	[VARIABLE_FILE] = { "file", "the experiment" },
	[VARIABLE_ENVIRONMENT] = { "environment", "the environment" },
	[VARIABLE_SET] = { "set", "--set" },
};

const char *
variable_source_word(enum variable_source source)
{
	return names[source].word;
}

const char *
variable_source_text(enum variable_source source)
{
	return names[source].text;
}

bool
variable_is_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'
		      || (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return len > 0;
}

void
variable_clear(struct variable *variable)
{
	free(variable->name);
	free(variable->value);
	free(variable->beside);
	free(variable->in_file);
	*variable = (struct variable){ 0 };
}

void
variables_clear(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		variable_clear(&variables->items[i]);
	free(variables->items);
	strmap_destroy(variables->by_name);
	*variables = (struct variables){ 0 };
}

static bool
find(const struct variables *variables, const char *name, size_t *at)
{
	return variables && variables->by_name
		&& strmap_get_number(variables->by_name, name, at);
}

const struct variable *
variables_find(const struct variables *variables, const char *name)
{
	size_t at;

	return find(variables, name, &at) ? &variables->items[at] : NULL;
}

static struct variable
copy_of(const struct variable *variable)
{
	return (struct variable){ .name = xstrdup(variable->name),
		.value = xstrdup(variable->value), .source = variable->source,
		.beside = xstrdup(variable->beside),
		.in_file = xstrdup(variable->in_file) };
}

void
variables_add(struct variables *variables, const struct variable *variable)
{
	struct variable copy = copy_of(variable);
	size_t at = variables->count;

	if (find(variables, variable->name, &at)) {
		variable_clear(&variables->items[at]);
		variables->items[at] = copy;
		return;
	}
	GROW(variables->items, variables->count);
	if (!variables->by_name)
		variables->by_name = strmap_create();
	variables->items[variables->count++] = copy;
	strmap_set_number(variables->by_name, copy.name, at);
}

static bool
is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

bool
variable_choose(const struct variable_sources *sources, const char *name,
                const char *in_file, struct variable *out)
{
	const struct variable *set = variables_find(sources->set, name);
	const struct variable *run = variables_find(sources->run, name);
	const char *given = sources->environment
		? sources->environment(name, sources->user) : NULL;
	struct variable chosen = { .name = (char *)(uintptr_t)name };

	if (set) {
		chosen = *set;
		chosen.beside = (char *)(uintptr_t)given;
	} else if (given && !(run && is_same(run->beside, given))) {
		chosen.value = (char *)(uintptr_t)given;
		chosen.source = VARIABLE_ENVIRONMENT;
	} else if (run && (run->source != VARIABLE_FILE || !in_file)) {
		chosen = *run;
	} else if (in_file) {
		chosen.value = (char *)(uintptr_t)in_file;
	} else {
		return false;
	}
	chosen.in_file = (char *)(uintptr_t)in_file;
	*out = copy_of(&chosen);
	return true;
}

/* ---- as JSON: {"NAME": [VALUE, SOURCE, BESIDE]} ---- */

/* Values are bytes, and JSON's strings are UTF-8. */
static json_t *
value_to_json(const char *value)
{
	json_t *text = json_string(value);
	struct strbuf hex = { 0 };

	if (text)
		return text;
	for (; *value; value++)
		strbuf_printf(&hex, "%02x", (unsigned char)*value);
	text = json_pack("{s:s}", "hex", strbuf_str(&hex));
	strbuf_clear(&hex);
	return text;
}

static char *
bytes_of_hex(const char *hex)
{
	struct strbuf bytes = { 0 };
	unsigned byte;

	for (; hex[0] && hex[1] && sscanf(hex, "%2x", &byte) == 1 && byte;
	     hex += 2)
		strbuf_putc(&bytes, (char)byte);
	return strbuf_steal(&bytes);
}

static char *
value_from_json(const json_t *value)
{
	const char *hex = json_string_value(json_object_get(value, "hex"));

	return json_is_string(value) ? xstrdup(json_string_value(value))
		: hex ? bytes_of_hex(hex) : NULL;
}

char *
variables_print(const struct variables *variables)
{
	json_t *object = json_object();
	char *dumped, *copy;

	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *variable = &variables->items[i];
		json_t *row = json_array();

		json_array_append_new(row, value_to_json(variable->value));
		json_array_append_new(row, json_string(
			names[variable->source].word));
		if (variable->beside)
			json_array_append_new(row,
				value_to_json(variable->beside));
		json_object_set_new(object, variable->name, row);
	}
	dumped = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	copy = xstrdup(dumped);
	free(dumped);
	json_decref(object);
	return copy;
}

static int
parse_one(struct variables *variables, const char *name, const json_t *row)
{
	const char *word = json_string_value(json_array_get(row, 1));
	struct variable variable = { .name = xstrdup(name),
		.value = value_from_json(json_array_get(row, 0)),
		.beside = value_from_json(json_array_get(row, 2)) };
	int source = VARIABLE_SOURCE_COUNT;

	while (source-- > 0) {
		if (is_same(word, names[source].word))
			break;
	}
	if (variable.value && source >= 0
	    && variable_is_name(name, strlen(name))) {
		variable.source = (enum variable_source)source;
		variables_add(variables, &variable);
	}
	variable_clear(&variable);
	return source < 0 ? -1 : 0;
}

int
variables_parse(struct variables *variables, const char *json)
{
	json_t *object = json_loads(json, 0, NULL), *row;
	int rc = json_is_object(object) ? 0 : -1;
	const char *name;

	json_object_foreach(object, name, row) {
		if (rc == 0)
			rc = parse_one(variables, name, row);
	}
	json_decref(object);
	if (rc)
		variables_clear(variables);
	return rc;
}

/* FNV-1a of 64 bits: sets are few, and nobody gains by making two alike. */
char *
variables_mark(const char *json)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *json; json++)
		hash = (hash ^ (unsigned char)*json) * UINT64_C(1099511628211);
	return xasprintf("%016" PRIx64, hash);
}
