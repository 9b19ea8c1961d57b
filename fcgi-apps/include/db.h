/*
 * db: records in LMDB. One environment per privilege (a directory below [site] state), one B-tree in each;
 * a table is a byte in front of the key, so no table has to be made before it is used.
 *
 * A transaction is a type: functions that change take a `struct db_write *`, which only db_change() hands out.
 * Values are copied into the arena of the context; never do other I/O inside a transaction.
 * Errors: disk full, map full and I/O errors are KIND_UNAVAILABLE with a message for the user; nothing of the
 * transaction is kept then. Source: lmdb.h, "Caveats".
 */
#ifndef NARU_DB_H
#define NARU_DB_H

#include "base.h"

struct db;
struct db_read;                       /* one snapshot */
struct db_write;                      /* the only writer */
/* A writer can read too. */
const struct db_read *db_as_read(const struct db_write *);

enum db_mode { DB_READ_ONLY, DB_READ_WRITE };

/* Opens (and in DB_READ_WRITE makes) the environment at conf_path("db/NAME"). Open after fork, once a process;
 * closed at process end. A read-only open of one that does not exist yet fails with KIND_UNAVAILABLE.
 * Files are 0660: the directory's owner and group decide who reaches them. */
bool db_open(struct ctx *, const char *name, enum db_mode, struct db **out) MUST_CHECK;
void db_close(struct db *);
/* For tools that root runs, before db_open(): becomes for ever who owns the folder db/NAME, or nobody in its group if that is root. So no
 * file in it is made that its service could not use, and no link that a service put there leads root anywhere. *found: there is a database. */
bool db_become(struct ctx *, const char *name, bool *found) MUST_CHECK;
/* Counts the changes that were committed: the same number, the same records. -1: not known now. Costs no transaction. */
int64_t db_version(const struct db *);
/* Clears slots of dead readers; call each minute. */
void db_check_readers(struct db *);

/* Writes a compact copy of one moment into `folder`, which exists and is empty; writers go on meanwhile. */
bool db_backup(struct ctx *, struct db *, const char *folder) MUST_CHECK;

/* Runs fn in a read transaction. Returns what fn returned. */
bool db_view(struct ctx *, struct db *, bool (*fn)(struct ctx *, const struct db_read *, void *arg), void *arg) MUST_CHECK;
/* Runs fn in a write transaction; commits (durably) when it returns true, else nothing has happened. */
bool db_change(struct ctx *, struct db *, bool (*fn)(struct ctx *, struct db_write *, void *arg), void *arg) MUST_CHECK;

/* A key: one byte of table, then up to 500 bytes. Keys sort as bytes. */
struct db_key { unsigned char at[504]; size_t n; };
struct db_key db_key(char table, const char *text);              /* one text */
struct db_key db_key2(char table, const char *a, const char *b); /* a NUL b: scan with prefix db_key2(t, a, "") */
struct db_key db_key_int(char table, const char *a, int64_t);    /* a NUL big-endian number: sorts by number */
const char *db_key_tail(const struct db_key *, struct arena *);  /* the part behind the first NUL */
int64_t db_key_number(const struct db_key *);                    /* the number of db_key_int() */

/* found: *found tells; out may be NULL. False only on errors. */
bool db_get(struct ctx *, const struct db_read *, const struct db_key *, bool *found, struct bytes *out) MUST_CHECK;
bool db_put(struct ctx *, struct db_write *, const struct db_key *, struct bytes value) MUST_CHECK;
/* Adds only if it is not there: *added tells. */
bool db_add(struct ctx *, struct db_write *, const struct db_key *, struct bytes value, bool *added) MUST_CHECK;
bool db_del(struct ctx *, struct db_write *, const struct db_key *) MUST_CHECK; /* missing is fine */

/* A walk over the keys that begin with `prefix` (without a byte: all tables), ascending or descending, from `from` (inclusive; NULL: the end it
 * starts at). *more false: no more entries. The cursor lives in the arena, inside the transaction only. */
struct db_walk;
struct db_walk *db_walk(struct ctx *, const struct db_read *, const struct db_key *prefix, const struct db_key *from, bool descending);
bool db_next(struct ctx *, struct db_walk *, bool *more, struct db_key *key, struct bytes *value) MUST_CHECK;

#endif
