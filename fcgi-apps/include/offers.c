/* offers: all entries of the catalogue, from the site's folder and from the database; and which images may be run. */
#include "offer.h"
#include "apps.h"
#include "conf.h"

#include <dirent.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

enum { MOST_OFFERS = 200, MOST_FILE = 65536, MOST_REFERENCE = 255 };

static int by_title(const void *a, const void *b)
{
	return strcmp(((const struct offer *)a)->title[LANG_EN], ((const struct offer *)b)->title[LANG_EN]);
}

/* "jupyter.app" -> "jupyter"; NULL: not a name of an entry. */
static const char *name_of(struct arena *arena, const char *file)
{
	size_t n = strlen(file);

	if (n < 5 || n > 60 || !same(file + n - 4, ".app") || strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789-") != n - 4)
		return NULL;
	return arena_copy(arena, file, n - 4);
}

static void take_file(struct ctx *ctx, const char *folder, const char *file, struct offer *at, size_t *n)
{
	const char *name = name_of(ctx->arena, file);
	struct bytes text_of;

	if (!name || *n == MOST_OFFERS)
		return;
	if (file_read(ctx, text(ctx->arena, "%s/%s", folder, file), MOST_FILE, &text_of) && offer_parse(ctx, name, text_of, &at[*n])) {
		(*n)++;
		return;
	}
	log_line(ctx, "left out of the catalogue: %s", ctx->error.detail ? ctx->error.detail : file);
	forget(ctx);
}

static void take_folder(struct ctx *ctx, struct offer *at, size_t *n)
{
	const char *folder = conf_get("apps", "catalogue", "/etc/naru/apps");
	DIR *dir = opendir(folder);

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		take_file(ctx, folder, entry->d_name, at, n);
	if (dir)
		closedir(dir);
}

/* ---- entries that were added here -------------------------------------------------------------------------------- */

struct added { struct offer *at; size_t n; };

static void add_like(struct added *all, const struct app_offer *added)
{
	const struct offers now_there = { all->at, all->n };
	const struct offer *like = offer_find(&now_there, added->like);

	if (!like || all->n == MOST_OFFERS || offer_find(&now_there, added->name))
		return;
	struct offer o = *like;

	o.name = added->name;
	o.image = added->image;
	o.any_image = false;
	o.title[LANG_EN] = added->title;
	o.title[LANG_KO] = empty(added->title_ko) ? added->title : added->title_ko;
	o.help[LANG_EN] = empty(added->help) ? "" : added->help;
	o.help[LANG_KO] = empty(added->help_ko) ? o.help[LANG_EN] : added->help_ko;
	all->at[all->n++] = o;
}

static bool walk_added(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct db_key prefix = { .at = "N", .n = 1 }, key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	for (bool more = true;;) {
		struct app_offer added;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &app_offer_record, value, &added))
			return false;
		add_like(arg, &added);
	}
}

bool offers_read(struct ctx *ctx, struct db *apps, struct offers *out)
{
	struct added all = { NEW_ARRAY(ctx->arena, struct offer, MOST_OFFERS), 0 };

	take_folder(ctx, all.at, &all.n);
	if (apps && !db_view(ctx, apps, walk_added, &all))
		return false;
	qsort(all.at, all.n, sizeof *all.at, by_title);
	*out = (struct offers){ all.at, all.n };
	return true;
}

const struct offer *offer_find(const struct offers *offers, const char *name)
{
	for (size_t i = 0; i < offers->n; i++)
		if (same(offers->at[i].name, name))
			return &offers->at[i];
	return NULL;
}

/* ---- what the gateway adds ------------------------------------------------------------------------------------------- */

static const char *basic(struct arena *arena, const char *user, const char *secret)
{
	const char *both = text(arena, "%s:%s", user, secret);
	size_t n = sodium_base64_encoded_len(strlen(both), sodium_base64_VARIANT_ORIGINAL);
	char *out = arena_alloc(arena, n);

	sodium_bin2base64(out, n, (const unsigned char *)both, strlen(both), sodium_base64_VARIANT_ORIGINAL);
	return text(arena, "Authorization: Basic %s", out);
}

const char *offer_header(struct arena *arena, const struct offer *o, const char *secret)
{
	if (o->gate == OFFER_COOKIE)
		return text(arena, "Cookie: %s=%s", o->gate_name, secret);
	if (o->gate == OFFER_BASIC)
		return basic(arena, o->gate_name, secret);
	if (o->gate != OFFER_HEADER)
		return NULL;
	const char *at = strstr(o->gate_value, "%s");

	return text(arena, "%s: %.*s%s%s", o->gate_name, (int)(at - o->gate_value), o->gate_value, secret, at + 2);
}

/* ---- images ------------------------------------------------------------------------------------------------------------ */

/* HOST[:PORT]/PATH[:TAG][@sha256:DIGEST], as registries understand it: no option, no blank, no way up. */
static bool reference_good(const char *reference)
{
	static const char grammar[] = "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
		"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$";
	static regex_t compiled;
	static bool have;

	if (!have && regcomp(&compiled, grammar, REG_EXTENDED | REG_NOSUB))
		die("the grammar of images cannot be compiled");
	have = true;
	return strlen(reference) <= MOST_REFERENCE && regexec(&compiled, reference, 0, NULL, 0) == 0;
}

/* What is allowed ends where a part of the reference ends: "example.org/hpc" is not "example.org/hpc-evil", nor "example.org" "example.org:444". */
static bool begins_with(const char *reference, const char *allowed)
{
	size_t n = strlen(allowed);

	if (!n || !starts_with(reference, allowed))
		return false;
	return allowed[n - 1] == '/' || reference[n] == '/' || reference[n] == '\0' || (strchr(allowed, '/') && strchr(":@", reference[n]));
}

bool image_allowed(struct ctx *ctx, const char *reference)
{
	const char *registries = conf_get("apps", "registries", "localhost/");
	struct texts allowed = split(ctx->arena, registries, ' ');

	if (!reference_good(reference))
		return fail(ctx, KIND_INVALID, tr(ctx, "An image is written as registry/name:tag, or registry/name@sha256:… for one that never changes."), NULL);
	for (size_t i = 0; i < allowed.n; i++)
		if (begins_with(reference, allowed.at[i]))
			return true;
	return fail(ctx, KIND_INVALID, say(ctx, "Images may come from here: %s", registries), NULL);
}
