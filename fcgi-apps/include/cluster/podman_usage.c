/*
 * What apps use, from their control groups: podman runs on this machine, and its own figures hold the file cache, which is nobody's need. CPU is a
 * rate between two looks of the same process, or since the start.
 */
#include "cluster/podman.h"

#include <string.h>
#include <sys/stat.h>

enum { KEPT = 512, MOST = 65536, MIB = 1 << 20 };

struct sample { char id[16]; int64_t at_ms, used_us; };
static struct sample samples[KEPT];

/* A small file of the kernel; NULL: not there. */
static const char *read_file(struct arena *arena, const char *path)
{
	struct ctx ctx = { .arena = arena };
	struct bytes bytes;

	return file_read(&ctx, path, MOST, &bytes) ? arena_copy(arena, bytes.at, bytes.n) : NULL;
}

/* The number behind "key " at a line's start; -1: none. */
static int64_t number_at(const char *from, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = from; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, key, n) == 0 && at[n] == ' ') {
			char digits[24] = "";
			size_t size = strspn(at + n + 1, "0123456789");
			int64_t number;

			if (size > 0 && size < sizeof digits)
				memcpy(digits, at + n + 1, size);
			return parse_int(digits, 0, INT64_MAX, &number) ? number : -1;
		}
	}
	return -1;
}

/* A file that is one number. */
static int64_t number_in(struct arena *arena, const char *path)
{
	const char *all = read_file(arena, path);

	return all != NULL ? number_at(text(arena, "is %s", all), "is") : -1;
}

/* The group's folder for a controller ("memory"), or the one of all (""). `groups` is /proc/PID/cgroup. NULL: none. */
static const char *folder_of(struct arena *arena, const char *groups, const char *controller)
{
	for (const char *at = groups; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		const char *names, *path;
		size_t n;

		at += *at == '\n';
		names = strchr(at, ':');
		path = names != NULL ? strchr(names + 1, ':') : NULL;
		if (path == NULL)
			return NULL;
		names++;
		n = strlen(controller);
		for (const char *name = names; name <= path; name += strcspn(name, ",:") + 1)
			if (strcspn(name, ",:") == n && strncmp(name, controller, n) == 0)
				return text(arena, "/sys/fs/cgroup%s%.*s%.*s", n > 0 ? "/" : "", (int)(path - names), names, (int)strcspn(path + 1, "\n"), path + 1);
	}
	return NULL;
}

/* Memory that cannot be given back at once. */
static void read_memory(struct arena *arena, const char *folder, bool old, struct cluster_seen *out)
{
	int64_t all = number_in(arena, text(arena, "%s/%s", folder, old ? "memory.usage_in_bytes" : "memory.current")), cache;

	if (all < 0)
		return;
	cache = number_at(read_file(arena, text(arena, "%s/memory.stat", folder)), old ? "total_inactive_file" : "inactive_file");
	out->used_memory_mb = (all - (cache > 0 && cache < all ? cache : 0) + MIB - 1) / MIB;
}

/* This app's sample of before, or the oldest one to write over. */
static struct sample *sample_of(const char *id)
{
	struct sample *oldest = samples;

	for (size_t i = 0; i < KEPT; i++) {
		if (same(samples[i].id, id))
			return &samples[i];
		if (samples[i].at_ms < oldest->at_ms)
			oldest = &samples[i];
	}
	snprintf(oldest->id, sizeof oldest->id, "%s", id);
	oldest->at_ms = 0;
	return oldest;
}

static void read_cpu(int64_t used_us, const char *id, struct cluster_seen *out)
{
	struct sample *before = sample_of(id);
	int64_t at = clock_ms(), since;

	if (used_us < 0)
		return;
	if (before->at_ms > 0 && at > before->at_ms && used_us >= before->used_us)
		out->used_cpu_milli = (used_us - before->used_us) / (at - before->at_ms);
	else {
		since = now() - out->started;
		out->used_cpu_milli = out->started > 0 && since > 0 ? used_us / (since * 1000) : -1;
	}
	*before = (struct sample){ .at_ms = at, .used_us = used_us };
	snprintf(before->id, sizeof before->id, "%s", id);
}

void podman_usage(struct arena *arena, int64_t pid, const char *id, struct cluster_seen *out)
{
	const char *groups = pid > 0 ? read_file(arena, text(arena, "/proc/%lld/cgroup", (long long)pid)) : NULL;
	const char *memory = folder_of(arena, groups, "memory"), *cpu = folder_of(arena, groups, "cpuacct"), *one = folder_of(arena, groups, "");
	int64_t used;

	if (groups == NULL)
		return;
	if (memory != NULL)
		read_memory(arena, memory, true, out);
	else if (one != NULL)
		read_memory(arena, one, false, out);
	if (cpu != NULL) {
		used = number_in(arena, text(arena, "%s/cpuacct.usage", cpu));
		read_cpu(used >= 0 ? used / 1000 : -1, id, out);
	} else if (one != NULL)
		read_cpu(number_at(read_file(arena, text(arena, "%s/cpu.stat", one)), "usage_usec"), id, out);
}
