/* apps_words: states and messages of apps in the user's language, their addresses and secrets. */
#include "apps.h"
#include "conf.h"
#include "gate_address.h"

#include <string.h>

#include <sodium.h>

static const struct { const char *state, *says, *css; } states[] = {
	{ APP_ASKED, MSG("Asked for"), "waiting" },
	{ APP_WAITING, MSG("Waiting for the cluster"), "waiting" },
	{ APP_STARTING, MSG("Starting"), "waiting" },
	{ APP_RUNNING, MSG("Running"), "running" },
	{ APP_STOPPING, MSG("Stopping"), "held" },
	{ APP_STOPPED, MSG("Stopped"), "done" },
	{ APP_FAILED, MSG("Failed"), "failed" },
};

const char *app_state_text(struct ctx *ctx, const struct deployment *app)
{
	if (same(app->wanted, "gone"))
		return tr(ctx, "Being deleted");
	for (size_t i = 0; i < COUNT(states); i++)
		if (same(states[i].state, app->state))
			return tr(ctx, states[i].says);
	return empty(app->state) ? "" : app->state;
}

const char *app_state_css(const struct deployment *app)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (same(states[i].state, app->state))
			return states[i].css;
	return "";
}

const char *app_message(struct ctx *ctx, const char *message, const char *detail)
{
	const char *says = empty(message) ? "" : tr(ctx, message);

	return empty(detail) ? says : text(ctx->arena, "%s%s(%s)", says, *says ? " " : "", detail);
}

/* ---- secret and address --------------------------------------------------------------------------------------------- */

static bool read_key(struct ctx *ctx, const unsigned char **out)
{
	static unsigned char key[crypto_generichash_KEYBYTES];
	static bool have;
	struct bytes file;

	*out = key;
	if (have)
		return true;
	if (!file_read(ctx, conf_path(ctx->arena, "keys/apps.key"), sizeof key, &file))
		return false;
	if (file.n != sizeof key)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The key for apps cannot be used. Tell the administrators."), "keys/apps.key: %zu bytes", file.n);
	memcpy(key, file.at, sizeof key);
	return have = true;
}

bool app_secret(struct ctx *ctx, const struct deployment *app, const char **out)
{
	const unsigned char *key;
	unsigned char hash[APP_SECRET / 2];
	const char *what = text(ctx->arena, "app %s %s", app->id, empty(app->nonce) ? "" : app->nonce);

	if (!read_key(ctx, &key))
		return false;
	crypto_generichash(hash, sizeof hash, (const unsigned char *)what, strlen(what), key, crypto_generichash_KEYBYTES);
	*out = hex(ctx->arena, hash, sizeof hash);
	return true;
}

const char *app_address(struct arena *arena, const char *id)
{
	return text(arena, "https://%s/", app_host(arena, id));
}

/* ---- quota --------------------------------------------------------------------------------------------------------------- */

static int64_t limit(const char *section, const char *key, int64_t preset)
{
	return conf_int(section, key, conf_int("apps", key, preset));
}

struct app_quota app_quota_most(const char *engine)
{
	char section[128] = "engine ";

	if (strlen(engine) < sizeof section - 8)
		memcpy(section + 7, engine, strlen(engine) + 1);
	return (struct app_quota){ .cpu_milli = 1000 * limit(section, "quota-cpu", 8), .memory_mb = limit(section, "quota-memory", 16384),
		.gpus = limit(section, "quota-gpus", 0), .apps = limit(section, "quota-apps", 10),
		.storage_mb = 1024 * limit(section, "quota-storage", 100) };
}

bool app_quota_used(struct ctx *ctx, const struct db_read *db, const char *user, const char *engine, struct app_quota *out)
{
	struct db_key prefix = db_key2('A', user, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	*out = (struct app_quota){ 0 };
	for (bool more = true;;) {
		struct deployment app;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &deployment_record, value, &app))
			return false;
		out->records++;
		if (!app_holds(&app) || !same(app.engine, engine))
			continue;
		out->cpu_milli += app.cpu_milli;
		out->memory_mb += app.memory_mb;
		out->gpus += app.gpus;
		out->apps++;
	}
}
