/* offer_form: the form of an entry of the catalogue: its fields, what is left of the quota beside each, what it begins with, what it asks for. */
#include "apps_module.h"

#include <string.h>

#include "cluster.h"
#include "conf.h"

enum { MOST_FIELDS = 12, MOST_VOLUMES = 50 };

/* The fields as they are added. */
struct making { struct req *r; const struct offer *o; const struct app_list *mine; struct field *rows; size_t n; };

static void add(struct making *m, struct field f)
{
	m->rows[m->n++] = f;
}

/* ---- quota ------------------------------------------------------------------------------------------------------- */

static struct app_quota left_on(const char *engine, const struct app_list *mine)
{
	struct app_quota q = app_quota_most(engine);

	for (size_t i = 0; i < mine->n; i++) {
		const struct deployment *a = &mine->at[i];

		if (!app_holds(a) || !same(a->engine, engine))
			continue;
		q.cpu_milli -= a->cpu_milli;
		q.memory_mb -= a->memory_mb;
		q.gpus -= a->gpus;
		q.apps--;
	}
	return q;
}

bool quota_leaves(const struct offer *o, const struct app_list *mine, const struct deploy_ask *ask)
{
	struct texts engines = cluster_engines();

	for (size_t i = 0; i < engines.n; i++) {
		struct app_quota q = left_on(engines.at[i], mine);

		if (!offer_on_engine(o, engines.at[i]) || (!empty(ask->engine) && !same(ask->engine, engines.at[i])))
			continue;
		if (ask->cpu_milli <= q.cpu_milli && ask->memory_mb <= q.memory_mb && ask->gpus <= q.gpus && q.apps > 0)
			return true;
	}
	return false;
}

static const char *number(struct arena *arena, int64_t n)
{
	return text(arena, "%lld", (long long)(n > 0 ? n : 0));
}

/* "4096 (4.0 GiB)": the field takes MiB, cards and pages show GiB. */
static const char *mebibytes(struct arena *arena, int64_t n)
{
	return n < 1024 ? number(arena, n) : text(arena, "%lld (%s)", (long long)n, human_size(arena, n << 20));
}

static const char *cores_left(struct arena *arena, const struct app_quota *q) { return cores_text(arena, q->cpu_milli > 0 ? q->cpu_milli : 0); }
static const char *memory_left(struct arena *arena, const struct app_quota *q) { return mebibytes(arena, q->memory_mb); }
static const char *gpus_left(struct arena *arena, const struct app_quota *q) { return number(arena, q->gpus); }

/* "Left of your quota: 7.5", and with several clusters of each. */
static const char *left_text(const struct making *m, const char *(*show)(struct arena *, const struct app_quota *))
{
	struct ctx *ctx = m->r->ctx;
	struct texts engines = cluster_engines();
	struct buf out;
	size_t n = 0;

	buf_in(&out, ctx->arena);
	for (size_t i = 0; i < engines.n; i++) {
		if (!offer_on_engine(m->o, engines.at[i]))
			continue;
		struct app_quota q = left_on(engines.at[i], m->mine);

		buf_printf(&out, "%s%s%s%s", n ? ", " : "", engines.n > 1 ? engine_title(ctx, engines.at[i]) : "", engines.n > 1 ? " " : "", show(ctx->arena, &q));
		n++;
	}
	return n ? say(ctx, "Left of your quota: %s.", buf_cstr(&out)) : "";
}

static const char *range(const struct making *m, const char *least, const char *most, const char *left)
{
	struct ctx *ctx = m->r->ctx;

	return text(ctx->arena, "%s %s", say(ctx, "From %s to %s.", least, most), left);
}

/* ---- fields -------------------------------------------------------------------------------------------------------- */

static void add_size(struct making *m)
{
	struct arena *arena = m->r->ctx->arena;
	const struct offer *o = m->o;
	bool gpus = false;
	struct texts engines = cluster_engines();

	for (size_t i = 0; i < engines.n; i++)
		gpus = gpus || (o->gpus.most > 0 && offer_on_engine(o, engines.at[i]) && engine_has(m->r->ctx, engines.at[i], CLUSTER_CAN_GPU));
	add(m, (struct field){ .name = "cpu", .label = MSG("CPU cores"), .required = true, .max = 10, .grammar = "[0-9]{1,5}([.][0-9]{1,2})?", .group = MSG("Size"),
		.grammar_says = MSG("A number such as 2 or 0.5, please."),
		.hint = range(m, cores_text(arena, o->cpu_milli.least), cores_text(arena, o->cpu_milli.most), left_text(m, cores_left)) });
	add(m, (struct field){ .name = "memory", .kind = FIELD_INTEGER, .label = MSG("Memory in MiB"), .required = true, .min = o->memory_mb.least, .max = o->memory_mb.most,
		.group = MSG("Size"), .hint = range(m, mebibytes(arena, o->memory_mb.least), mebibytes(arena, o->memory_mb.most), left_text(m, memory_left)) });
	if (gpus)
		add(m, (struct field){ .name = "gpus", .kind = FIELD_INTEGER, .label = MSG("GPUs"), .min = o->gpus.least, .max = o->gpus.most, .group = MSG("Size"),
			.hint = range(m, number(arena, o->gpus.least), number(arena, o->gpus.most), left_text(m, gpus_left)) });
	add(m, (struct field){ .name = "hours", .kind = FIELD_INTEGER, .label = MSG("Hours until it ends"), .required = true, .min = o->hours.least, .max = o->hours.most,
		.group = MSG("Size"), .hint = range(m, number(arena, o->hours.least), number(arena, o->hours.most), tr(m->r->ctx, "You can extend it while it runs.")) });
}

static void add_engines(struct making *m)
{
	struct texts engines = cluster_engines();
	struct choice *choices = NEW_ARRAY(m->r->ctx->arena, struct choice, engines.n + 1);
	size_t n = 0;

	choices[n++] = (struct choice){ "", MSG("Where there is room") };
	for (size_t i = 0; i < engines.n; i++)
		if (offer_on_engine(m->o, engines.at[i]))
			choices[n++] = (struct choice){ engines.at[i], engine_title(m->r->ctx, engines.at[i]) };
	if (n > 2)
		add(m, (struct field){ .name = "engine", .kind = FIELD_CHOICE, .label = MSG("Cluster"), .choices = choices, .n_choices = n, .group = MSG("Where") });
}

/* All places but the first, which is always there. */
static void add_places(struct making *m)
{
	struct arena *arena = m->r->ctx->arena;
	struct choice *choices = NEW_ARRAY(arena, struct choice, m->o->places.n + 1);
	size_t n = 0;

	for (size_t i = 1; i < m->o->places.n; i++)
		choices[n++] = (struct choice){ m->o->places.at[i], conf_get(text(arena, "place %s", m->o->places.at[i]), "title", m->o->places.at[i]) };
	if (n)
		add(m, (struct field){ .name = "places", .kind = FIELD_CHOICES, .label = MSG("Folders besides your home"), .choices = choices, .n_choices = n, .group = MSG("Where") });
}

/* A volume is chosen as CLUSTER/NAME and stands in the app at /volumes/NAME. */
static void add_volumes(struct making *m)
{
	struct ctx *ctx = m->r->ctx;
	struct app_volume_list all = { 0 };
	struct db *db = apps_or_null(ctx);
	size_t n = 0;

	if (!db || !app_volumes(ctx, db, m->r->who.user, &all))
		forget(ctx);
	struct choice *choices = NEW_ARRAY(ctx->arena, struct choice, all.n + 1);

	for (size_t i = 0; i < all.n && n < MOST_VOLUMES; i++) {
		const struct app_volume *v = &all.at[i];

		if (same(v->state, "ready") && offer_on_engine(m->o, v->engine))
			choices[n++] = (struct choice){ text(ctx->arena, "%s/%s", v->engine, v->name),
				say(ctx, "%s (%s, %s), as /volumes/%s", v->name, human_size(ctx->arena, v->size_mb << 20), engine_title(ctx, v->engine), v->name) };
	}
	if (n)
		add(m, (struct field){ .name = "volumes", .kind = FIELD_CHOICES, .label = MSG("Volumes"), .choices = choices, .n_choices = n, .group = MSG("Where") });
}

/* Nobody else looks after an image of somebody's own: what it has to do itself. */
static const char *image_hint(struct ctx *ctx, const struct offer *o)
{
	const char *from = say(ctx, "Images may come from here: %s.", conf_get("apps", "registries", "localhost/"));
	const char *port = say(ctx, "The image has to listen on port %lld, and not as root.", (long long)o->port);

	if (o->secret != OFFER_ENV)
		return text(ctx->arena, "%s %s", from, port);
	const char *check = say(ctx, "It has to check the secret in its variable %s itself and refuse whoever does not know it: others may reach the port too.", o->secret_name);

	if (o->gate != OFFER_HEADER && o->gate != OFFER_COOKIE)
		return text(ctx->arena, "%s %s %s", from, port, check);
	return text(ctx->arena, "%s %s %s %s", from, port, check,
		say(ctx, "What comes through the portal has the header \"%s\".", offer_header(ctx->arena, o, text(ctx->arena, "$%s", o->secret_name))));
}

const struct form_table *offer_table(struct req *r, const struct offer *o, const struct app_list *mine)
{
	struct ctx *ctx = r->ctx;
	struct making m = { .r = r, .o = o, .mine = mine, .rows = NEW_ARRAY(ctx->arena, struct field, MOST_FIELDS) };
	struct form_table *table = NEW(ctx->arena, struct form_table);

	add(&m, (struct field){ .name = "name", .label = MSG("Name"), .required = true, .min = 1, .max = 60, .letters = true, .group = MSG("App") });
	if (o->any_image)
		add(&m, (struct field){ .name = "image", .label = MSG("Image"), .required = true, .max = 255, .group = MSG("App"),
			.hint = image_hint(ctx, o) });
	add_size(&m);
	add_engines(&m);
	add_places(&m);
	add_volumes(&m);
	*table = (struct form_table){ "app", m.rows, m.n };
	return table;
}

bool has_field(const struct form *f, const char *name)
{
	const struct form_table *table = form_table_of(f);

	for (size_t i = 0; name && i < table->n; i++)
		if (same(table->fields[i].name, name))
			return true;
	return false;
}

/* ---- what it begins with ------------------------------------------------------------------------------------------------ */

static void set(struct form *f, const char *name, const char *value)
{
	if (has_field(f, name) && !empty(value))
		form_set(f, name, value);
}

static void set_volumes(struct form *f, struct arena *arena, const struct deployment *like)
{
	for (size_t i = 0; i < like->volumes.n; i++) {
		const char *colon = strchr(like->volumes.at[i], ':');

		if (colon)
			set(f, "volumes", text(arena, "%s/%.*s", like->engine, (int)(colon - like->volumes.at[i]), like->volumes.at[i]));
	}
}

struct form *offer_form(struct req *r, const struct offer *o, const struct app_list *mine, const struct deployment *like)
{
	struct arena *arena = r->ctx->arena;
	struct form *f = form_new(r->ctx, offer_table(r, o, mine));
	struct deployment size = { 0 };

	last_size(mine, o, &size);
	if (like)
		size = *like;
	set(f, "name", free_name(r->ctx, mine, o));
	set(f, "cpu", cores_text(arena, size.cpu_milli));
	set(f, "memory", number(arena, size.memory_mb));
	set(f, "hours", number(arena, (size.minutes + 59) / 60));
	set(f, "gpus", number(arena, size.gpus));
	for (size_t i = 1; i < (like ? like->places.n : o->places.n); i++)
		set(f, "places", like ? like->places.at[i] : o->places.at[i]);
	if (like) {
		set(f, "image", like->image);
		set(f, "engine", like->engine);
		set_volumes(f, arena, like);
	}
	return f;
}

/* ---- what it asks for --------------------------------------------------------------------------------------------------- */

/* "1.25" in thousandths; the grammar has been checked. */
static int64_t milli_of(const char *value)
{
	int64_t out = 0, scale = 100;
	const char *s = value;

	for (; *s >= '0' && *s <= '9'; s++)
		out = out * 10 + (*s - '0');
	out *= 1000;
	for (s += *s == '.'; *s >= '0' && *s <= '9' && scale; s++, scale /= 10)
		out += (*s - '0') * scale;
	return out;
}

/* Volumes are on one cluster each, and the app runs where they are. */
static bool take_volumes(struct ctx *ctx, struct form *f, struct deploy_ask *ask)
{
	struct texts picked = form_texts(f, "volumes");
	const char **at = NEW_ARRAY(ctx->arena, const char *, picked.n + 1);

	for (size_t i = 0; i < picked.n; i++) {
		const char *slash = strchr(picked.at[i], '/');
		const char *engine = slash ? arena_copy(ctx->arena, picked.at[i], (size_t)(slash - picked.at[i])) : "";

		if (!slash || (!empty(ask->engine) && !same(ask->engine, engine))) {
			form_wrong(f, "volumes", say(ctx, "The volume %s is on another cluster. An app uses the volumes of the one that it runs on.", slash ? slash + 1 : picked.at[i]));
			return false;
		}
		ask->engine = engine;
		at[i] = text(ctx->arena, "%s:/volumes/%s", slash + 1, slash + 1);
	}
	ask->volumes = (struct texts){ at, picked.n };
	return true;
}

bool offer_ask(struct req *r, const struct offer *o, struct form *f, struct deploy_ask *ask)
{
	*ask = (struct deploy_ask){ .offer = o->name, .name = form_text(f, "name"), .image = o->any_image ? form_text(f, "image") : "", .key = r->key,
		.cpu_milli = milli_of(form_text(f, "cpu")), .memory_mb = form_integer(f, "memory"), .minutes = 60 * form_integer(f, "hours") };
	if (o->any_image && !image_allowed(r->ctx, ask->image)) {
		form_wrong(f, "image", r->ctx->error.message);
		forget(r->ctx);
	}
	if (has_field(f, "gpus"))
		ask->gpus = form_integer(f, "gpus");
	if (has_field(f, "engine"))
		ask->engine = form_text(f, "engine");
	if (has_field(f, "places"))
		ask->places = form_texts(f, "places");
	return (!has_field(f, "volumes") || take_volumes(r->ctx, f, ask)) && form_good(f);
}
