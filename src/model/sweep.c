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

	sweep->keys = xrealloc(sweep->keys,
	                       (sweep->count + 1) * sizeof *sweep->keys);
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

/* For each value of a key of from: its place in the key of the same name. */
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
			strmap_set(map, to->keys[k].values.items[i],
			           (void *)(uintptr_t)(i + 1));
	}
	for (size_t i = 0; i < from->values.count; i++)
		places[i] = (size_t)(uintptr_t)strmap_get(map,
			from->values.items[i]);
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

			if (place == 0)
				map[i] = UINT32_MAX;
			else if (map[i] != UINT32_MAX)
				map[i] += (uint32_t)((place - 1)
					* stride_of(to, other));
		}
		free(places);
	}
}

char *
sweep_print(const struct sweep *sweep)
{
	json_t *object = json_object();
	char *dumped, *copy;

	for (size_t i = 0; i < sweep->count; i++) {
		json_t *list = json_array();

		for (size_t j = 0; j < sweep->keys[i].values.count; j++)
			json_array_append_new(list,
				json_string(sweep->keys[i].values.items[j]));
		json_object_set_new(object, sweep->keys[i].name, list);
	}
	dumped = json_dumps(object, JSON_COMPACT);
	copy = xstrdup(dumped);
	free(dumped);
	json_decref(object);
	return copy;
}

int
sweep_parse(struct sweep *sweep, const char *json)
{
	json_t *object = json_loads(json, 0, NULL), *list, *value;
	const char *name;
	size_t i;

	sweep_clear(sweep);
	if (!json_is_object(object)) {
		json_decref(object);
		return -1;
	}
	json_object_foreach(object, name, list) {
		struct sweep_key *key = sweep_add(sweep, name);

		json_array_foreach(list, i, value) {
			if (json_is_string(value))
				strlist_add(&key->values,
				            json_string_value(value));
		}
		if (key->values.count == 0) {
			json_decref(object);
			sweep_clear(sweep);
			return -1;
		}
	}
	json_decref(object);
	return 0;
}
