/* Folders and names. What would take a request for each object is done object by object until the time is over; a rename of a folder is not. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/s3.h"

#define RENAME_MS 120000

/* ---- folders ---- */

static int mark(struct s3 *s, const char *path)
{
	char *key = s3_folder_key(s, path);
	int e = s3_put(s, key, "", 0, false, 0);
	s3_forget(s);
	free(key);
	return e;
}

int s3_folder(void *state, const char *path)
{
	struct s3 *s = state;
	if (!*path)
		return EEXIST;
	int e = s3_parent_is(s, path);
	if (!e)
		e = s3_taken(s, path);
	return e == EISDIR ? EEXIST : e ? e : mark(s, path);
}

/* The folder of a name that has gone stays, even without anything in it. That this may fail changes nothing of what was done. */
static void keep_folder(struct s3 *s, const char *path)
{
	char parent[WIRE_PATH_MOST + 1] = "";
	size_t n = (size_t)(s3_last_part(path) - path);
	s3_forget(s);
	if (n < 2)
		return;
	memcpy(parent, path, n - 1);
	if (s3_folder_is(s, parent, NULL) == ENOENT)
		mark(s, parent);
	why_forget();
}

/* ---- copies and names ---- */

/* The file at a path; a folder is WIRE_E_TYPE. */
static int file_at(struct s3 *s, const char *path, struct s3_head *h)
{
	if (!*path)
		return WIRE_E_TYPE;
	char *key = s3_key(s, path);
	int e = s3_head_of(s, key, 0, h);
	free(key);
	return e == ENOENT && s3_folder_is(s, path, NULL) == 0 ? WIRE_E_TYPE : e;
}

/* May something be put at `to`? */
static int target(struct s3 *s, const char *to, bool replace)
{
	int e = !*to ? EEXIST : s3_parent_is(s, to);
	if (!e)
		e = s3_taken(s, to);
	if (e == EEXIST && replace)
		return 0;
	return e == EISDIR && !replace ? EEXIST : e;
}

static int copy_to(struct s3 *s, const char *from, const struct s3_head *h, const char *to, int64_t until)
{
	char *a = s3_key(s, from), *b = s3_key(s, to);
	int e = s3_copy_key(s, a, h, b, until);
	free(a);
	free(b);
	return e;
}

int s3_copy(void *state, const char *from, const char *to, bool replace, int64_t until)
{
	struct s3 *s = state;
	struct s3_head h;
	int e = file_at(s, from, &h);
	if (!e)
		e = same(from, to) ? EEXIST : target(s, to, replace);
	return e ? e : copy_to(s, from, &h, to, until);
}

static int remove_key(struct s3 *s, const char *path, bool folder)
{
	char *key = folder ? s3_folder_key(s, path) : s3_key(s, path);
	int e = s3_delete(s, key, 0);
	free(key);
	return e;
}

/* 0: the folder has nothing but its marker; ENOTEMPTY; ENOENT: there is none. */
static int folder_empty(struct s3 *s, const char *path)
{
	struct s3_call c = { 0 };
	char *key = s3_folder_key(s, path);
	int e = s3_some(s, &c, key, "", true, 2);
	if (!e && !c.answer.n)
		e = ENOENT;
	else if (!e && (c.answer.n > 1 || !same(c.answer.items[0].key, key)))
		e = ENOTEMPTY;
	s3_done(&c);
	free(key);
	return e;
}

static int rename_folder(struct s3 *s, const char *from, const char *to)
{
	int e = folder_empty(s, from);
	if (e)
		return e == ENOTEMPTY ? WIRE_E_CANNOT : e;
	e = mark(s, to);
	return e ? e : remove_key(s, from, true);
}

static bool inside(const char *folder, const char *path)
{
	size_t n = strlen(folder);
	return strncmp(folder, path, n) == 0 && path[n] == '/';
}

int s3_rename(void *state, const char *from, const char *to)
{
	struct s3 *s = state;
	struct s3_head h;
	if (!*from)
		return WIRE_E_TOP;
	int found = file_at(s, from, &h);
	if (found && found != WIRE_E_TYPE)
		return found;
	int e = inside(from, to) ? EINVAL : target(s, to, false);
	if (!e)
		e = found ? rename_folder(s, from, to) : copy_to(s, from, &h, to, clock_ms() + RENAME_MS);
	if (!e && !found)
		e = remove_key(s, from, false);
	if (!e)
		keep_folder(s, from);
	return e;
}

/* ---- removal ---- */

/* The keys that XML can carry, in one request: how many they are. */
static size_t batch(const struct s3_answer *a, struct buf *b)
{
	size_t n = 0;
	buf_text(b, "<Delete><Quiet>true</Quiet>");
	for (size_t i = 0; i < a->n; i++) {
		size_t before = b->n;
		buf_text(b, "<Object><Key>");
		bool good = s3_xml_text(b, a->items[i].key);
		buf_text(b, "</Key></Object>");
		if (!good)
			b->n = before;
		n += good;
	}
	buf_text(b, "</Delete>");
	return n;
}

static void md5_of(const struct buf *b, char out[25])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	if (!EVP_Digest(b->at, b->n, sum, NULL, EVP_md5(), NULL))
		die("no MD5");
	EVP_EncodeBlock((unsigned char *)out, sum, 16);
}

static int remove_batch(struct s3 *s, const struct s3_answer *a, int64_t until)
{
	struct buf b = { 0 };
	char md5[25];
	size_t n = batch(a, &b);
	md5_of(&b, md5);
	struct s3_call c = { .method = "POST", .query = "delete=", .body = b.at, .size = b.n, .until = until, .slow = true };
	c.headers[c.n++] = (struct s3_header){ "content-md5", md5 };
	int e = n ? s3_call(s, &c) : 0;
	s3_done(&c);
	b.n = 0;
	for (size_t i = 0; i < a->n && !e && n < a->n; i++, b.n = 0)
		if (!s3_xml_text(&b, a->items[i].key))
			e = s3_delete(s, a->items[i].key, until);
	buf_free(&b);
	return e;
}

/* One pass over the keys behind `after`; *found: were there any? */
static int remove_pass(struct s3 *s, const char *prefix, int64_t until, bool *found)
{
	struct buf after = { 0 };
	int e = 0;
	for (bool more = true; more && !e;) {
		struct s3_call c = { .until = until };
		e = s3_some(s, &c, prefix, buf_cstr(&after), true, S3_ITEMS_MOST);
		const struct s3_answer *a = &c.answer;
		more = !e && a->truncated && a->n;
		if (!e && a->n) {
			*found = true;
			e = strcmp(a->items[a->n - 1].key, buf_cstr(&after)) <= 0 ? WIRE_E_ANSWER : remove_batch(s, a, until);
			after.n = 0;
			buf_text(&after, a->items[a->n - 1].key);
		}
		if (!e && more && clock_ms() > until)
			e = WIRE_E_UNFINISHED;
		s3_done(&c);
	}
	buf_free(&after);
	return e;
}

/* What is added meanwhile is found by another pass. */
static int remove_all(struct s3 *s, const char *path, int64_t until)
{
	char *prefix = s3_folder_key(s, path);
	int e = 0;
	for (bool found = true, first = true; found && !e; first = false) {
		found = false;
		e = remove_pass(s, prefix, until, &found);
		if (!e && first && !found)
			e = ENOENT;
		if (!e && found && clock_ms() > until)
			e = WIRE_E_UNFINISHED;
	}
	free(prefix);
	return e == ETIMEDOUT ? WIRE_E_UNFINISHED : e;
}

static int remove_folder(struct s3 *s, const char *path, bool with_content, int64_t until)
{
	if (with_content)
		return remove_all(s, path, until);
	int e = folder_empty(s, path);
	return e ? e : remove_key(s, path, true);
}

int s3_remove(void *state, const char *path, bool with_content, int64_t until)
{
	struct s3 *s = state;
	struct s3_head h;
	if (!*path)
		return WIRE_E_TOP;
	s3_forget(s);
	int e = file_at(s, path, &h);
	if (e && e != WIRE_E_TYPE)
		return e;
	e = e ? remove_folder(s, path, with_content, until) : remove_key(s, path, false);
	if (!e)
		keep_folder(s, path);
	return e;
}
