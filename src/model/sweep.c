/*
 * sweep.c - products of value lists, and tasks matched by values.
 */
#include "latsub/sweep.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct sweep_key *
sweep_add(struct sweep *sweep, const char *name)
{
	struct sweep_key *key;

	GROW(sweep->keys, sweep->count);
	key = &sweep->keys[sweep->count++];
	*key = (struct sweep_key){ .name = xstrdup(name) };
	return key;
}

void
sweep_clear(struct sweep *sweep)
{
	for (size_t i = 0; i < sweep->count; i++) {
		free(sweep->keys[i].name);
		strlist_clear(&sweep->keys[i].values);
	}
	free(sweep->keys);
	*sweep = (struct sweep){ 0 };
}

void
sweep_copy(struct sweep *to, const struct sweep *from)
{
	sweep_clear(to);
	for (size_t i = 0; i < from->count; i++) {
		struct sweep_key *key = sweep_add(to, from->keys[i].name);

		for (size_t j = 0; j < from->keys[i].values.count; j++)
			strlist_add(&key->values, from->keys[i].values.items[j]);
	}
}

static bool
key_equal(const struct sweep_key *a, const struct sweep_key *b)
{
	if (strcmp(a->name, b->name) || a->values.count != b->values.count)
		return false;
	for (size_t i = 0; i < a->values.count; i++) {
		if (strcmp(a->values.items[i], b->values.items[i]))
			return false;
	}
	return true;
}

bool
sweep_equal(const struct sweep *a, const struct sweep *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!key_equal(&a->keys[i], &b->keys[i]))
			return false;
	}
	return true;
}

uint64_t
sweep_size(const struct sweep *sweep)
{
	uint64_t size = 1;

	for (size_t i = 0; i < sweep->count; i++) {
		size *= sweep->keys[i].values.count;
		if (size > SWEEP_MAX_TASKS)
			return SWEEP_MAX_TASKS + 1;
	}
	return size;
}

const char *
sweep_value(const struct sweep *sweep, uint32_t task, size_t key)
{
	uint64_t stride = 1;

	for (size_t i = key + 1; i < sweep->count; i++)
		stride *= sweep->keys[i].values.count;
	return sweep->keys[key].values.items[task / stride
		% sweep->keys[key].values.count];
}

#define NO_PLACE SIZE_MAX

/* For each value of a key of from: its place in the key of the same name, or
 * NO_PLACE. */
static size_t *
match_values(const struct sweep_key *from, const struct sweep *to,
             size_t *key_index)
{
	size_t *places = xcalloc(from->values.count, sizeof *places);
	struct strmap *map = strmap_create();
	size_t k = 0;

	while (k < to->count && strcmp(to->keys[k].name, from->name) != 0)
		k++;
	*key_index = k;
	if (k < to->count) {
		for (size_t i = to->keys[k].values.count; i-- > 0; )
			strmap_set_number(map, to->keys[k].values.items[i], i);
	}
	for (size_t i = 0; i < from->values.count; i++) {
		places[i] = NO_PLACE;
		strmap_get_number(map, from->values.items[i], &places[i]);
	}
	strmap_destroy(map);
	return places;
}

static size_t
stride_of(const struct sweep *sweep, size_t key)
{
	size_t stride = 1;

	for (size_t i = key + 1; i < sweep->count; i++)
		stride *= sweep->keys[i].values.count;
	return stride;
}

void
sweep_map(const struct sweep *from, const struct sweep *to, uint32_t *map)
{
	size_t size = (size_t)sweep_size(from);
	bool same_keys = from->count == to->count;

	for (size_t i = 0; i < size; i++)
		map[i] = same_keys ? 0 : UINT32_MAX;
	for (size_t k = 0; same_keys && k < from->count; k++) {
		size_t other, stride = stride_of(from, k);
		size_t count = from->keys[k].values.count;
		size_t *places = match_values(&from->keys[k], to, &other);

		for (size_t i = 0; i < size; i++) {
			size_t place = places[i / stride % count];

			if (place == NO_PLACE)
				map[i] = UINT32_MAX;
			else if (map[i] != UINT32_MAX)
				map[i] += (uint32_t)(place * stride_of(to, other));
		}
		free(places);
	}
}

/* ---- as JSON: "7" is a value, [0,9999] all whole numbers from 0 to 9999 ---- */

#define RUN_MIN 4           /* shorter ones are easier to read as they are */
#define RUNS_VALUES 1000000 /* what a few damaged bytes may become */

/* The number that a value is written as, or -1. */
static int64_t
number_of(const char *value)
{
	size_t len = strlen(value);
	int64_t number;

	if (len == 0 || len > 9 || strspn(value, "0123456789") != len
	    || (*value == '0' && len > 1)
	    || text_parse_int(value, 0, INT32_MAX, &number))
		return -1;
	return number;
}

/* How many values from here on count up by one. */
static size_t
run_length(const struct strlist *values, size_t from)
{
	int64_t first = number_of(values->items[from]);
	size_t len = 1;

	while (first >= 0 && from + len < values->count
	       && number_of(values->items[from + len]) == first + (int64_t)len)
		len++;
	return len;
}

static json_t *
values_to_json(const struct strlist *values)
{
	bool with_runs = values->count <= RUNS_VALUES;
	json_t *list = json_array();

	for (size_t i = 0; i < values->count; ) {
		size_t len = with_runs ? run_length(values, i) : 1;

		if (len < RUN_MIN) {
			json_array_append_new(list, json_string(values->items[i]));
			i++;
			continue;
		}
		json_array_append_new(list, json_pack("[I,I]",
			(json_int_t)number_of(values->items[i]),
			(json_int_t)number_of(values->items[i + len - 1])));
		i += len;
	}
	return list;
}

char *
sweep_print(const struct sweep *sweep)
{
	json_t *object = json_object();
	char *dumped, *copy;

	for (size_t i = 0; i < sweep->count; i++)
		json_object_set_new(object, sweep->keys[i].name,
		                    values_to_json(&sweep->keys[i].values));
	dumped = json_dumps(object, JSON_COMPACT);
	copy = xstrdup(dumped);
	free(dumped);
	json_decref(object);
	return copy;
}

static int
add_run(struct strlist *values, const json_t *run)
{
	json_int_t first = json_integer_value(json_array_get(run, 0));
	json_int_t last = json_integer_value(json_array_get(run, 1));

	if (json_array_size(run) != 2 || first < 0 || last < first
	    || last > INT32_MAX
	    || values->count + (size_t)(last - first) >= RUNS_VALUES)
		return -1;
	for (json_int_t number = first; number <= last; number++)
		strlist_add_owned(values, xasprintf("%lld", (long long)number));
	return 0;
}

static int
values_from_json(struct strlist *values, const json_t *list)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value) {
		if (json_is_string(value))
			strlist_add(values, json_string_value(value));
		else if (json_is_array(value) && add_run(values, value))
			return -1;
	}
	return values->count ? 0 : -1;
}

int
sweep_parse(struct sweep *sweep, const char *json)
{
	json_t *object = json_loads(json, 0, NULL), *list;
	int rc = json_is_object(object) ? 0 : -1;
	const char *name;

	sweep_clear(sweep);
	json_object_foreach(object, name, list) {
		if (rc == 0)
			rc = values_from_json(&sweep_add(sweep, name)->values,
			                      list);
	}
	json_decref(object);
	if (rc)
		sweep_clear(sweep);
	return rc;
}
