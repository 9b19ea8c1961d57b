/*
 * s3: the parts of the S3 driver (s3*.c). One bucket, or a folder of it, seen as a tree: a key's "/" separates folders, an empty folder is an
 * object of no bytes whose key ends with "/". Such a marker is also left where the last file of a folder goes, so that a folder does not vanish with it.
 * A folder cannot be renamed in one step, and is not renamed at all unless it is empty: object by object it could break off half-way.
 */
#ifndef NARU_STORE_S3_H
#define NARU_STORE_S3_H

#include <pthread.h>

#include "store/driver.h"
#include "store/s3_sign.h"
#include "store/s3_xml.h"
#include "store/stream.h"
#include "store/why.h"

#define S3_PART ((size_t)8 << 20)       /* bytes of a part of an upload; smaller files go in one piece */
#define S3_PARTS_MOST 10000
#define S3_PARALLEL 4                   /* parts of one upload at a time, */
#define S3_MEMORY (S3_PARALLEL * S3_PART) /* as long as they need no more than this */
#define S3_EXTRA 8                      /* parts in the air beyond the first of each upload, of all uploads together */
#define S3_COPY_MOST (INT64_C(5) << 30) /* the server copies so much in one step */
#define S3_COPY_PART (INT64_C(512) << 20)
#define S3_HIDDEN ".naru-part-"         /* names that are never listed: content that has no name yet */
#define S3_LAST "\xf4\x8f\xbf\xbf"      /* sorts behind all that a name can go on with */
#define S3_HEADERS_MOST 8

struct s3_line;

/* The folder in which something was made a moment ago. */
struct s3_near {
	char path[WIRE_PATH_MOST + 1];
	int64_t until;                      /* clock_ms(); 0: none */
	unsigned times;                     /* that it was of use */
	bool known;                         /* what follows are all the folders in it */
	char **folders; size_t n;
};

struct s3 {
	struct arena *memory;
	struct s3_signer signer;
	struct s3_where where;
	const char *networks, *ca_file, *bucket;
	const char *prefix;                 /* in front of every path: "" or "folder/" */
	size_t part;                        /* the figures above, which a test makes smaller */
	int64_t copy_most, copy_part;
	struct streams streams;
	pthread_mutex_t lock;               /* of what follows: streams' threads use it too */
	struct s3_line *idle;
	unsigned n_idle, extra;
	bool no_condition;                  /* the server does not know If-None-Match with PUT */
	struct s3_near near;
	char software[80];                  /* of the connector's thread alone */
};

/* What the headers of an answer say. */
struct s3_head {
	int64_t size, whole, modified;      /* -1: not said; whole: of an object of which this is a part */
	char etag[100], region[64], software[80];
	bool encrypted;                     /* its ETag is no sum of the content then */
};

/* One request. Zeroed, .method and what else it needs filled in; s3_done() after it, always. */
struct s3_call {
	const char *method;
	const char *key;                    /* NULL: the bucket itself */
	const char *query;                  /* NULL: none; encoded and sorted */
	struct s3_header headers[S3_HEADERS_MOST]; size_t n;
	const void *body; size_t size;
	int64_t until;                      /* clock_ms(); 0: none */
	bool once;                          /* not to be repeated when nobody knows whether it was done */
	bool slow;                          /* the server may work for minutes before it answers */
	const struct stream *stream;        /* whose giving up ends it; has patience, too */
	/* Of an answer that is content: its head is told once, then its bytes. False: enough. */
	bool (*begin)(void *, const struct s3_call *);
	bool (*sink)(void *, const void *, size_t);
	void *arg;
	/* the answer */
	long status;
	unsigned tries;
	const char *region;                 /* that the store is thought to be in */
	struct s3_head head;
	struct s3_answer answer;
	/* while it runs */
	size_t sent, junk;
	bool begun, bad;
};

/* 0 or an error of driver.h, with the server's words. ENOENT: no such key; ERANGE: no such part of it; EEXIST: If-None-Match did not hold. */
int s3_call(struct s3 *, struct s3_call *);
void s3_done(struct s3_call *);
/* What an answer that is no success means. */
int s3_error(const struct s3_call *);
bool s3_temporary(const struct s3_call *, int e);
void s3_lines_free(struct s3 *);

/* The whole key of a path; the caller frees it. */
char *s3_key(const struct s3 *, const char *path);
char *s3_folder_key(const struct s3 *, const char *path); /* with the "/" */

/* ---- looking ---- */

int s3_head_of(struct s3 *, const char *key, int64_t until, struct s3_head *);
/* At most `most` keys that begin with `prefix` and sort behind `after`; deep: without putting them together as folders. The items are in c->answer. */
int s3_some(struct s3 *, struct s3_call *c, const char *prefix, const char *after, bool deep, size_t most);
/* Is there such a folder (the top always is)? 0, ENOENT or why it cannot be told. *modified, if not NULL, is its marker's. */
int s3_folder_is(struct s3 *, const char *path, int64_t *modified);
/* The same of the folder that a path is in, remembered for a moment. Of the connector's thread alone. */
int s3_parent_is(struct s3 *, const char *path);
/* Is it known that no folder has this path? */
bool s3_no_folder(struct s3 *, const char *path);
void s3_forget(struct s3 *);
/* 0: there is nothing; EEXIST: a file; EISDIR: a folder; or an error. */
int s3_taken(struct s3 *, const char *path);
int s3_stat(void *, const char *path, struct row *);
int s3_list(void *, const struct row_query *, struct rows *);
const char *s3_last_part(const char *path);

/* ---- content ---- */

int s3_read(void *, const char *path, int64_t offset, int64_t length, struct row *, int64_t *handle, int *fd);
int s3_create(void *, const char *path, int64_t size, int64_t *handle, int *fd);
int s3_commit(void *, int64_t handle, const char *path, bool replace, int64_t size, int64_t until);

/* ---- objects ---- */

/* One PUT. fresh: EEXIST if there is such a key, as far as the server can tell. */
int s3_put(struct s3 *, const char *key, const void *, size_t n, bool fresh, int64_t until);
int s3_delete(struct s3 *, const char *key, int64_t until);
/* On the server, whatever its size. */
int s3_copy_key(struct s3 *, const char *from, const struct s3_head *, const char *to, int64_t until);
/* An upload in parts: its id, one part of it (*etag for the end), its end or its abandonment. */
int s3_upload_begin(struct s3 *, const char *key, const struct stream *, char id[1100]);
int s3_upload_part(struct s3 *, const char *key, const char *id, int number, const void *, size_t n, const struct stream *, char etag[100]);
int s3_upload_end(struct s3 *, const char *key, const char *id, char (*etags)[100], size_t n, int64_t size, int64_t until);
void s3_upload_abort(struct s3 *, const char *key, const char *id);

int s3_folder(void *, const char *path);
int s3_rename(void *, const char *from, const char *to);
int s3_copy(void *, const char *from, const char *to, bool replace, int64_t until);
int s3_remove(void *, const char *path, bool with_content, int64_t until);

#endif
