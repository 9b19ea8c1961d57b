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

/* ---- the files as they were read last -------------------------------------------------------------------------------- */

/* Contexts that hold it keep it alive; a page costs one look at each file's time, not its reading. */
struct catalogue { struct ctx ctx; struct offer *at; size_t n; unsigned char is[crypto_generichash_BYTES]; int users; bool old; };

static struct catalogue *current;

static void let_go(void *arg)
{
	struct catalogue *c = arg;

	if (--c->users == 0 && c->old) {
		arena_free(c->ctx.arena);
		free(c);
	}
}

static struct catalogue *hold(struct ctx *ctx, struct catalogue *c)
{
	c->users++;
	arena_defer(ctx->arena, let_go, c);
	return c;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of all entries' files. */
static struct texts entries(struct arena *arena, DIR *dir)
{
	const char **at = NEW_ARRAY(arena, const char *, MOST_OFFERS);
	size_t n = 0;

	for (struct dirent *entry; n < MOST_OFFERS && (entry = readdir(dir));)
		if (name_of(arena, entry->d_name))
			at[n++] = arena_copy(arena, entry->d_name, strlen(entry->d_name));
	qsort(at, n, sizeof *at, by_name);
	return (struct texts){ at, n };
}

static void fingerprint(DIR *dir, struct texts files, const char *folder, unsigned char *out)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES);
	crypto_generichash_update(&state, (const unsigned char *)folder, strlen(folder));
	for (size_t i = 0; i < files.n; i++) {
		struct stat st = { 0 };

		if (fstatat(dirfd(dir), files.at[i], &st, 0))
			st.st_ino = 0;
		const int64_t what[] = { (int64_t)st.st_ino, (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (int64_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec };

		crypto_generichash_update(&state, (const unsigned char *)files.at[i], strlen(files.at[i]) + 1);
		crypto_generichash_update(&state, (const unsigned char *)what, sizeof what);
	}
	crypto_generichash_final(&state, out, crypto_generichash_BYTES);
}

static void take_file(struct catalogue *c, const char *folder, const char *file)
{
	struct ctx *ctx = &c->ctx;
	struct bytes text_of;

	if (file_read(ctx, text(ctx->arena, "%s/%s", folder, file), MOST_FILE, &text_of) && offer_parse(ctx, name_of(ctx->arena, file), text_of, &c->at[c->n])) {
		c->n++;
		return;
	}
	log_line(ctx, "left out of the catalogue: %s", ctx->error.detail ? ctx->error.detail : file);
	forget(ctx);
}

static struct catalogue *read_files(const char *folder, struct texts files, const unsigned char *is)
{
	struct catalogue *c = calloc(1, sizeof *c);

	if (!c)
		die("out of memory");
	c->ctx = (struct ctx){ .arena = arena_new(0), .tag = "catalogue" };
	c->at = NEW_ARRAY(c->ctx.arena, struct offer, MOST_OFFERS);
	memcpy(c->is, is, sizeof c->is);
	for (size_t i = 0; i < files.n; i++)
		take_file(c, folder, files.at[i]);
	return c;
}

/* Files are looked at before they are read: one that changes meanwhile is read again next time. */
static struct catalogue *catalogue(struct ctx *ctx)
{
	const char *folder = conf_get("apps", "catalogue", "/etc/naru/apps");
	DIR *dir = opendir(folder);
	struct texts files = { 0 };
	unsigned char is[crypto_generichash_BYTES] = { 0 };

	if (dir) {
		files = entries(ctx->arena, dir);
		fingerprint(dir, files, folder, is);
		closedir(dir);
	}
	if (current && memcmp(current->is, is, sizeof is) == 0)
		return hold(ctx, current);
	struct catalogue *before = current;

	current = read_files(folder, files, is);
	if (before) {
		before->users++;
		before->old = true;
		let_go(before);
	}
	return hold(ctx, current);
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
	const struct catalogue *files = catalogue(ctx);
	struct added all = { NEW_ARRAY(ctx->arena, struct offer, MOST_OFFERS), files->n };

	memcpy(all.at, files->at, files->n * sizeof *all.at);
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
	return fail(ctx, KIND_INVALID, say(ctx, "This image is not from where this site allows. Images may come from here: %s", registries), NULL);
}
