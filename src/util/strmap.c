/*
 * strmap.c - a hash table from names to pointers or numbers, open addressing.
 *
 * A removed key leaves a tombstone; a rebuild at 3/4 full sweeps them.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

struct slot {
	char *key; /* NULL: never used; tombstone: removed */
	union {
		void *pointer;
		size_t number;
	} value;
	uint32_t hash;
};

struct strmap {
	struct slot *slots;
	size_t cap; /* a power of two */
	size_t used; /* with tombstones */
};

static char tombstone[1];

uint32_t
text_hash(const char *s)
{
	uint32_t hash = 2166136261u;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}

struct strmap *
strmap_create(void)
{
	struct strmap *map = xcalloc(1, sizeof *map);

	map->cap = 16;
	map->slots = xcalloc(map->cap, sizeof *map->slots);
	return map;
}

void
strmap_destroy(struct strmap *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->cap; i++) {
		if (map->slots[i].key != tombstone)
			free(map->slots[i].key);
	}
	free(map->slots);
	free(map);
}

static struct slot *
find(const struct strmap *map, const char *key, uint32_t hash)
{
	size_t i = hash & (map->cap - 1);

	while (map->slots[i].key
	       && (map->slots[i].key == tombstone || map->slots[i].hash != hash
	           || strcmp(map->slots[i].key, key) != 0))
		i = (i + 1) & (map->cap - 1);
	return &map->slots[i];
}

static void
rebuild(struct strmap *map)
{
	struct slot *old = map->slots;
	size_t old_cap = map->cap;

	map->cap *= 2;
	map->slots = xcalloc(map->cap, sizeof *map->slots);
	map->used = 0;
	for (size_t i = 0; i < old_cap; i++) {
		if (!old[i].key || old[i].key == tombstone)
			continue;
		*find(map, old[i].key, old[i].hash) = old[i];
		map->used++;
	}
	free(old);
}

/* The key's slot, made when there is none. */
static struct slot *
slot_for(struct strmap *map, const char *key)
{
	uint32_t hash = text_hash(key);
	struct slot *slot = find(map, key, hash);

	if (slot->key)
		return slot;
	if ((map->used + 1) * 4 > map->cap * 3) {
		rebuild(map);
		slot = find(map, key, hash);
	}
	slot->key = xstrdup(key);
	slot->hash = hash;
	map->used++;
	return slot;
}

void
strmap_set(struct strmap *map, const char *key, void *value)
{
	slot_for(map, key)->value.pointer = value;
}

void
strmap_set_number(struct strmap *map, const char *key, size_t number)
{
	slot_for(map, key)->value.number = number;
}

void *
strmap_get(const struct strmap *map, const char *key)
{
	return find(map, key, text_hash(key))->value.pointer;
}

bool
strmap_get_number(const struct strmap *map, const char *key, size_t *number)
{
	const struct slot *slot = find(map, key, text_hash(key));

	if (!slot->key)
		return false;
	*number = slot->value.number;
	return true;
}

void
strmap_remove(struct strmap *map, const char *key)
{
	struct slot *slot = find(map, key, text_hash(key));

	if (!slot->key)
		return;
	free(slot->key);
	slot->key = tombstone;
	slot->value.pointer = NULL;
}
