/* review: what is unusual about an app that is asked for. It is said before it is created, once. */
#include "apps_module.h"
#include "views.h"

#include <string.h>

#include "cluster.h"

enum { MOST_REASONS = 8, MOST_FACTS = 10, LOOK_MS = 3000 };

/* The list as it grows. */
struct reasons { struct reason *at; size_t n; };

static void reason(struct reasons *list, const char *what)
{
	list->at[list->n++].what = what;
}

/* What the user may have at once: where it is to run, or where that is most. */
static struct app_quota quota_of(const struct offer *o, const char *engine)
{
	struct texts engines = cluster_engines();
	struct app_quota most = { 0 };

	if (!empty(engine))
		return app_quota_most(engine);
	for (size_t i = 0; i < engines.n; i++) {
		struct app_quota q = app_quota_most(engines.at[i]);

		if (!offer_on_engine(o, engines.at[i]))
			continue;
		most.cpu_milli = q.cpu_milli > most.cpu_milli ? q.cpu_milli : most.cpu_milli;
		most.memory_mb = q.memory_mb > most.memory_mb ? q.memory_mb : most.memory_mb;
	}
	return most;
}

static void look_at_image(struct ctx *ctx, const char *image, struct reasons *out)
{
	size_t n = strcspn(image, "/");

	reason(out, say(ctx, "The image comes from %.*s. What is in it does with your files what you can: run only what you trust.", (int)n, image));
	if (!strstr(image, "@sha256:"))
		reason(out, tr(ctx, "Under this name there may be another image tomorrow. With @sha256:… behind the name it is always the same."));
}

struct reason_list unusual(struct ctx *ctx, const struct offer *o, const struct deploy_ask *a)
{
	struct reasons out = { NEW_ARRAY(ctx->arena, struct reason, MOST_REASONS), 0 };
	struct app_quota most = quota_of(o, a->engine);
	struct arena *arena = ctx->arena;

	if (o->any_image)
		look_at_image(ctx, a->image, &out);
	if (a->gpus)
		reason(&out, say(ctx, "It takes %lld GPUs. Others wait for them as long as it runs, whether it computes or not.", (long long)a->gpus));
	if (2 * a->cpu_milli > most.cpu_milli)
		reason(&out, say(ctx, "It takes %s of the %s CPU cores that you may have at a time.", cores_text(arena, a->cpu_milli), cores_text(arena, most.cpu_milli)));
	if (2 * a->memory_mb > most.memory_mb)
		reason(&out, say(ctx, "It takes %s of the %s of memory that you may have at a time.", human_size(arena, a->memory_mb << 20), human_size(arena, most.memory_mb << 20)));
	if (a->minutes > 24 * 60)
		reason(&out, say(ctx, "It runs for %lld hours unless you stop it earlier.", (long long)(a->minutes / 60)));
	return (struct reason_list){ out.at, out.n };
}

/* ---- the page ----------------------------------------------------------------------------------------------------- */

struct facts { struct fact *at; size_t n; };

static void fact(struct facts *list, const char *what, const char *value)
{
	if (!empty(value))
		list->at[list->n++] = (struct fact){ what, value, 0 };
}

/* What the reference means there now. An engine that does not answer keeps nobody from the page. */
static const char *digest_on(struct req *r, const char *engine, const char *image)
{
	struct ctx *ctx = r->ctx;
	int64_t deadline = ctx->deadline;
	const char *digest = "";
	bool found = false, told;

	ctx->deadline = clock_ms() + LOOK_MS;
	told = deploy_image(ctx, r->who.proof, engine, image, &found, &digest);
	ctx->deadline = deadline;
	forget(ctx);
	if (!told)
		return tr(ctx, "The cluster could not be asked now. It will stand on the app's page.");
	return !empty(digest) ? digest : tr(ctx, "Not known before the cluster has fetched the image. It will stand on the app's page then.");
}

static void image_facts(struct req *r, const struct offer *o, const struct deploy_ask *a, struct facts *out)
{
	struct texts engines = cluster_engines();

	for (size_t i = 0; i < engines.n; i++) {
		if (!offer_on_engine(o, engines.at[i]) || (!empty(a->engine) && !same(a->engine, engines.at[i])))
			continue;
		const char *what = engines.n > 1 ? say(r->ctx, "Digest on %s", engine_title(r->ctx, engines.at[i])) : tr(r->ctx, "Digest");

		fact(out, what, digest_on(r, engines.at[i], a->image));
	}
}

static struct fact_list facts_of(struct req *r, const struct offer *o, const struct deploy_ask *a)
{
	struct ctx *ctx = r->ctx;
	struct facts out = { NEW_ARRAY(ctx->arena, struct fact, MOST_FACTS + cluster_engines().n), 0 };
	const struct deployment size = { .cpu_milli = a->cpu_milli, .memory_mb = a->memory_mb, .gpus = a->gpus };

	fact(&out, tr(ctx, "Name"), a->name);
	fact(&out, tr(ctx, "App"), o->title[ctx->lang]);
	fact(&out, tr(ctx, "Image"), a->image);
	if (o->any_image)
		image_facts(r, o, a, &out);
	fact(&out, tr(ctx, "Size"), size_text(ctx, &size));
	fact(&out, tr(ctx, "Hours until it ends"), text(ctx->arena, "%lld", (long long)(a->minutes / 60)));
	if (cluster_engines().n > 1)
		fact(&out, tr(ctx, "Cluster"), empty(a->engine) ? tr(ctx, "Where there is room") : engine_title(ctx, a->engine));
	return (struct fact_list){ out.at, out.n };
}

static size_t count_values(const struct form *f)
{
	const struct form_table *t = form_table_of(f);
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->fields[i].kind == FIELD_CHOICES ? form_texts(f, t->fields[i].name).n : 1;
	return n;
}

static struct kept_list kept_of(struct ctx *ctx, const struct form *f)
{
	const struct form_table *t = form_table_of(f);
	struct kept *at = NEW_ARRAY(ctx->arena, struct kept, count_values(f) + 1);
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->fields[i].name;

		if (t->fields[i].kind != FIELD_CHOICES) {
			at[n++] = (struct kept){ name, form_text(f, name), 0 };
			continue;
		}
		for (size_t k = 0; k < form_texts(f, name).n; k++)
			at[n++] = (struct kept){ name, form_texts(f, name).at[k], 0 };
	}
	return (struct kept_list){ at, n };
}

struct reply review(struct req *r, const struct offer *o, const struct form *f, const struct deploy_ask *ask, struct reason_list reasons)
{
	struct app_review *page = NEW(r->ctx->arena, struct app_review);

	*page = (struct app_review){ .action = text(r->ctx->arena, "/apps?offer=%s", o->name), .reasons = reasons, .facts = facts_of(r, o, ask), .kept = kept_of(r->ctx, f) };
	r->title = tr(r->ctx, "Create it like this?");
	r->crumb = tr(r->ctx, "Catalogue");
	r->crumb_path = "/apps/new";
	return reply_page_status(r, 422, &app_review_view, page);
}
