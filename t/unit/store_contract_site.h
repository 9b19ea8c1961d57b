/*
 * store_contract_site: what the cases of store_contract_test.c are made of: the store under test, its connectors, content that is known at any
 * place. Included by the test itself.
 */
#ifndef STORE_CONTRACT_SITE_H
#define STORE_CONTRACT_SITE_H

#include <errno.h>
#include <time.h>

#include "store/client.h"
#include "store_site.h"

#define PLACE "store-remote0000"
#define NOBODY 2013265920
#define LARGE ((int64_t)80 << 20)
#define MANY 1200
#define PEAK_KB (64 << 10)

static struct remote good;
static bool is_posix;
static unsigned can;
static const char *folder; /* below which all is done */

/* ok() that tells, when it was not, what the store said. */
#undef ok
#define ok(condition, ...) __extension__({ bool good_ = (condition); if (!good_ && c) diag("%s", c->error.detail ? c->error.detail : "no error"); \
	tap_ok(good_, __FILE__, __LINE__, __VA_ARGS__); })

/* ---- the record ---- */

static const char *variable(const char *name, const char *otherwise)
{
	const char *v = getenv(name);
	return v ? v : otherwise;
}

static const char *key_text(void)
{
	struct bytes b;
	const char *path = getenv("STORE_KEY_FILE");
	if (empty(path))
		return "";
	c = site_ctx();
	if (!file_read(c, path, 20000, &b))
		die("%s cannot be read", path);
	const char *key = arena_copy(site_arena, (const char *)b.at, b.n);
	site_done(c);
	c = NULL;
	return key;
}

static void read_record(void)
{
	good = (struct remote){
		.kind = variable("STORE_KIND", "posix"), .title = "Contract", .host = variable("STORE_HOST", "localhost"), .port = strtol(variable("STORE_PORT", "0"), NULL, 10),
		.path = variable("STORE_PATH", ""), .user = variable("STORE_USER", ""), .secret = variable("STORE_SECRET", ""), .key = key_text(), .bucket = variable("STORE_BUCKET", ""),
		.region = variable("STORE_REGION", ""), .security = variable("STORE_SECURITY", "none"), .auth = variable("STORE_AUTH", "password"),
		.pinned = variable("STORE_PINNED", ""), .path_style = true, .active = getenv("STORE_ACTIVE") != NULL,
	};
	is_posix = same(good.kind, "posix");
}

/* ---- connectors ---- */

/* A connector of the store under test; 0: none runs. */
static pid_t connector(void)
{
	pid_t found = is_posix ? site_connector(ALICE) : 0;
	for (uid_t uid = NOBODY; !is_posix && !found && uid < NOBODY + 16; uid++)
		found = site_connector(uid);
	return found;
}

static void drop_connectors(void)
{
	for (pid_t pid; (pid = connector()) > 0; usleep(10000))
		kill(pid, SIGKILL);
}

/* A new request. Connections of before are used again. */
static void again(void)
{
	if (c)
		site_done(c);
	c = site_ctx();
	s = site_open(c, "alice", is_posix ? "home" : PLACE);
	if (!s)
		die("no store: %s", c->error.detail);
}

__attribute__((unused)) static void start(const char *what)
{
	diag("%s", what);
	again();
}

/* Opens the store as this record says, with a new connector: the code of the failure, 0 for none. */
static int try_as(const struct remote *r, enum kind *kind)
{
	drop_connectors();
	site_remote(r);
	if (c)
		site_done(c);
	c = site_ctx();
	s = site_open(c, "alice", PLACE);
	*kind = c->error.kind;
	return s ? 0 : client_code();
}

__attribute__((unused)) static void as_before(void)
{
	enum kind kind;
	if (try_as(&good, &kind))
		die("no store any more: %s", c->error.detail);
}

/* ---- content: any length, any offset, no two blocks the same ---- */

static void fill(unsigned char *to, size_t n, int64_t offset)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t at = (uint64_t)offset + i, x = (at >> 3) * 0x9e3779b97f4a7c15u;
		x ^= x >> 29;
		x *= 0xbf58476d1ce4e5b9u;
		to[i] = (unsigned char)(x >> (at % 8 * 8));
	}
}

static const char *in(const char *name)
{
	return text(c->arena, "%s/%s", folder, name);
}

/* Writes into what store_create() gave. */
static bool put(int fd, int64_t size)
{
	static unsigned char block[1 << 16];
	for (int64_t at = 0; at < size; at += (int64_t)sizeof block) {
		size_t n = size - at < (int64_t)sizeof block ? (size_t)(size - at) : sizeof block;
		fill(block, n, at);
		if (!store_write(c, fd, block, n))
			return false;
	}
	return true;
}

static bool make_file(const char *path, int64_t size, int64_t said, bool replace)
{
	int fd;
	return store_create(c, s, path, said, &fd) && put(fd, size) && store_commit(c, s, fd, path, replace);
}

/* Up to n bytes, fewer at the end alone. */
static size_t take(int fd, unsigned char *to, size_t n)
{
	size_t got = 0;
	for (ssize_t k = 1; got < n && k > 0; got += k > 0 ? (size_t)k : 0)
		k = read(fd, to + got, n - got);
	return got;
}

/* Is the rest of the descriptor this content, from `offset` to `end` and no more? */
static bool is_content(int fd, int64_t offset, int64_t end)
{
	static unsigned char got[1 << 16], want[1 << 16];
	for (size_t n = 1; n > 0; offset += (int64_t)n) {
		n = take(fd, got, sizeof got);
		fill(want, n, offset);
		if (memcmp(got, want, n))
			return diag("the content differs near %lld", (long long)offset), false;
	}
	if (offset != end)
		diag("it ends at %lld, not at %lld", (long long)offset, (long long)end);
	return offset == end;
}

static bool has_content(const char *path, int64_t size)
{
	struct store_file f;
	if (!store_read(c, s, path, &f))
		return false;
	bool right = is_content(f.fd, 0, size) && store_read_end(c, s, &f);
	close(f.fd);
	return right && f.entry.size == size && f.entry.kind == ENTRY_FILE;
}

__attribute__((unused)) static bool has_part(const char *path, int64_t offset, int64_t length, int64_t end)
{
	struct store_file f;
	if (!store_read_part(c, s, path, offset, length, &f))
		return false;
	bool whole = can & STORE_CAN_SEEK;
	bool right = whole ? is_content(f.fd, 0, f.entry.size) : is_content(f.fd, offset, end) && store_read_end(c, s, &f);
	close(f.fd);
	return right;
}

/* How many entries there are; -1: an error. */
static int count(const char *path)
{
	struct store_page p;
	return store_list(c, s, &(struct store_query){ .path = path, .order = STORE_BY_NAME, .limit = 1000 }, &p) ? (int)p.n : -1;
}

static bool there(const char *path)
{
	struct entry e;
	bool is = store_stat(c, s, path, &e);
	if (!is && c->error.kind == KIND_NOT_FOUND)
		forget(c);
	return is;
}

/* Memory that a process has had at most, in KiB. */
__attribute__((unused)) static long peak(pid_t pid)
{
	char path[64], line[256];
	long kb = -1;
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "VmHWM:", 6))
			kb = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

#endif
