/*
 * driver: what the connector of a place can do. A driver does only the work in its store; limits, paths, time and messages
 * are the front's and the connector's. Every operation returns 0, an errno or an enum wire_error. Paths have passed wire_path_good().
 */
#ifndef NARU_STORE_DRIVER_H
#define NARU_STORE_DRIVER_H

#include "base.h"
#include "remotes.h"
#include "store/wire.h"

/* One entry of a folder. kind is enum entry_kind of store.h. */
struct row {
	char name[WIRE_NAME_MOST + 1];
	int kind;
	int64_t size, modified, mode, uid, gid;
	int64_t change;                    /* as in struct entry; row_change() of something that changes with the content */
};

int64_t row_change(const void *, size_t n);

struct row_query {
	const char *path, *after, *match;  /* after, match: "" for none */
	int order;                         /* enum store_order */
	bool descending, no_dots;
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

/* A search: see struct store_find of store.h. */
struct store_terms;
struct row_find {
	const char *path, *cookie;         /* cookie: "" for none */
	const struct store_terms *terms;
	size_t limit;
	int64_t until;                     /* clock_ms() when the walk stops */
};

struct row_hit { char folder[WIRE_PATH_MOST + 1]; struct row row; };
struct row_hits {
	struct row_hit *at;                /* malloc(): the caller frees it */
	size_t n;
	char next[WIRE_COOKIE_MOST + 1];   /* "": everything was looked at */
	int64_t looked, unread;
};

/* of: enum store_quota_of. */
struct row_quota { int of; int64_t used, limit, files, files_limit, grace; };

struct row_space { int64_t total, free, files_free, used; bool at_least; };

/* Somebody who may have an entry in access control lists: a user ('u', with the groups "30000,30001" when those matter) or a group ('g'). */
struct acl_who { char kind; int64_t id; const char *groups; };

/* Permissions are bits: 4 read, 2 write, 1 execute or pass. -1: no entry. */
struct row_acl {
	int perm, later;                   /* their own entry: of it, and of what will be made in it */
	int reach;                         /* what they may, by whichever entry */
	bool own, folder, bare, runs;      /* the connector's user owns it; later entries without anybody's name are there; its owner may execute it */
};
/* Instead of permissions: take the entry away; change nothing; take it away and leave later entries that name nobody. */
enum { ACL_NONE = -1, ACL_LEAVE = -2, ACL_KEEP_BARE = -3 };
/* What a page of details tells beside the row. */
struct row_details {
	int64_t links;                      /* names that the file has; 0: not known */
	char target[WIRE_PATH_MOST + 1];    /* of a link; "" else */
	char acl[WIRE_ACL_MOST + 1];        /* a line an entry: "user:30001:rwx"; "" if the mode says all */
};

struct row_tree { int64_t bytes, entries; bool at_least; };

/* What a remote store says of itself, for whoever registers it. */
struct row_about {
	char software[WIRE_WORDS_MOST + 1]; /* as it names itself; "" if it does not */
	char key[WIRE_WORDS_MOST + 1];      /* SFTP: the host key, "ssh-ed25519 SHA256:…"; "" else */
};

/*
 * can: enum store_can of store.h. Operations whose bit is missing may be NULL: copy, space, about, date, mode, details, tree, find, quota, acl.
 * Words of the server about an error: why.h. Remote drivers move content by streams (stream.h); their handles begin at 1.
 */
struct store_driver {
	const char *name;
	unsigned can;
	unsigned (*can_here)(void *);                                        /* what of `can` this server has; NULL: all */
	/* POSIX: .path, and of an errand .root, .only and .rights. SFTP without .pinned: open, but nothing works except about(), which tells the host key. */
	int (*open)(const struct remote *, void **state);
	int (*list)(void *, const struct row_query *, struct rows *);
	int (*stat)(void *, const char *path, struct row *);
	/* The content from `offset` on, at most `length` bytes (-1: to the end). A file of the system has handle 0 and is given whole. */
	int (*read)(void *, const char *path, int64_t offset, int64_t length, struct row *, int64_t *handle, int *fd);
	int (*result)(void *, int64_t handle, int64_t *bytes);               /* of a read: EINPROGRESS, 0 or what went wrong, and how far it came */
	/* A new file that will be `path` (unless the commit says otherwise), of `size` bytes (-1: not known). STORE_CAN_SEEK: fd stays the driver's. */
	int (*create)(void *, const char *path, int64_t size, int64_t *handle, int *fd);
	/* Not committed (an error) it can be tried again, with another path. size: how much the front has written. */
	int (*commit)(void *, int64_t handle, const char *path, bool replace, int64_t size, int64_t until);
	int (*date)(void *, int64_t handle, int64_t modified);               /* the time it will have when it is committed */
	/* As create(), with what is there under this hidden name beside `path`; unfinished it stays. NULL: cannot. */
	int (*kept)(void *, const char *path, const char *keep, int64_t *handle, int *fd);
	int (*sync)(void *);                                                 /* store_sync(); NULL: commits are durable by themselves */
	int (*abort)(void *, int64_t handle);
	bool (*pending)(void *);                                             /* is something created and not committed, or being read? */
	int (*folder)(void *, const char *path);
	int (*rename)(void *, const char *from, const char *to);             /* never over something: EEXIST */
	int (*copy)(void *, const char *from, const char *to, bool replace, int64_t until); /* a file, inside the store */
	int (*remove)(void *, const char *path, bool with_content, int64_t until);
	int (*space)(void *, int64_t until, struct row_space *);
	int (*writable)(void *, const char *folder, bool *);
	int (*about)(void *, struct row_about *);
	int (*find)(void *, const struct row_find *, struct row_hits *);
	int (*quota)(void *, struct row_quota *);
	int (*acl)(void *, const char *path, const struct acl_who *, struct row_acl *);
	int (*acl_set)(void *, const char *path, const struct acl_who *, int perm, int later);
	int (*mode)(void *, const char *path, int64_t mode);                 /* rights alone: 0 to 0777 */
	int (*details)(void *, const char *path, struct row_details *);
	int (*tree)(void *, const char *path, int64_t until, struct row_tree *);
	void (*close)(void *);                                               /* drops what was not committed */
};

/* The driver of a kind ("posix", "s3", "sftp", "ftp", "webdav"); NULL: none. */
const struct store_driver *store_driver_of(const char *kind);

extern const struct store_driver posix_driver, s3_driver, sftp_driver, ftp_driver, webdav_driver;

#endif
