/*
 * webdav: the parts of the WebDAV driver (webdav*.c). One request is dav_ask(); everything else is made of those. What is asked and what servers
 * answer differs between them, so: a collection's path ends in a slash, each body has its type, addresses in answers are compared decoded, and
 * that something must not be overwritten is asked by Overwrite: F, which all of them know.
 */
#ifndef NARU_STORE_WEBDAV_H
#define NARU_STORE_WEBDAV_H

#include "store/driver.h"
#include "store/lines.h"
#include "store/webdav_xml.h"

#define DAV_TICK_MS 200
#define DAV_DECODED_MOST (2 * WIRE_PATH_MOST + 2)

struct dav {
	struct remote r;             /* its texts are the connector's */
	struct lines lines;
	struct streams streams;
	char base[WIRE_PATH_MOST + 2]; /* decoded, "" or "/…" without a slash at the end */
	char software[WIRE_WORDS_MOST + 1];
	int64_t opening;             /* clock_ms() when a request that opens the store is given up; 0: it is open */
	bool quota;                  /* it tells how much room there is */
};

struct dav_ask {
	const char *method, *path;   /* below the base */
	bool folder;                 /* it is one: a slash at its end */
	const char *depth;           /* NULL: none */
	const char *to;              /* Destination, below the base; NULL: none */
	bool to_folder, replace;
	const char *body;            /* XML; NULL: none */
	int64_t from, most;          /* Range; most -1: to the end; 0: whole */
	int64_t until;               /* clock_ms() when it is given up; 0: as long as something comes */
	struct stream *stream;       /* may give up */
	curl_read_callback give;     /* content of a PUT, of `size` bytes (-1: not known) */
	int64_t size;
	curl_write_callback take;    /* content of an answer 2xx; NULL: passed over */
	void *arg;                   /* of give and take */
	/* the answer */
	long status;
	char reason[160], location[256], etag[DAV_ETAG_MOST], server[128], classes[64];
	int64_t range_from, range_total, length; /* -1: not told */
	int64_t passed_over;
	CURL *easy;                  /* while it runs */
	int begun;                   /* PUT: requests that libcurl has begun for it */
};

/* 0: there is an answer, whatever its status. A `take` that stopped the transfer is no error. */
int dav_ask(struct dav *, struct dav_ask *);
/* What a status means: 0 for 2xx. The server's words go to why(). */
int dav_error(const struct dav_ask *);
/* Both in one: for requests whose body does not matter. */
int dav_do(struct dav *, struct dav_ask *);
/* The decoded path of an address in an answer, without a slash at the end. */
bool dav_decode_href(const char *href, char *to, size_t room);

/* One entry by PROPFIND with Depth: 0, also the quota. */
int dav_look(struct dav *, struct stream *, const char *path, struct dav_entry *);
/* Servers have many answers for a path whose folder is none or not there: ENOTDIR or ENOENT then, else e. */
int dav_blame_parent(struct dav *, const char *path, int e);
int dav_stat(void *, const char *path, struct row *);
int dav_list(void *, const struct row_query *, struct rows *);
/* Does a folder have anything in it? 0 for no, ENOTEMPTY */
int dav_empty(struct dav *, const char *path);

int dav_read(void *, const char *path, int64_t offset, int64_t length, struct row *, int64_t *handle, int *fd);
int dav_result(void *, int64_t handle, int64_t *bytes);
int dav_create(void *, const char *path, int64_t size, int64_t *handle, int *fd);
int dav_commit(void *, int64_t handle, const char *path, bool replace, int64_t size, int64_t until);
int dav_abort(void *, int64_t handle);
bool dav_pending(void *);

int dav_folder(void *, const char *path);
int dav_rename(void *, const char *from, const char *to);
int dav_copy(void *, const char *from, const char *to, bool replace, int64_t until);
int dav_remove(void *, const char *path, bool with_content, int64_t until);
int dav_writable(void *, const char *folder, bool *);

#endif
