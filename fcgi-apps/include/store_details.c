/* What few stores know of a file: access control lists, rights, links, what is in a folder. */
#include <string.h>

#include "store.h"
#include "store/client.h"

#define USUAL_MS 10000

/* ---- access control lists ---- */

static void put_who(struct wire *w, const struct store_who *who)
{
	wire_put_text(w, who->kind == 'u' ? "u" : "g");
	wire_put_int(w, who->id);
}

static int small(struct wire *in)
{
	int64_t v = wire_int(in);
	if (v < -1 || v > 7)
		in->bad = true;
	return (int)v;
}

bool store_acl(struct ctx *c, struct store *s, const char *path, const struct store_who *who, struct store_acl *out)
{
	struct wire *in, *w = client_about(c, WIRE_ACL, path, USUAL_MS);
	if (!w)
		return false;
	put_who(w, who);
	wire_put_text(w, who->groups);
	if (!client_ask(c, s, false, &in, NULL))
		return false;
	*out = (struct store_acl){ .perm = small(in) };
	out->later = small(in);
	out->reach = small(in);
	out->own = wire_flag(in);
	out->folder = wire_flag(in);
	out->bare = wire_flag(in);
	out->runs = wire_flag(in);
	return client_finished(c, s, in);
}

bool store_acl_set(struct ctx *c, struct store *s, const char *path, const struct store_who *who, int perm, int later)
{
	struct wire *w = client_about(c, WIRE_ACL_SET, path, USUAL_MS);
	if (!w)
		return false;
	put_who(w, who);
	wire_put_int(w, perm);
	wire_put_int(w, later);
	return client_simple(c, s, false);
}

/* ---- details ---- */

bool store_set_mode(struct ctx *c, struct store *s, const char *path, int64_t mode)
{
	struct wire *w = client_about(c, WIRE_MODE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, mode);
	return client_simple(c, s, false);
}

bool store_details(struct ctx *c, struct store *s, const char *path, struct store_details *out)
{
	struct wire *in;
	if (!client_about(c, WIRE_DETAILS, path, USUAL_MS) || !client_ask(c, s, false, &in, NULL))
		return false;
	out->links = wire_int(in);
	const char *target = wire_text(in), *acl = wire_text(in);
	out->target = *target ? arena_copy(c->arena, target, strlen(target)) : NULL;
	out->acl = *acl ? split(c->arena, acl, '\n') : (struct texts){ NULL, 0 };
	return client_finished(c, s, in);
}

bool store_tree(struct ctx *c, struct store *s, const char *path, int walk_ms, struct store_tree *out)
{
	struct wire *in, *w = client_about(c, WIRE_TREE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, walk_ms < 0 ? 0 : walk_ms > 8000 ? 8000 : walk_ms);
	if (!client_ask(c, s, false, &in, NULL))
		return false;
	out->bytes = wire_int(in);
	out->entries = wire_int(in);
	out->at_least = wire_flag(in);
	return client_finished(c, s, in);
}

unsigned store_can(const struct store *s)
{
	return s->can;
}
