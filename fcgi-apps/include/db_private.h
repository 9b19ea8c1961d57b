/* db_private: what the parts of db share. */
#ifndef NARU_DB_PRIVATE_H
#define NARU_DB_PRIVATE_H

#include "db.h"

#include <lmdb.h>

struct db {
	struct db *next;
	char name[64], path[512];
	enum db_mode mode;
	MDB_env *env;
	bool broken;   /* to be opened anew before the next use */
	int users;     /* transactions under way in this process */
};
/* Cursors of a transaction that are to be closed with it: LMDB itself closes none of a reader's. On the heap, because a walk may be in an
 * arena that ends before the transaction does. */
struct db_cursor { struct db_cursor *next; MDB_cursor *cursor; };
struct db_read { struct db *db; MDB_txn *txn; MDB_dbi dbi; struct db_cursor **cursors; };
struct db_write { struct db_read read; };

bool db_failed(struct ctx *, const char *name, const char *what, int error);

#endif
