/* The form of a new share, and making it. */
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "conf.h"
#include "gate_address.h"
#include "remotes.h"
#include "shares.h"
#include "store/wire.h"
#include "views.h"

enum { GRACE_S = 86400 /* so that the errand outlives the share and can take it back */, AT_ONCE_MS = 3000 };

#define ENDS { .name = "ends", .kind = FIELD_DATE, .label = MSG("Last day"), .required = true, .hint = MSG("On the day after it, the share ends by itself.") }
#define NOTE { .name = "note", .kind = FIELD_TEXT, .label = MSG("Note"), .max = 200, .letters = true, .hint = MSG("For yourself, to recognize it in the list.") }
#define PASSWORD { .name = "password", .kind = FIELD_PASSWORD, .label = MSG("Password"), .max = 200, .autocomplete = "new-password", \
	.hint = MSG("Empty: the link alone is enough. Tell the password in another way than the link.") }

static const struct choice kind_choices[] = { { "user", MSG("A user") }, { "group", MSG("A group") } };
static const struct choice right_choices[] = { { "read", MSG("Read") }, { "write", MSG("Read and change") } };
static const struct field people_fields[] = {
	{ .name = "with", .kind = FIELD_CHOICE, .label = MSG("With"), .required = true, .choices = kind_choices, .n_choices = COUNT(kind_choices), .preset = "user" },
	{ .name = "who", .kind = FIELD_TEXT, .label = MSG("User or group name"), .required = true, .max = 64, .grammar = "[A-Za-z0-9_][A-Za-z0-9_.-]*",
	  .grammar_says = MSG("The name with which they sign in, or the name of a group.") },
	{ .name = "right", .kind = FIELD_CHOICE, .label = MSG("They may"), .required = true, .choices = right_choices, .n_choices = COUNT(right_choices), .preset = "read" },
	ENDS,
	{ .name = "later", .kind = FIELD_FLAG, .label = MSG("Also what comes into the folder later") },
	{ .name = "passes", .kind = FIELD_FLAG, .label = MSG("Let them pass through the folders above"),
	  .hint = MSG("Search only: they cannot list those folders, but open what they know the name of and may read.") },
	NOTE,
};
FORM(people_form, people_fields);
static const struct field link_fields[] = {
	ENDS, PASSWORD,
	{ .name = "downloads", .kind = FIELD_INTEGER, .label = MSG("How many downloads at most"), .min = 1, .max = 100000, .hint = MSG("Empty: as many as they like.") },
	NOTE,
};
FORM(link_form, link_fields);
static const struct field drop_fields[] = {
	ENDS, PASSWORD,
	{ .name = "most", .kind = FIELD_INTEGER, .label = MSG("How much may come, in MiB"), .required = true, .min = 1, .max = 1048576, .preset = "1024",
	  .hint = MSG("All files together. They count on your quota.") },
	NOTE,
};
FORM(drop_form, drop_fields);

static const struct { const char *name, *label, *help; const struct form_table *table; bool folders; } kinds[] = {
	{ "people", MSG("With people of this site"), MSG("They use it with their own account: in jobs, in a terminal, under Files."), &people_form, false },
	{ "link", MSG("By a link"), MSG("Whoever has the link can look and download, without an account. They can change nothing."), &link_form, false },
	{ "drop", MSG("For uploads only"), MSG("Whoever has the link can put files into this folder. They see nothing of what is in it, and nothing is overwritten."), &drop_form, true },
};

/* ---- what is to be shared ---- */

struct item { const char *place, *path, *back; struct store *store; bool folder, remote; size_t kind; };

/* A store of the user's own, or the site's, if the site lets it be shared. */
static bool open_remote(struct req *r, const char *id, struct item *it)
{
	struct remote store;
	const char *which = conf_get("shares", "stores", "own");
	it->remote = true;
	if (same(which, "no"))
		return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "This site does not let stores be shared. Copy the files to a place of this site, then share them there."), "shares: stores");
	if (!remote_of(r, id, &store))
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such store. It may have been removed meanwhile."), "store");
	if (empty(store.owner) && !same(which, "all"))
		return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "This store belongs to the site, which does not let it be shared."), "shares: site's store");
	return store_open(r->ctx, r->who.proof, remote_place(r->ctx->arena, &store), &it->store);
}

static bool choose_kind(struct req *r, struct item *it)
{
	const char *wish = req_query(r, "kind");
	it->kind = it->remote ? 1 : 0;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (same(kinds[i].name, wish))
			it->kind = i;
	if ((kinds[it->kind].folders && !it->folder) || (it->kind == 0 && !(store_can(it->store) & STORE_CAN_ACLS)))
		return fail(r->ctx, KIND_INVALID, it->kind ? tr(r->ctx, "Files can be uploaded into a folder only.") : tr(r->ctx, "On a store nobody of this site has rights of their own. Share it by a link."), "kind");
	return true;
}

static bool item_open(struct req *r, struct item *it)
{
	struct entry e;
	*it = (struct item){ .place = req_query(r, "place"), .path = req_query(r, "path") };
	it->path = it->path ? it->path : "";
	const char *id = empty(it->place) ? NULL : remote_id_of(r->ctx->arena, it->place);
	if (empty(it->place))
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "Choose under Files what is to be shared."), "no place");
	it->place = id ? text(r->ctx->arena, REMOTE_PLACE "%s", id) : it->place;
	it->back = address_of(r->ctx->arena, text(r->ctx->arena, "/files/in/%s", it->place), it->path);
	if (!(id ? open_remote(r, id, it) : store_open(r->ctx, r->who.proof, it->place, &it->store)) || !store_stat(r->ctx, it->store, it->path, &e))
		return false;
	it->folder = e.kind == ENTRY_FOLDER;
	if (!it->folder && e.kind != ENTRY_FILE)
		return fail(r->ctx, KIND_INVALID, tr(r->ctx, "Only files and folders can be shared. Of a link, share its target."), "kind of entry");
	return choose_kind(r, it);
}

/* ---- the form ---- */

static const char *day_text(struct arena *a, int64_t when)
{
	struct tm tm;
	time_t t = (time_t)when;
	char day[11];
	strftime(day, sizeof day, "%F", localtime_r(&t, &tm));
	return arena_copy(a, day, 10);
}

static struct reply form_reply(struct req *r, const struct item *it, struct form *f, const char *closed, int status)
{
	struct share s = { .place = it->place, .path = it->path };
	const char *self = text(r->ctx->arena, "/shares/new?place=%s&path=%s", query_part(r->ctx->arena, it->place), query_part(r->ctx->arena, it->path));
	struct kind_link *links = NEW_ARRAY(r->ctx->arena, struct kind_link, COUNT(kinds));
	size_t n = 0;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if ((it->folder || !kinds[i].folders) && (i || !it->remote))
			links[n++] = (struct kind_link){ .label = tr(r->ctx, kinds[i].label), .url = text(r->ctx->arena, "%s&kind=%s", self, kinds[i].name), .current = i == it->kind };
	struct new_share m = {
		.action = text(r->ctx->arena, "%s&kind=%s", self, kinds[it->kind].name), .form = f, .kinds = { links, n }, .name = share_name(r, &s), .back = it->back,
		.help = tr(r->ctx, kinds[it->kind].help), .closed = closed,
	};
	r->title = say(r->ctx, "Share “%s”", m.name);
	r->crumb = tr(r->ctx, "Back to the files");
	r->crumb_path = it->back;
	return reply_page_status(r, status, &new_share_view, &m);
}

struct reply share_new(struct req *r)
{
	struct item it;
	if (!item_open(r, &it))
		return reply_oops(r);
	struct form *f = form_new(r->ctx, kinds[it.kind].table);
	form_set(f, "ends", day_text(r->ctx->arena, now() + 7 * 86400));
	if (it.folder && it.kind == 0)
		form_set(f, "later", "1");
	return form_reply(r, &it, f, NULL, 200);
}

bool ends_of(struct req *r, struct form *f, int64_t *ends)
{
	int64_t mandate;
	*ends = day_start(form_text(f, "ends"), 1);
	if (!mandate_ends(r->ctx, r->who.errand, &mandate))
		return false;
	if (*ends <= now())
		form_wrong(f, "ends", tr(r->ctx, "This day is over. Choose today or a later one."));
	else if (*ends > mandate - GRACE_S)
		form_wrong(f, "ends", say(r->ctx, "Shares last until %s at most on this site. You can prolong them later.", day_text(r->ctx->arena, mandate - GRACE_S - 86400)));
	return form_good(f);
}

/* ---- people ---- */

/* With the same person nothing in or around it may be shared already: each takes back what it has set. */
static bool apart(struct req *r, struct form *f, const struct share *s)
{
	const struct share *all;
	size_t n, own = strlen(s->path);
	if (!shares_of(r->ctx, s->owner, &all, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t other = strlen(all[i].path ? all[i].path : ""), least = own < other ? own : other;
		const char *path = all[i].path ? all[i].path : "", *longer = own < other ? path : s->path;
		if (!same(all[i].kind, "people") || same(all[i].state, "over") || !same(all[i].place, s->place) || !same(all[i].target, s->target))
			continue;
		if (strncmp(path, s->path, least) == 0 && (least == 0 || longer[least] == '/' || longer[least] == 0)) {
			form_wrong(f, "who", say(r->ctx, "“%s” is shared with them already, and this is the same or a part of it. Change or end that share first.", share_name(r, &all[i])));
			return false;
		}
	}
	return true;
}

/* Where it is for a colleague's own programs. */
static const char *absolute_of(struct req *r, const struct item *it)
{
	const struct place *all;
	size_t n;
	store_places(r->ctx->arena, r->who.user, &all, &n);
	for (size_t i = 0; i < n; i++)
		if (same(all[i].name, it->place))
			return *it->path ? text(r->ctx->arena, "%s/%s", all[i].path, it->path) : all[i].path;
	return "";
}

/* Can the user give rights to it at all? */
static bool own_item(struct req *r, const struct item *it, struct form *f, const struct store_who *who)
{
	struct store_acl a;
	const char *words;
	if (!store_acl(r->ctx, it->store, it->path, who, &a)) {
		if (store_failure(&words) != WIRE_E_CANNOT)
			return false;
		forget(r->ctx);
		form_wrong(f, "who", tr(r->ctx, "This file system keeps no access control lists, so it cannot be shared with people. Share it by a link."));
		return false;
	}
	if (!a.own)
		form_wrong(f, "who", tr(r->ctx, "It belongs to somebody else. Only its owner can give others rights to it."));
	return a.own;
}

/* True: go on. False: the form says why (or the context). *closed: the folders that keep them out. */
static bool read_people(struct req *r, const struct item *it, struct form *f, struct share *s, const char **closed)
{
	bool group = same(form_text(f, "with"), "group");
	s->who = form_text(f, "who");
	s->writes = same(form_text(f, "right"), "write");
	s->later = it->folder && form_flag(f, "later");
	s->passes = form_flag(f, "passes") && *it->path;
	s->state = "scan";
	s->absolute = absolute_of(r, it);
	if (!target_of(r->ctx->arena, group, s->who, &s->target)) {
		form_wrong(f, "who", group ? tr(r->ctx, "This site has no such group of people.") : tr(r->ctx, "This site has no such user."));
		return false;
	}
	if (same(s->target, text(r->ctx->arena, "u%lld", (long long)r->who.uid))) {
		form_wrong(f, "who", tr(r->ctx, "This is you."));
		return false;
	}
	struct store_who who = who_of(r->ctx->arena, s);
	if (!own_item(r, it, f, &who) || !apart(r, f, s) || !grant_closed(r, it->store, it->path, &who, closed))
		return false;
	if (!**closed || s->passes)
		return true;
	form_wrong(f, "passes", say(r->ctx, "They cannot get there: these folders above keep them out: %s. Tick this, or open the folders yourself.", *closed));
	return false;
}

/* ---- links ---- */

static bool read_link(struct req *r, const struct item *it, struct form *f, struct share *s, const char **token)
{
	char hash[crypto_pwhash_STRBYTES] = "";
	const char *password = form_text(f, "password");
	(void)it;
	s->state = "on";
	*token = random_token(r->ctx->arena, 192);
	s->token = share_hash(r->ctx->arena, *token);
	if (same(s->kind, "link")) {
		s->left = form_integer(f, "downloads");
		s->counted = s->left > 0;
	} else {
		s->most = form_integer(f, "most") << 20;
	}
	if (!*password)
		return true;
	if (strlen(password) < 8) {
		form_wrong(f, "password", tr(r->ctx, "At least 8 characters."));
		return false;
	}
	if (sodium_init() < 0 || crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE / 2))
		return fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "The portal is short of memory at the moment. Please try again."), "pwhash");
	s->password = arena_copy(r->ctx->arena, hash, strlen(hash));
	return true;
}

/* ---- making ---- */

bool share_seal(struct req *r, struct share *s)
{
	bool people = same(s->kind, "people");
	struct errand e = {
		.mandate = r->who.errand, .place = s->place, .path = s->passes ? "" : s->path, .who = people ? s->target : "",
		.rights = ERRAND_EXACT | (people ? ERRAND_SHARE : same(s->kind, "drop") ? ERRAND_DROP : ERRAND_READ), .until = people ? 0 : s->ends,
	};
	return errand_seal(r->ctx, &e, &s->errand);
}

static bool room(struct req *r, struct form *f)
{
	const struct share *all;
	size_t n;
	if (!shares_of(r->ctx, r->who.user, &all, &n))
		return false;
	if (n >= SHARES_MOST)
		form_wrong(f, NULL, say(r->ctx, "You have %d shares, those of the last 90 days included, which is the most. Old ones are forgotten by themselves.", SHARES_MOST));
	return form_good(f);
}

static bool add(struct ctx *c, struct db_write *d, void *arg)
{
	struct share *s = arg;
	return share_add(c, d, s);
}

/* From the form's key, so that a double click makes one share. */
static const char *new_id(struct req *r)
{
	const char *seed = empty(r->key) ? random_token(r->ctx->arena, 128) : text(r->ctx->arena, "share\n%s\n%s", r->who.user, r->key);
	unsigned char hash[crypto_generichash_BYTES_MIN];
	crypto_generichash(hash, sizeof hash, (const unsigned char *)seed, strlen(seed), NULL, 0);
	return hex(r->ctx->arena, hash, 8);
}

struct seek { const char *owner, *id; bool found; struct share s; };

static bool seek(struct ctx *c, const struct db_read *d, void *arg)
{
	struct seek *k = arg;
	return share_of(c, d, k->owner, k->id, &k->found, &k->s);
}

/* As whoever follows it will be answered. Only the end of the way is known from the form, not that a link stands on it. */
static bool opens(struct req *r, const struct share *s)
{
	struct store *store;
	const char *words;
	if (store_open(r->ctx, s->errand, s->place, &store))
		return true;
	if (store_failure(&words) != WIRE_E_OUTSIDE)
		return false;
	forget(r->ctx);
	return fail(r->ctx, KIND_INVALID, tr(r->ctx, "A link stands on the way to it. Open the folder that the link leads to, and share from there."), "share: link on the way");
}

static struct reply make(struct req *r, struct share *s, const char *token)
{
	const char *detail = text(r->ctx->arena, "%s %s%s until %lld", s->kind, s->target ? s->target : "link", s->writes ? " write" : "", (long long)s->ends);
	if (!share_seal(r, s) || !opens(r, s) || !audit(r->ctx, r->who.user, "shares.make", text(r->ctx->arena, "%s:%s", s->place, s->path), detail) || !app_change(r, shares_db, add, s))
		return reply_oops(r);
	if (token)
		return one_reply(r, s, NULL, token, 200);
	int64_t whole = r->ctx->deadline;
	if (!grant_go_on(r->ctx, s, clock_ms() + AT_ONCE_MS))
		return reply_oops(r);
	r->ctx->deadline = whole;
	return reply_go(r, text(r->ctx->arena, "/shares/one/%s", s->id), same(s->state, "on") ? say(r->ctx, "“%s” is shared.", share_name(r, s)) : NULL);
}

struct reply share_make(struct req *r)
{
	struct item it;
	if (!item_open(r, &it))
		return reply_oops(r);
	struct form *f = form_read(r, kinds[it.kind].table);
	if (!f)
		return reply_oops(r);
	struct seek k = { .owner = r->who.user, .id = new_id(r) };
	struct share s = {
		.id = k.id, .owner = r->who.user, .kind = kinds[it.kind].name, .place = it.place, .path = it.path, .folder = it.folder, .created = now(),
		.note = form_text(f, "note"), .tried = now() + 60,
	};
	const char *token = NULL, *closed = NULL;
	if (!db_view(r->ctx, shares_db, seek, &k))
		return reply_oops(r);
	if (k.found)
		return reply_go(r, text(r->ctx->arena, "/shares/one/%s", s.id), NULL);
	if (!form_good(f) || !ends_of(r, f, &s.ends) || !room(r, f) || !(it.kind ? read_link(r, &it, f, &s, &token) : read_people(r, &it, f, &s, &closed)))
		return r->ctx->error.kind ? reply_oops(r) : form_reply(r, &it, f, closed, 422);
	return make(r, &s, token);
}
