/* MKCOL and DELETE. */
#include "dav.h"
#include "locks.h"
#include "props.h"
#include "store/wire.h"

/* ---- a new folder ---- */

static bool make(struct work *w)
{
	struct ctx *c = w->r->ctx;
	if (!work_no_body(w))
		return false;
	if (w->at.there || !*w->at.path)
		return work_refuse(w, 405, NULL);
	if (!conditions_hold(w, &w->at) || !locks_let(w, &w->at, TOUCH_IT | TOUCH_NAME))
		return false;
	if (store_make_folder(c, w->at.store, w->at.path))
		return true;
	int status = c->error.kind == KIND_NOT_FOUND ? 409 : c->error.kind == KIND_CONFLICT ? 405 : 0;
	if (status)
		forget(c);
	return status ? work_refuse(w, status, NULL) : false;
}

struct reply dav_folder(struct req *r)
{
	struct work w;
	if (!work_begin(&w, r) || !make(&w))
		return work_reply(&w);
	return reply_status(r, 201);
}

/* ---- the end of something ---- */

bool spot_remove(struct work *w, const struct spot *s)
{
	struct ctx *c = w->r->ctx;
	const char *words;
	while (work_time(w) && !store_remove(c, s->store, s->path, true)) {
		if (store_failure(&words) != WIRE_E_UNFINISHED) /* else some of it is gone, and the rest goes in the next round */
			return false;
		forget(c);
	}
	return c->error.kind == KIND_NONE && props_forget(c, s) && locks_forget(c, s);
}

static bool delete(struct work *w)
{
	if (!w->at.there)
		return work_refuse(w, 404, NULL);
	if (!*w->at.path)
		return work_refuse(w, 403, NULL);
	unsigned touch = TOUCH_IT | TOUCH_NAME | (spot_folder(&w->at) ? TOUCH_BELOW : 0);
	if (!conditions_hold(w, &w->at) || !locks_let(w, &w->at, touch) || !work_note(w, "delete", &w->at, NULL))
		return false;
	return (!spot_folder(&w->at) || long_begin(w->r)) && spot_remove(w, &w->at);
}

struct reply dav_delete(struct req *r)
{
	struct work w;
	if (!work_begin(&w, r) || !delete(&w))
		return work_reply(&w);
	return reply_status(r, 204);
}
