/*
 * driver: what the connector of a place can do. A driver does only the work in its store; limits, paths, time and messages
 * are the front's and the connector's. Every operation returns 0, an errno or an enum wire_error. Paths have passed wire_path_good().
 */
#ifndef NARU_STORE_DRIVER_H
#define NARU_STORE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* One entry of a folder. kind is enum entry_kind of store.h. */
struct row {
	char name[WIRE_NAME_MOST + 1];
	int kind;
	int64_t size, modified, mode, uid, gid;
};

struct row_query {
	const char *path, *after, *match;  /* after, match: "" for none */
	int order;                         /* enum store_order */
	bool descending;
	size_t limit;
	int64_t until;                     /* clock_ms() when sorting is given up */
};

struct rows {
	struct row *at;                    /* malloc(): the caller frees it */
	size_t n;
	char next[2 * WIRE_NAME_MOST + 64];/* "": last page */
	int64_t total;                     /* -1: not counted */
	bool unsorted;
};

struct row_space { int64_t total, free, files_free, used; bool at_least; };

struct store_driver {
	const char *name;
	int (*open)(const char *where, void **state);
	int (*list)(void *, const struct row_query *, struct rows *);
	int (*stat)(void *, const char *path, struct row *);
	int (*read)(void *, const char *path, struct row *, int *fd);
	int (*create)(void *, const char *folder, int64_t *handle, int *fd); /* fd stays the driver's */
	int (*commit)(void *, int64_t handle, const char *path, bool replace);
	int (*abort)(void *, int64_t handle);
	bool (*pending)(void *);                                             /* is something created and not committed? */
	int (*folder)(void *, const char *path);
	int (*rename)(void *, const char *from, const char *to);
	int (*remove)(void *, const char *path, bool with_content, int64_t until);
	int (*space)(void *, int64_t until, struct row_space *);
	int (*writable)(void *, const char *folder, bool *);
	void (*close)(void *);                                               /* drops what was not committed */
};

extern const struct store_driver posix_driver;

#endif
