/* Any bytes as a request to a connector. The driver does nothing but look at what it is given: paths must be good, texts must end. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store/connector.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int path_only(void *s, const char *path)
{
	(void)s;
	if (!wire_path_good(path))
		abort();
	return 0;
}

static int list(void *s, const struct row_query *q, struct rows *r)
{
	(void)r;
	if (q->limit < 1 || q->limit > WIRE_LIMIT_MOST || strlen(q->after) + strlen(q->match) > WIRE_MOST)
		abort();
	return path_only(s, q->path) ? 1 : 2; /* an error: nothing is to be sent */
}

static int stat_one(void *s, const char *path, struct row *r)
{
	memset(r, 0, sizeof *r);
	return path_only(s, path);
}

static int read_one(void *s, const char *path, int64_t offset, int64_t length, struct row *r, int64_t *handle, int *fd)
{
	if (offset < 0 || length < -1)
		abort();
	*handle = 0;
	*fd = -1;
	return stat_one(s, path, r) + 2;
}

static int result(void *s, int64_t handle, int64_t *bytes)
{
	(void)s;
	*bytes = handle;
	return 0;
}

static int create(void *s, const char *path, int64_t size, int64_t *handle, int *fd)
{
	if (size < -1)
		abort();
	*handle = 1;
	*fd = -1;
	return path_only(s, path);
}

static int commit(void *s, int64_t handle, const char *path, bool replace, int64_t size, int64_t until)
{
	if (size < 0 || until < 0)
		abort();
	return path_only(s, path) + (handle == replace);
}

static int abort_one(void *s, int64_t handle)
{
	(void)s;
	return handle == 0;
}

static int rename_one(void *s, const char *from, const char *to)
{
	return path_only(s, from) + path_only(s, to);
}

static int copy_one(void *s, const char *from, const char *to, bool replace, int64_t until)
{
	return rename_one(s, from, to) + (replace && until < 0);
}

static int about(void *s, struct row_about *a)
{
	(void)s;
	memset(a, 0, sizeof *a);
	return 0;
}

static int remove_one(void *s, const char *path, bool with, int64_t until)
{
	return path_only(s, path) + (with && until < 0);
}

static int space(void *s, int64_t until, struct row_space *out)
{
	(void)s, (void)until, (void)out;
	return 0;
}

static int writable(void *s, const char *folder, bool *yes)
{
	*yes = true;
	return path_only(s, folder);
}

static const struct store_driver looker = {
	.name = "looker", .list = list, .stat = stat_one, .read = read_one, .create = create, .commit = commit, .abort = abort_one,
	.result = result, .copy = copy_one, .about = about, .folder = path_only, .rename = rename_one, .remove = remove_one, .space = space, .writable = writable,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct wire in, out;
	int pass;
	bool close_pass;
	struct connector c = { .socket = -1, .driver = &looker, .born = clock_ms(), .life_ms = 1000000 };
	if (n > sizeof in.data)
		return 0;
	memset(in.data, 0xaa, sizeof in.data);
	if (n)
		memcpy(in.data, data, n);
	in.n = n;
	connector_answer(&c, &in, &out, &pass, &close_pass);
	return 0;
}
