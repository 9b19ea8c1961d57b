/*
 * store: places with files (home, scratch, later S3, SFTP, …), each reached through a connector process that is the user.
 *
 * store_open() asks the launcher, with the user's proof, for a connector at a place ([place NAME] of naru.conf). A path is relative
 * to the place, "" is its top, no leading slash; names are bytes. Every call blocks up to the context's deadline (or 10 s) and treats what the
 * connector says as hostile. Handles live in the arena, and so must what was given to store_open(). Connections are kept for a while by the process and reused for the same proof owner.
 */
#ifndef NARU_STORE_H
#define NARU_STORE_H

#include "base.h"

struct store;

enum entry_kind { ENTRY_FILE = 'f', ENTRY_FOLDER = 'd', ENTRY_LINK = 'l', ENTRY_OTHER = 'o' };
/* change: another number when the content is another (0: the store does not tell). */
struct entry { const char *name; enum entry_kind kind; int64_t size, modified; int64_t mode, uid, gid; int64_t change; };

enum store_order { STORE_ANY, STORE_BY_NAME, STORE_BY_SIZE, STORE_BY_TIME, STORE_BY_ENDING /* "log" of "run.log" */ };
struct store_query {
	const char *path;
	enum store_order order; bool descending;  /* ANY: as the file system gives them, first page without reading the rest */
	const char *after;                        /* .next of the page before; NULL: first page */
	const char *match;                        /* only names that contain this; NULL: all */
	bool no_dots;                             /* without the names that begin with a dot */
	int64_t limit;                            /* entries a page, at most 1,000 */
	int sort_ms;                              /* how long sorting may take, at most 8,000; 0: 700 */
};
struct store_page {
	const struct entry *at; size_t n;
	const char *next;                         /* NULL: last page */
	int64_t total;                            /* -1: not counted */
	bool unsorted;                            /* the folder was too large to sort in time */
};
/* What is searched for. All of it must hold. */
struct store_terms {
	const char *name;                         /* part of a name, or with * and ? the whole of it, in any case of A-Z; NULL: any */
	int kind;                                 /* enum entry_kind; 0: any */
	int64_t at_least, at_most;                /* bytes, of files alone; -1: any */
	int64_t since, before;                    /* seconds since 1970; 0: any */
	bool dots;                                /* names that begin with a dot, too, and what is in such folders */
};
struct store_find {
	const char *path;                         /* from this folder down */
	struct store_terms terms;
	const char *cookie;                       /* .next of the call before; NULL: from the beginning */
	int walk_ms;                              /* how long to look, at most 8,000 */
	int64_t limit;                            /* hits, at most 200 */
};
struct store_hit { const char *folder; /* from the folder searched on; "": in it */ struct entry entry; };
struct store_hits {
	const struct store_hit *at; size_t n;
	const char *next;                         /* NULL: everything was looked at */
	int64_t looked, unread;                   /* entries; folders that could not be entered */
};
enum store_quota_of { STORE_QUOTA_NONE, STORE_QUOTA_USER, STORE_QUOTA_GROUP, STORE_QUOTA_FOLDER };
/* Bytes and files; limit 0: none. grace: seconds since 1970 when a soft limit that is passed becomes a hard one; 0: it is not passed. */
struct store_quota { enum store_quota_of of; int64_t used, limit, files, files_limit, grace; };
struct store_space { int64_t total, free, files_free, used; bool used_at_least; /* the walk ran out of time */ };
/* fd: the file itself, or (without STORE_CAN_SEEK) a pipe from which its content, or the part that was asked for, comes. */
struct store_file { int fd; struct entry entry; int64_t handle; };

/* What a store can do beyond what all can. */
enum store_can {
	STORE_CAN_SEEK = 1,     /* descriptors are files of the system: whole, with an offset, for sendfile */
	STORE_CAN_PART = 2,     /* reads from an offset on */
	STORE_CAN_COPY = 4,     /* copies a file without its content passing through here */
	STORE_CAN_MODES = 8,    /* owner, group and mode mean something */
	STORE_CAN_SPACE = 16,   /* knows how much room there is */
	STORE_CAN_MOVE = 32,    /* renames folders in one step */
	STORE_CAN_FOLDERS = 64, /* keeps empty folders */
	STORE_CAN_TIMES = 128,  /* tells to the second when a file was changed */
	STORE_CAN_FIND = 16384, /* searches by itself; in the others store_find() walks with lists */
	STORE_CAN_QUOTA = 32768,/* may know a quota of the user's */
	STORE_CAN_ACLS = 65536, /* keeps access control lists (a file system of it may still not) */
	STORE_CAN_WRITE = 256,  /* not set: the owner or the server allows reading only */
	STORE_CAN_DATE = 512,   /* a new file can have the time of another: store_commit_dated() */
};

/* With a sealed errand (errand.h) in the place of the proof, "" is the errand's path, and what it does not allow is KIND_FORBIDDEN. */
bool store_open(struct ctx *, const char *proof, const char *place, struct store **) MUST_CHECK;
unsigned store_can(const struct store *); /* bits of enum store_can */
/* The last failure of a store_…() to keep for later: its code, and in *words (the process's) what the server of a remote store said. */
int store_failure(const char **words);
/* The same in words, in the language of the context. */
const char *store_failure_says(struct ctx *, int code, const char *words);
bool store_list(struct ctx *, struct store *, const struct store_query *, struct store_page *) MUST_CHECK;
bool store_stat(struct ctx *, struct store *, const char *path, struct entry *) MUST_CHECK;
/* Regular files only (others: KIND_INVALID). The descriptor is read-only, close-on-exec, the caller's (arena_defer or reply_file()). */
bool store_read(struct ctx *, struct store *, const char *path, struct store_file *) MUST_CHECK;
/* At most `length` bytes (-1: to the end) from `offset` on; without STORE_CAN_PART only from 0. With STORE_CAN_SEEK the whole file is given. */
bool store_read_part(struct ctx *, struct store *, const char *path, int64_t offset, int64_t length, struct store_file *) MUST_CHECK;
/* After the end of a pipe: was that all? Fails with the reason if the store broke off. Always true for a file of the system. */
bool store_read_end(struct ctx *, struct store *, const struct store_file *) MUST_CHECK;
/* A new file that is not seen yet: write to the descriptor (it belongs to the arena: do not close it), then store_commit() makes it durable and gives
 * it its name, or, with replace, puts it in the place of the file of that name and keeps that one's permissions, in one step. A commit that
 * was refused (KIND_CONFLICT: the name is taken) may be tried with another name. Not committed: it never existed. A commit may take two minutes.
 * path: what its name will be, as far as is known; the folder must exist. size: bytes that will come; -1: not known. */
bool store_create(struct ctx *, struct store *, const char *path, int64_t size, int *fd) MUST_CHECK;
bool store_commit(struct ctx *, struct store *, int fd, const char *path, bool replace) MUST_CHECK;
/* The same with the time of its last change (seconds since 1970; -1: now), where the store can (STORE_CAN_DATE). */
bool store_commit_dated(struct ctx *, struct store *, int fd, const char *path, bool replace, int64_t modified) MUST_CHECK;
/* As store_create(), on this machine alone (STORE_CAN_SEEK, else KIND_INVALID), but what is not committed stays in the folder under a hidden name made of `keep`
 * (hex digits, at most STORE_KEEP_MOST), and the descriptor has what is there already, for whoever goes on. To drop it: store_remove() of store_kept_path(). */
enum { STORE_KEEP_MOST = 28 };
bool store_create_kept(struct ctx *, struct store *, const char *path, const char *keep, int *fd) MUST_CHECK;
const char *store_kept_path(struct arena *, const char *path, const char *keep);
/* For many small files: what was created or committed on this store's connection is on the disk when it returns, and from the first call on a commit leaves
 * that to the next. Create and write them, sync, commit each, sync. Blocks up to two minutes. Stores whose commits are durable do nothing. */
bool store_sync(struct ctx *, struct store *) MUST_CHECK;
/* Up to n bytes of a file from `offset` on, fewer only at its end or on an error. Does not move the descriptor. */
size_t store_read_at(int fd, void *to, size_t n, int64_t offset);
/* Writes all of it; a full disk or quota is KIND_UNAVAILABLE. Starts the transfer to the disk on the way, so that the commit has little left to do. */
bool store_write(struct ctx *, int fd, const void *, size_t n) MUST_CHECK;
/* As store_write(), with up to `most` bytes that come out of the pipe `from`, or of a file there if the new file's is a pipe. *n 0: that was all. */
bool store_take(struct ctx *, int fd, int from, size_t most, size_t *n) MUST_CHECK;
bool store_make_folder(struct ctx *, struct store *, const char *path) MUST_CHECK;
bool store_rename(struct ctx *, struct store *, const char *from, const char *to) MUST_CHECK; /* never over something that exists: KIND_CONFLICT */
/* A file, inside the store, seen when all of it is there; rights and time as the source has them where that means something, never its set-uid
 * bits. Stores without STORE_CAN_COPY fail with KIND_INVALID. May take two minutes; without a deadline of the context, an hour. */
bool store_copy(struct ctx *, struct store *, const char *from, const char *to, bool replace) MUST_CHECK;
bool store_remove(struct ctx *, struct store *, const char *path, bool with_content) MUST_CHECK;
/* What a remote store says of itself: its software, and of SFTP the host key ("ssh-ed25519 SHA256:…"). */
bool store_about(struct ctx *, struct store *, const char **software, const char **key) MUST_CHECK;
/* Space of the file system, and what the user's tree uses as far as `walk_ms` milliseconds of walking tell (0: no walk). */
bool store_space(struct ctx *, struct store *, int walk_ms, struct store_space *) MUST_CHECK;
/* Goes through the folders below a path, never through a link and never to another file system, in no particular order, and gives what fits as
 * soon as there are `limit` hits or the time is over; .next goes on from there. What is made or removed meanwhile may be missed. */
bool store_find(struct ctx *, struct store *, const struct store_find *, struct store_hits *) MUST_CHECK;
/* Does it fit? For what was found in another way. */
bool store_fits(const struct store_terms *, const struct entry *);
/* The tightest quota that the user has here. .of STORE_QUOTA_NONE: none is known. Stores without STORE_CAN_QUOTA fail with KIND_INVALID. */
bool store_quota(struct ctx *, struct store *, struct store_quota *) MUST_CHECK;
/* Could the user make a file in this folder? *writable; the folder must exist (KIND_NOT_FOUND). */
bool store_writable(struct ctx *, struct store *, const char *folder, bool *writable) MUST_CHECK;

/* Somebody who may have an entry in access control lists: a user ('u', of these groups: "30000,30001") or a group ('g'). */
struct store_who { char kind; int64_t id; const char *groups; };
/* Permissions are bits: 4 read, 2 write, 1 execute or pass; -1: no entry of theirs. */
struct store_acl {
	int perm, later;        /* of the entry; of the one that what is made in the folder will get */
	int reach;              /* what they may, by whichever entry or by the mode */
	bool own, folder, runs; /* the user's own, so entries can be set; a folder; the owner may execute it */
	bool bare;              /* there are entries for what is made later, and none has a name */
};
enum { STORE_ACL_NONE = -1, STORE_ACL_LEAVE = -2, STORE_ACL_KEEP_BARE = -3 };
/* KIND_INVALID where there are none. Links are not followed. */
bool store_acl(struct ctx *, struct store *, const char *path, const struct store_who *, struct store_acl *) MUST_CHECK;
/* perm, later: permissions, or LEAVE it as it is, or take it away (NONE; of `later` KEEP_BARE: leave an otherwise nameless list). Nobody else may more
 * or less by that. */
bool store_acl_set(struct ctx *, struct store *, const char *path, const struct store_who *, int perm, int later) MUST_CHECK;

/* ---- details: all fail with KIND_INVALID where the store knows nothing of it ---- */

/* Rights of owner, group and others alone (0 to 0777): set-uid and set-gid bits of files are never kept, those of folders stay. */
bool store_set_mode(struct ctx *, struct store *, const char *path, int64_t mode) MUST_CHECK;
struct store_details {
	int64_t links;                            /* names of the file; 0: not known */
	const char *target;                       /* of a link; NULL else */
	struct texts acl;                         /* "user:30001:rwx", with "default:" in front for what comes into a folder */
};
bool store_details(struct ctx *, struct store *, const char *path, struct store_details *) MUST_CHECK;
/* What is in a folder, as far as `walk_ms` milliseconds of walking tell. */
struct store_tree { int64_t bytes, entries; bool at_least; };
bool store_tree(struct ctx *, struct store *, const char *path, int walk_ms, struct store_tree *) MUST_CHECK;

/* Begin of the name of a user's trash at the top of a place; lists of the top leave these folders out. */
#define STORE_TRASH ".naru-trash-"

struct place { const char *name, *title, *path; /* "/home/%u" expanded for a user */ };
/* The site's places for a user, in the order of naru.conf. */
void store_places(struct arena *, const char *user, const struct place **, size_t *n);
/* Which place holds an absolute path, and the path in it; false if none. */
bool store_locate(struct arena *, const char *user, const char *absolute, const char **place, const char **path);

#endif
