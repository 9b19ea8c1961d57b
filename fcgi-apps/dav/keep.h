/*
 * keep: the database "dav" (written by this module alone) and its keys. A record belongs to a path in a place; the key holds a hash of the place, then
 * the path, so that all below a folder stand together. A long path is cut in the key, with a hash behind: records tell their path themselves.
 */
#ifndef NARU_DAV_KEEP_H
#define NARU_DAV_KEEP_H

#include "dav.h"

enum { TABLE_LOCK = 'L', TABLE_PROPERTIES = 'P' };

extern struct db *keep;
bool keep_open(struct ctx *) MUST_CHECK;
/* more: what tells several records of one path apart; NULL: there is one. */
struct db_key keep_key(struct arena *, char table, const char *root, const char *path, const char *more);
/* Begins the key of each record of the path; of each below it; of each of the place. */
struct db_key keep_prefix(struct arena *, char table, const char *root, const char *path);
struct db_key keep_below(struct arena *, char table, const char *root, const char *path);
struct db_key keep_place(struct arena *, char table, const char *root);

#endif
