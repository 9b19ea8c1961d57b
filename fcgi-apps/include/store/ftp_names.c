/* Folders, names, removal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/ftp.h"
#include "store/why.h"

#define DEPTH_MOST 128 /* of a tree that is removed */
#define BATCH 256      /* entries that are removed between two listings */

int ftp_folder(void *state, const char *path)
{
	struct ftp *f = state;
	struct row r;
	struct ftp_talk t = { .path = NULL };
	int e = *path ? ftp_name_good(path) : EEXIST;
	if (e)
		return e;
	ftp_say(f, &t, true, "MKD", path);
	e = ftp_talk(f, &t);
	if (e || ftp_done(&t, "MKD"))
		return e;
	e = ftp_refusal(&t, "MKD", EACCES);
	return e == EACCES && ftp_look(f, NULL, path, &r) == 0 ? EEXIST : ftp_explain(f, NULL, path, e);
}

int ftp_rename(void *state, const char *from, const char *to)
{
	size_t n = strlen(from);
	struct row r;
	int e = !*from || !*to ? WIRE_E_TOP : ftp_name_good(to);
	if (!e)
		e = ftp_look(state, NULL, from, &r);
	if (e)
		return e;
	if (same(from, to) || (starts_with(to, from) && to[n] == '/'))
		return same(from, to) ? EEXIST : EINVAL;
	return ftp_move(state, from, to, false, 0);
}

/* ---- removal ---- */

/* DELE or RMD */
static int drop(struct ftp *f, const char *verb, const char *path, int otherwise)
{
	struct ftp_talk t = { .path = NULL };
	ftp_say(f, &t, true, verb, path);
	int e = ftp_talk(f, &t);
	return e || ftp_done(&t, verb) ? e : ftp_refusal(&t, verb, otherwise);
}

struct some { size_t n; struct row at[BATCH]; };

static bool keep(void *arg, const struct row *r)
{
	struct some *s = arg;
	if (*r->name && !strchr(r->name, '/') && !same(r->name, ".") && !same(r->name, ".."))
		s->at[s->n++] = *r;
	return s->n < BATCH;
}

static int drop_tree(struct ftp *f, const char *path, int depth, int64_t until);

/* A link to a folder looks like one to some servers: what DELE can remove is not gone into. */
static int drop_entry(struct ftp *f, const char *folder, const struct row *r, int depth, int64_t until)
{
	char path[WIRE_PATH_MOST + 1];
	if (clock_ms() > until)
		return WIRE_E_UNFINISHED;
	if (snprintf(path, sizeof path, "%s/%s", folder, r->name) >= (int)sizeof path)
		return ENAMETOOLONG;
	int e = drop(f, "DELE", path, EACCES);
	return e && r->kind == ENTRY_FOLDER ? drop_tree(f, path, depth + 1, until) : e;
}

/* One batch after the other is listed and removed, until there is none. */
static int empty_folder(struct ftp *f, const char *path, int depth, int64_t until, struct some *s)
{
	do {
		s->n = 0;
		int e = ftp_each(f, path, keep, s);
		for (size_t i = 0; i < s->n && !e; i++)
			e = drop_entry(f, path, &s->at[i], depth, until);
		if (e)
			return e;
	} while (s->n);
	return 0;
}

static int drop_tree(struct ftp *f, const char *path, int depth, int64_t until)
{
	if (depth > DEPTH_MOST)
		return ENAMETOOLONG;
	struct some *s = malloc(sizeof *s);
	if (!s)
		return ENOMEM;
	int e = empty_folder(f, path, depth, until, s);
	free(s);
	return e ? e : drop(f, "RMD", path, EACCES);
}

static bool any(void *arg, const struct row *r)
{
	(void)r;
	*(bool *)arg = true;
	return false;
}

static int drop_empty(struct ftp *f, const char *path)
{
	bool full = false;
	int e = drop(f, "RMD", path, EACCES);
	if (e == EACCES && ftp_each(f, path, any, &full) == 0 && full)
		return ENOTEMPTY;
	return e;
}

int ftp_remove(void *state, const char *path, bool with_content, int64_t until)
{
	struct ftp *f = state;
	struct row r;
	int e = *path ? ftp_look(f, NULL, path, &r) : WIRE_E_TOP;
	if (e)
		return e;
	if (r.kind != ENTRY_FOLDER)
		return drop(f, "DELE", path, EACCES);
	e = with_content ? drop(f, "DELE", path, EACCES) : EISDIR;
	if (e)
		e = with_content ? drop_tree(f, path, 0, until) : drop_empty(f, path);
	if (!e)
		why_forget();
	return e;
}
