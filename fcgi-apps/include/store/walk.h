/*
 * walk: searching in a store whose connector cannot: folder after folder with lists, under a deadline. Each open folder has its page in memory
 * of its own, so a walk of any length takes what its deepest branch takes. A walk that stops is told as a page and a place in it for each level.
 */
#ifndef NARU_STORE_WALK_H
#define NARU_STORE_WALK_H

#include "store.h"

/* As store_find(), of which path and limits are checked. Blocks for q->walk_ms, and as much again for the list under way. */
bool walk_find(struct ctx *, struct store *, const struct store_find *, struct store_hits *) MUST_CHECK;
/* Fails: there is no going on from there. */
bool walk_cookie_bad(struct ctx *);
/* Could this be a cookie, of whatever kind? */
bool walk_cookie_good(const char *);

#endif
