/*
 * sweep: deletes what is out of date in one table, some at a time, so that no sign-in waits long for the writer.
 */
#ifndef NARU_ACCOUNT_SWEEP_H
#define NARU_ACCOUNT_SWEEP_H

#include "people.h"

struct sweep {
	char table;
	bool (*dead)(struct ctx *, struct bytes value, bool *is);
	bool (*bury)(struct ctx *, struct db_write *, const struct db_key *); /* NULL: the key alone is deleted */
};

bool sweep(struct ctx *, const struct sweep *) MUST_CHECK;

#endif
