/*
 * The front of cluster.h: engines of naru.conf, their drivers, deadlines, and checks of what is asked before it reaches the wire, so that no
 * driver has to think of what can only come from a mistake of the deployer. What an engine says about addresses is checked here, too.
 */
#include "cluster.h"

#include "cluster/check.h"
#include "cluster/driver.h"
#include "conf.h"

#include <string.h>
#include <time.h>

static const struct cluster_driver *const drivers[] = { &podman_driver, &kubernetes_driver };

/* What all kinds of engines have; a driver's own row of the same name goes before. */
static const struct cluster_setting settings[] = {
	{ "driver", "podman or kubernetes", "", true },
	{ "title", "Name that users see", "", false },
	{ "gpu-metrics", "Address of an exporter that tells how busy the GPUs of apps are, in Prometheus' text; none: idle apps are judged without", "", false },
	{ "gpu-metric", "Name of what it tells, in percent, with a label pod", "DCGM_FI_DEV_GPU_UTIL", false },
	{ "gpu-metrics-ca", "File of certificates that an exporter behind https is trusted by; none: the system's", "", false },
	{ "networks", "Networks that apps have their addresses in, as 10.1.0.0/16 fd00:1::/64; the gateway connects to nothing else", "", true },
	{ "pull", "yes: the engine fetches images that it does not have", "no", false },
	{ "gpu-resource", "Name of a GPU among the resources", "nvidia.com/gpu", false },
};

enum { CALL_MS = 30000, PULL_MINUTES = 30, MOST_PULL_MINUTES = 1439, WAIT_SPARE_MS = 5000 };

struct texts cluster_engines(void)
{
	return conf_names("engine");
}

/* ---- settings and drivers ----------------------------------------------------------------------------------------- */

static const char *section_value(const char *engine, const char *key, const char *preset)
{
	char section[160];
	size_t n = strlen(engine);

	if (n + sizeof "engine " > sizeof section)
		return preset;
	memcpy(section, "engine ", 7);
	memcpy(section + 7, engine, n + 1);
	return conf_get(section, key, preset);
}

static const struct cluster_driver *driver_named(const char *kind)
{
	for (size_t i = 0; i < COUNT(drivers); i++)
		if (same(drivers[i]->name, kind))
			return drivers[i];
	return NULL;
}

static const struct cluster_setting *setting_in(const struct cluster_setting *at, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (same(at[i].key, key))
			return &at[i];
	return NULL;
}

const char *cluster_setting(const struct cluster_driver *driver, const char *engine, const char *key)
{
	const struct cluster_setting *row = NULL;

	if (driver == NULL)
		driver = driver_named(section_value(engine, "driver", ""));
	if (driver != NULL)
		row = setting_in(driver->settings, driver->n_settings, key);
	if (row == NULL)
		row = setting_in(settings, COUNT(settings), key);
	return row != NULL ? section_value(engine, key, row->preset) : "";
}

/* A setting that must be there and is not; NULL: none. */
static const char *missing(const struct cluster_driver *driver, const char *engine)
{
	const struct cluster_setting *const lists[] = { settings, driver->settings };
	const size_t n[] = { COUNT(settings), driver->n_settings };

	for (size_t i = 0; i < COUNT(lists); i++)
		for (size_t j = 0; j < n[i]; j++)
			if (lists[i][j].required && empty(cluster_setting(driver, engine, lists[i][j].key)))
				return lists[i][j].key;
	return NULL;
}

bool cluster_driver_of(struct ctx *ctx, const char *engine, const struct cluster_driver **out)
{
	struct texts names = cluster_engines();
	const char *lacks;

	for (size_t i = 0; i < names.n; i++) {
		if (!same(names.at[i], engine))
			continue;
		*out = driver_named(section_value(engine, "driver", ""));
		lacks = *out != NULL ? missing(*out, engine) : "driver";
		if (lacks == NULL)
			return true;
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster is not set up correctly. Tell the administrators."), "[engine %s] %s", engine, lacks);
	}
	return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such cluster."), "cluster: engine %s", engine);
}

bool cluster_can(struct ctx *ctx, const char *engine, unsigned *can)
{
	const struct cluster_driver *driver;

	*can = 0;
	if (!cluster_driver_of(ctx, engine, &driver))
		return false;
	*can = driver->can & ~(driver->cannot != NULL ? driver->cannot(engine) : 0u);
	if (!same(cluster_setting(driver, engine, "pull"), "yes"))
		*can &= ~(unsigned)CLUSTER_CAN_PULL;
	return true;
}

/* ---- calls ------------------------------------------------------------------------------------------------------------ */

struct call { const struct cluster_driver *driver; int64_t before; };

/* A call gives up after `most` ms, or when its context does. */
static bool begin(struct ctx *ctx, const char *engine, int64_t most, struct call *call)
{
	if (!cluster_driver_of(ctx, engine, &call->driver))
		return false;
	call->before = ctx->deadline;
	if (ctx->deadline == 0)
		ctx->deadline = clock_ms() + most;
	return true;
}

static bool end(struct ctx *ctx, const struct call *call, bool good)
{
	ctx->deadline = call->before;
	return good;
}

bool cluster_health(struct ctx *ctx, const char *engine, struct cluster_health *out)
{
	struct call call;

	*out = (struct cluster_health){ 0 };
	return begin(ctx, engine, CALL_MS, &call) && end(ctx, &call, call.driver->health(ctx, engine, out));
}

bool cluster_prepare(struct ctx *ctx, const char *engine, const struct cluster_user *who, const struct cluster_limits *limits)
{
	struct call call;

	if (!check_user(ctx, who) || !begin(ctx, engine, CALL_MS, &call))
		return false;
	return end(ctx, &call, call.driver->prepare == NULL || call.driver->prepare(ctx, engine, who, limits));
}

bool cluster_fetch(struct ctx *ctx, const char *engine, const char *image, const struct cluster_fetch *fetch)
{
	int64_t minutes;
	struct call call;

	if (!check_image(ctx, image))
		return false;
	if (!parse_int(cluster_setting(NULL, engine, "pull-minutes"), 1, MOST_PULL_MINUTES, &minutes))
		minutes = PULL_MINUTES;
	if (!begin(ctx, engine, minutes * 60000, &call))
		return false;
	return end(ctx, &call, call.driver->fetch == NULL || !same(cluster_setting(call.driver, engine, "pull"), "yes") ||
		call.driver->fetch(ctx, engine, image, fetch));
}

bool cluster_run(struct ctx *ctx, const char *engine, const struct cluster_app *app)
{
	struct call call;

	if (!check_app(ctx, app) || !begin(ctx, engine, CALL_MS, &call))
		return false;
	if (app->gpus > 0 && !(call.driver->can & CLUSTER_CAN_GPU))
		return end(ctx, &call, fail(ctx, KIND_INVALID, tr(ctx, "This cluster has no GPUs. Choose another one, or 0 GPUs."), NULL));
	return end(ctx, &call, call.driver->run(ctx, engine, app));
}

bool cluster_stop(struct ctx *ctx, const char *engine, const char *user, const char *id, int grace)
{
	struct call call;

	grace = grace < 0 ? 0 : grace > 600 ? 600 : grace;
	return check_id(ctx, user, id) && begin(ctx, engine, CALL_MS + 1000LL * grace, &call) &&
		end(ctx, &call, call.driver->stop(ctx, engine, user, id, grace));
}

/* An engine, or what took its place, must not lead the gateway to where it has no business. */
static void check_seen(struct ctx *ctx, const char *engine, struct cluster_seen *seen)
{
	if (seen->address == NULL || cluster_address_ok(engine, seen->address))
		return;
	log_line(ctx, "%s: %s has the address %s, which is in none of its networks", engine, seen->id, seen->address);
	seen->detail = text(ctx->arena, "address %s", seen->address);
	seen->message = MSG("The app has an address outside of the cluster's networks. Tell the administrators.");
	seen->address = NULL;
}

bool cluster_look(struct ctx *ctx, const char *engine, const char *user, const char *id, struct cluster_seen *out)
{
	struct call call;
	bool good;

	*out = (struct cluster_seen){ .id = id, .user = user, .used_cpu_milli = -1, .used_memory_mb = -1 };
	if (!check_id(ctx, user, id) || !begin(ctx, engine, CALL_MS, &call))
		return false;
	good = end(ctx, &call, call.driver->look(ctx, engine, user, id, out));
	if (good)
		check_seen(ctx, engine, out);
	return good;
}

bool cluster_list(struct ctx *ctx, const char *engine, struct cluster_list *out)
{
	struct cluster_seen *copy;
	struct call call;

	*out = (struct cluster_list){ 0 };
	if (!begin(ctx, engine, CALL_MS, &call) || !end(ctx, &call, call.driver->list(ctx, engine, out)))
		return false;
	copy = NEW_ARRAY(ctx->arena, struct cluster_seen, out->n + 1);
	for (size_t i = 0; i < out->n; i++) {
		copy[i] = out->at[i];
		check_seen(ctx, engine, &copy[i]);
	}
	out->at = copy;
	return true;
}

static bool just_wait(int seconds)
{
	struct timespec left = { .tv_sec = seconds };

	while (nanosleep(&left, &left) != 0)
		;
	return true;
}

bool cluster_wait(struct ctx *ctx, const char *engine, int seconds, struct arena *keep, const char **cursor, bool *changed)
{
	struct call call;

	*changed = false;
	seconds = seconds < 1 ? 1 : seconds > 300 ? 300 : seconds;
	if (!begin(ctx, engine, 1000LL * seconds + WAIT_SPARE_MS, &call))
		return false;
	if (call.driver->wait == NULL)
		return end(ctx, &call, just_wait(seconds));
	return end(ctx, &call, call.driver->wait(ctx, engine, seconds, keep, cursor, changed));
}

bool cluster_log(struct ctx *ctx, const char *engine, const char *user, const char *id, size_t most, struct bytes *out)
{
	struct call call;

	*out = (struct bytes){ (const unsigned char *)"", 0 };
	return check_id(ctx, user, id) && begin(ctx, engine, CALL_MS, &call) && end(ctx, &call, call.driver->log(ctx, engine, user, id, most, out));
}

bool cluster_image(struct ctx *ctx, const char *engine, const char *reference, bool *found, const char **digest)
{
	struct call call;

	*found = false;
	*digest = NULL;
	return check_image(ctx, reference) && begin(ctx, engine, CALL_MS, &call) && end(ctx, &call, call.driver->image(ctx, engine, reference, found, digest));
}

/* ---- volumes ---------------------------------------------------------------------------------------------------------------- */

static bool has(struct ctx *ctx, const struct call *call, unsigned bit)
{
	if (call->driver->can & bit)
		return true;
	if (bit == CLUSTER_CAN_RESIZE)
		return fail(ctx, KIND_INVALID, tr(ctx, "Volumes of this cluster cannot change their size. Make a new one and copy the files."), NULL);
	return fail(ctx, KIND_INVALID, tr(ctx, "This cluster has no volumes. Use your home folder."), NULL);
}

bool cluster_volume_make(struct ctx *ctx, const char *engine, const struct cluster_user *who, const char *name, int64_t size_mb)
{
	struct call call;

	return check_user(ctx, who) && check_volume(ctx, name, size_mb) && begin(ctx, engine, CALL_MS, &call) &&
		end(ctx, &call, has(ctx, &call, CLUSTER_CAN_VOLUME) && call.driver->volume_make(ctx, engine, who, name, size_mb));
}

bool cluster_volume_resize(struct ctx *ctx, const char *engine, const char *user, const char *name, int64_t size_mb)
{
	struct call call;

	return check_user_name(ctx, user) && check_volume(ctx, name, size_mb) && begin(ctx, engine, CALL_MS, &call) &&
		end(ctx, &call, has(ctx, &call, CLUSTER_CAN_RESIZE) && call.driver->volume_resize(ctx, engine, user, name, size_mb));
}

bool cluster_volume_remove(struct ctx *ctx, const char *engine, const char *user, const char *name)
{
	struct call call;

	return check_user_name(ctx, user) && check_volume(ctx, name, 1) && begin(ctx, engine, CALL_MS, &call) &&
		end(ctx, &call, has(ctx, &call, CLUSTER_CAN_VOLUME) && call.driver->volume_remove(ctx, engine, user, name));
}

bool cluster_volumes(struct ctx *ctx, const char *engine, const char *user, struct cluster_volumes *out)
{
	struct call call;

	*out = (struct cluster_volumes){ 0 };
	return check_user_name(ctx, user) && begin(ctx, engine, CALL_MS, &call) &&
		end(ctx, &call, !(call.driver->can & CLUSTER_CAN_VOLUME) || call.driver->volumes(ctx, engine, user, out));
}
