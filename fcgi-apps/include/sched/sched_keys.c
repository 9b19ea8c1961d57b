/* Keys and index values of the environment "sched": see snapshot.h. */
#include "sched/snapshot.h"

#include <string.h>

void *sched_room(struct arena *arena, void *list, size_t n, size_t *cap, size_t size)
{
	void *larger;

	if (n < *cap)
		return list;
	*cap = *cap * 2 + 64;
	larger = arena_alloc(arena, *cap * size);
	if (n > 0)
		memcpy(larger, list, n * size);
	return larger;
}

static void key_byte(struct db_key *key, unsigned byte)
{
	if (key->n < sizeof key->at)
		key->at[key->n++] = (unsigned char)byte;
}

/* At most KEY_TEXT (or more for comments) bytes: callers checked, this only keeps the array safe. */
static void key_text(struct db_key *key, const char *value, size_t most)
{
	for (size_t i = 0; value != NULL && value[i] != '\0' && i < most; i++)
		key_byte(key, (unsigned char)value[i]);
}

static void key_number(struct db_key *key, int64_t number)
{
	uint64_t bits = number > 0 ? (uint64_t)number : 0;

	for (int shift = 56; shift >= 0; shift -= 8)
		key_byte(key, (unsigned)(bits >> shift) & 0xffU);
}

static struct db_key key1(char table, const char *a)
{
	struct db_key key = { .n = 0 };

	key_byte(&key, (unsigned char)table);
	key_text(&key, a, KEY_TEXT);
	return key;
}

static struct db_key key2(char table, const char *a, const char *b, size_t most)
{
	struct db_key key = key1(table, a);

	key_byte(&key, 0);
	key_text(&key, b, most);
	return key;
}

struct db_key snap_cluster(const char *cluster) { return key1('C', cluster); }
struct db_key snap_partition(const char *cluster, const char *partition) { return key2('P', cluster, partition, KEY_TEXT); }
struct db_key snap_job(const char *cluster, const char *id) { return key2('J', cluster, id, KEY_TEXT); }
struct db_key snap_usage(const char *user) { return key1('S', user); }
struct db_key snap_limits(const char *user, const char *cluster) { return key2('L', user, cluster, KEY_TEXT); }
struct db_key snap_active(const char *cluster, const char *id) { return key2('A', cluster, id, KEY_TEXT); }
struct db_key snap_comment(const char *user, const char *comment) { return key2('N', user, comment, KEY_COMMENT); }

struct db_key snap_list_prefix(const char *user, enum job_group group)
{
	struct db_key key = key2('U', user, "", 0);

	key_byte(&key, '0' + (unsigned)group);
	return key;
}

struct db_key snap_list(const struct job *job)
{
	struct db_key key = snap_list_prefix(job->user, job_group(job));

	key_number(&key, job->submitted);
	key_number(&key, snap_number(job->id));
	key_text(&key, job->cluster, KEY_TEXT);
	key_byte(&key, 0);
	key_text(&key, job->id, KEY_TEXT);
	return key;
}

struct bytes snap_list_value(struct arena *arena, const struct job *job)
{
	const char *state = job->state != NULL ? job->state : "";
	size_t n_state = strlen(state), n_name = job->name != NULL ? strnlen(job->name, INDEX_NAME) : 0;
	unsigned char *value = arena_alloc(arena, n_state + 1 + n_name);

	memcpy(value, state, n_state);
	if (n_name > 0)
		memcpy(value + n_state + 1, job->name, n_name);
	return (struct bytes){ value, n_state + 1 + n_name };
}

static int64_t read_number(const unsigned char *at)
{
	uint64_t bits = 0;

	for (int i = 0; i < 8; i++)
		bits = bits << 8 | at[i];
	return (int64_t)(bits & INT64_MAX);
}

bool snap_list_read(struct arena *arena, const struct db_key *key, struct bytes value, struct snap_row *row)
{
	const unsigned char *at = key->at, *end = key->at + key->n, *nul = memchr(key->at, 0, key->n);
	const unsigned char *middle = value.n > 0 ? memchr(value.at, 0, value.n) : NULL;

	if (nul == NULL || middle == NULL || end - nul < 19)
		return false;
	at = nul + 1;
	row->group = (enum job_group)(*at - '0');
	row->submitted = read_number(at + 1);
	row->number = read_number(at + 9);
	at += 17;
	nul = memchr(at, 0, (size_t)(end - at));
	if (nul == NULL)
		return false;
	row->cluster = arena_copy(arena, at, (size_t)(nul - at));
	row->id = arena_copy(arena, nul + 1, (size_t)(end - nul - 1));
	row->state = arena_copy(arena, value.at, (size_t)(middle - value.at));
	row->name = arena_copy(arena, middle + 1, value.n - (size_t)(middle - value.at) - 1);
	return true;
}

/* The first run of digits from *at on, 0 without one; *at is moved behind it. */
static int64_t next_number(const char **at, int64_t most)
{
	int64_t number = 0;

	while (**at != '\0' && (**at < '0' || **at > '9'))
		(*at)++;
	for (; **at >= '0' && **at <= '9'; (*at)++)
		number = number > most / 10 ? most : number * 10 + (**at - '0');
	return number > most ? most : number;
}

int64_t snap_number(const char *id)
{
	const char *at = id != NULL ? id : "";
	int64_t job = next_number(&at, (int64_t)1 << 36), task = 0;

	if (*at == '_' || *at == '[')
		task = 1 + next_number(&at, ((int64_t)1 << 26) - 2);
	return job << 26 | task;
}

struct bytes snap_pair(struct arena *arena, const char *a, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b);
	unsigned char *value = arena_alloc(arena, n_a + 1 + n_b);

	memcpy(value, a, n_a);
	memcpy(value + n_a + 1, b, n_b);
	return (struct bytes){ value, n_a + 1 + n_b };
}

bool snap_pair_read(struct arena *arena, struct bytes value, const char **a, const char **b)
{
	const unsigned char *nul = value.n > 0 ? memchr(value.at, 0, value.n) : NULL;

	if (nul == NULL)
		return false;
	*a = arena_copy(arena, value.at, (size_t)(nul - value.at));
	*b = arena_copy(arena, nul + 1, value.n - (size_t)(nul - value.at) - 1);
	return true;
}
