/*
 * posix: the parts of the POSIX driver (posix*.c). It runs in a process that is the user, so the kernel decides what it may do; what the
 * driver adds is that a path never leaves the place: every path is resolved by openat2() beneath a descriptor of the place's top folder,
 * and everything else is done relative to the descriptors that this gave, on one name without slashes. A folder that is swapped for a
 * link meanwhile changes nothing: the descriptor still is the folder that was checked.
 */
#ifndef NARU_STORE_POSIX_H
#define NARU_STORE_POSIX_H

#include <dirent.h>
#include <sys/stat.h>

#include "store/driver.h"

#define POSIX_PENDING 64                /* files created and not committed, at once */
#define POSIX_PART ".naru-part-"        /* names of unfinished files where the file system has no nameless ones; never listed */

struct pending { int64_t handle; int fd, folder; char name[40]; /* "": nameless (O_TMPFILE) */ bool dated, synced, kept; int64_t modified; };

struct posix {
	int top;                        /* O_PATH */
	uint64_t resolve;               /* RESOLVE_* flags beside the usual ones, for every path */
	bool later;                     /* syncing is left to posix_sync() */
	bool named;                     /* something got its name since the last one */
	int64_t handles;                /* the last one given */
	struct pending pending[POSIX_PENDING];
};

/* openat2() beneath `dir`; "" is `dir` itself. A descriptor, or -1 with an errno (EXDEV: outside). `resolve` adds RESOLVE_* flags. */
int posix_beneath(int dir, const char *path, int flags, uint64_t resolve);
/* The folder that a path's last part is in (O_PATH), and that part. 0 or an error. */
int posix_parent(const struct posix *, const char *path, int *folder, const char **name);
/* errno as this driver reports it (EXDEV of posix_beneath() is WIRE_E_OUTSIDE). */
int posix_error(int e);
void posix_row(struct row *, const char *name, const struct stat *);
/* Opens a folder for reading its entries; NULL with errno. Closes `fd` always. */
DIR *posix_entries(int fd);
/* The same of a folder in a folder, neither through a link nor on another file system. */
DIR *posix_enter(int dir, const char *name);
/* Names that are never listed: . and .. and what is not finished. */
bool posix_hidden(const char *name);

/* Opens whatever a path leads to inside the place (a link that leads nowhere, or out: the link) with O_PATH. */
int posix_look(const struct posix *, const char *path, int *fd, struct stat *);

int posix_read(void *, const char *path, int64_t offset, int64_t length, struct row *, int64_t *handle, int *fd);
int posix_list(void *, const struct row_query *, struct rows *);
int posix_create(void *, const char *path, int64_t size, int64_t *handle, int *fd);
int posix_commit(void *, int64_t handle, const char *path, bool replace, int64_t size, int64_t until);
int posix_date(void *, int64_t handle, int64_t modified);
int posix_kept(void *, const char *path, const char *keep, int64_t *handle, int *fd);
int posix_sync(void *);
int posix_abort(void *, int64_t handle);
int posix_copy(void *, const char *from, const char *to, bool replace, int64_t until);
bool posix_pending(void *);
int posix_remove(void *, const char *path, bool with_content, int64_t until);
int posix_find(void *, const struct row_find *, struct row_hits *);
int posix_quota(void *, struct row_quota *);
int posix_space(void *, int64_t until, struct row_space *);
int posix_acl(void *, const char *path, const struct acl_who *, struct row_acl *);
/* The file `fd` gets the access list of what has this name, or none if that has none (a folder's default may have given it one). An error number. */
int posix_acl_keep(int fd, int dir, const char *name);
int posix_acl_set(void *, const char *path, const struct acl_who *, int perm, int later);
int posix_tree(void *, const char *path, int64_t until, struct row_tree *);
int posix_mode(void *, const char *path, int64_t mode);
int posix_details(void *, const char *path, struct row_details *);

#endif
