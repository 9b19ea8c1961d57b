/*
 * props: dead properties, what clients keep about a resource and the portal does not understand. They belong to a path: a COPY takes them along, a MOVE
 * moves them, a DELETE ends them. A file that comes and goes past this door keeps those of its path.
 */
#ifndef NARU_DAV_PROPS_H
#define NARU_DAV_PROPS_H

#include "dav.h"
#define RECORD dav_properties
#include "record_def.h"

enum { PROPS_MOST = 100, PROPS_BYTES_MOST = 64 << 10 /* of one resource */, PROPS_PLACE_MOST = 50000 /* resources of a place that have any */ };

/* name: "namespace name"; value: the whole element as a text; NULL: to be removed. */
struct prop { const char *name, *value; };

/* Those of some paths of a place, in one go: out[i] for paths[i]. */
bool props_of(struct ctx *, const struct spot *place, const char *const *paths, size_t n, struct dav_properties *out) MUST_CHECK;
const char *props_value(const struct dav_properties *, const char *name); /* NULL: not there */
/* All changes or none. KIND_TOO_LARGE, KIND_TOO_MANY. */
bool props_change(struct ctx *, const struct spot *, const struct prop *, size_t n) MUST_CHECK;
/* Of the resource and (deep) all below it. What `to` had is gone first. */
bool props_copy(struct ctx *, const struct spot *from, const struct spot *to, bool deep, bool move) MUST_CHECK;
bool props_forget(struct ctx *, const struct spot *) MUST_CHECK;

#endif
