/* rules: what is to be done with a file whose name is, or is not, taken; which errors end what; how long to wait. Pure: nothing here blocks or keeps. */
#ifndef NARU_RULES_H
#define NARU_RULES_H

#include "base.h"
#include "store.h"

enum act { ACT_NEW, ACT_REPLACE, ACT_RENAME, ACT_KEEP, ACT_SAME, ACT_COMPARE /* equal content is the same, else replace */, ACT_REFUSE, ACT_CLASH };

/* there: what has the name at the target, NULL: nothing. rule: of a transfer's record. checksum: sizes and times are not believed. */
enum act rules_act(const char *rule, bool checksum, const struct entry *source, const struct entry *there);
/* The name of a file that did not get its own: "a.txt" -> "a (2).txt", nth from 2 on; at most 255 bytes, cut before the ending at a whole letter.
 * Of a path only its last part is changed. */
const char *rules_name(struct arena *, const char *path, int nth);

/* What an error of a store means for the file and for the transfer. */
enum bad { BAD_FILE /* this file only */, BAD_LATER /* trying later helps */, BAD_FULL /* later, but not for long */, BAD_STOP /* nothing will work until somebody acts */ };
enum bad rules_bad(int code);
/* Is it worth asking a new connector at once? */
bool rules_lost(int code);
/* Seconds until the nth try in a row (from 1), or -1: no more. */
int64_t rules_wait(enum bad, int64_t nth);

#endif
