/* What may reach an engine: see check.h. */
#include "cluster/check.h"

#include "cluster/manifest.h"

#include <string.h>

enum { LONGEST_VALUE = 32768, LONGEST_PATH = 4000, LONGEST_REFERENCE = 500, MOST_TEXTS = 200 };

static bool wrong(struct ctx *ctx, const char *what)
{
	return fail(ctx, KIND_INTERNAL, tr(ctx, "The app cannot be started as it is described. Tell the administrators."), "cluster: %s", what);
}

static bool is_text(const char *value, size_t most)
{
	size_t n = value != NULL ? strlen(value) : 0;

	return n <= most && (n == 0 || utf8_valid(value, n));
}

bool check_user_name(struct ctx *ctx, const char *user)
{
	size_t n = user != NULL ? strlen(user) : 0;

	if (n == 0 || n > 100 || !utf8_valid(user, n) || same(user, "root"))
		return wrong(ctx, "user");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)user[i] <= ' ' || user[i] == 0x7f || user[i] == '/')
			return wrong(ctx, "user");
	return true;
}

static bool is_identity(int64_t number)
{
	return number > 0 && number < UINT32_MAX; /* the last is "none" to the kernel */
}

bool check_user(struct ctx *ctx, const struct cluster_user *who)
{
	if (!check_user_name(ctx, who->user))
		return false;
	if (!is_identity(who->uid) || !is_identity(who->gid) || who->n_groups > 1000)
		return wrong(ctx, "ids");
	for (size_t i = 0; i < who->n_groups; i++)
		if (!is_identity(who->groups[i]))
			return wrong(ctx, "groups");
	return true;
}

bool check_id(struct ctx *ctx, const char *user, const char *id)
{
	return check_user_name(ctx, user) && (cluster_is_id(id) || wrong(ctx, "id"));
}

/* Its grammar is offer.h's; here nothing may leave a path or a query. */
bool check_image(struct ctx *ctx, const char *reference)
{
	size_t n = reference != NULL ? strlen(reference) : 0;

	if (n == 0 || n > LONGEST_REFERENCE)
		return wrong(ctx, "image");
	if (strspn(reference, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@") != n || strstr(reference, "..") != NULL ||
		reference[0] == '/' || reference[0] == '-')
		return wrong(ctx, "image");
	return true;
}

bool check_volume(struct ctx *ctx, const char *name, int64_t size_mb)
{
	size_t n = name != NULL ? strlen(name) : 0;

	if (n == 0 || n > 40 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n || name[0] < 'a' || name[n - 1] == '-')
		return fail(ctx, KIND_INVALID, tr(ctx, "A volume's name is 1 to 40 small letters, digits and -, with a letter first."), NULL);
	if (size_mb < 1 || size_mb > 1LL << 40)
		return fail(ctx, KIND_INVALID, tr(ctx, "The size of a volume is out of range. Correct it."), NULL);
	return true;
}

/* "/a/b": no parts like "." and "..", no doubled or last slash. */
static bool is_path(const char *path)
{
	if (empty(path) || path[0] != '/' || path[1] == '\0' || !is_text(path, LONGEST_PATH))
		return false;
	for (const char *at = path; *at != '\0'; at++) {
		size_t n;

		if (*at != '/')
			continue;
		n = strcspn(at + 1, "/");
		if (n == 0 || (n == 1 && at[1] == '.') || (n == 2 && at[1] == '.' && at[2] == '.'))
			return false;
	}
	return true;
}

static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* What a container has of its own, and what would let an app change how its programs start. */
static bool is_target(const char *path)
{
	static const char *const taken[] = { "/proc", "/sys", "/dev", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/usr" };

	for (size_t i = 0; i < COUNT(taken); i++)
		if (empty(path) || below(path, taken[i]))
			return false;
	return is_path(path);
}

static bool check_mounts(struct ctx *ctx, const struct cluster_app *app)
{
	if (app->n_mounts > MOST_TEXTS || app->tmpfs.n > MOST_TEXTS)
		return wrong(ctx, "mounts");
	for (size_t i = 0; i < app->n_mounts; i++) {
		const struct cluster_mount *mount = &app->mounts[i];

		if (!is_target(mount->target))
			return wrong(ctx, "where a folder is mounted");
		if (mount->volume ? !check_volume(ctx, mount->source, 1) : !is_path(mount->source))
			return wrong(ctx, "what is mounted");
		for (size_t j = 0; j < i; j++)
			if (same(app->mounts[j].target, mount->target))
				return fail(ctx, KIND_INVALID, tr(ctx, "Two folders would be mounted at the same place. Leave one out."), NULL);
	}
	for (size_t i = 0; i < app->tmpfs.n; i++)
		if (!is_target(app->tmpfs.at[i]))
			return wrong(ctx, "tmpfs");
	return true;
}

static bool is_name(const char *at, size_t n)
{
	return n > 0 && (at[0] < '0' || at[0] > '9') && strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") >= n;
}

static bool check_words(struct ctx *ctx, const struct cluster_app *app)
{
	if (app->command.n > MOST_TEXTS || app->environment.n > MOST_TEXTS)
		return wrong(ctx, "too many words");
	for (size_t i = 0; i < app->command.n; i++)
		if (!is_text(app->command.at[i], LONGEST_VALUE))
			return wrong(ctx, "command");
	for (size_t i = 0; i < app->environment.n; i++) {
		size_t n = strcspn(app->environment.at[i], "=");

		if (!is_name(app->environment.at[i], n) || app->environment.at[i][n] != '=' || !is_text(app->environment.at[i], LONGEST_VALUE))
			return wrong(ctx, "environment");
	}
	return is_text(app->name, 1000) && is_text(app->offer, 1000) ? true : wrong(ctx, "name");
}

static bool check_secret(struct ctx *ctx, const struct cluster_app *app)
{
	bool wanted = !empty(app->secret_env) || !empty(app->secret_file);

	if (!empty(app->secret_env) && !empty(app->secret_file))
		return wrong(ctx, "two ways of telling the secret");
	if (!empty(app->secret_env) && !is_name(app->secret_env, strlen(app->secret_env)))
		return wrong(ctx, "name of the secret's variable");
	if (!empty(app->secret_file) && !is_target(app->secret_file))
		return wrong(ctx, "file of the secret");
	if (!empty(app->base_file) && (!is_target(app->base_file) || empty(app->base) || app->base[0] != '/' || !is_text(app->base, LONGEST_PATH) || same(app->base_file, app->secret_file)))
		return wrong(ctx, "file of the path it is served under");
	if (wanted && (empty(app->secret) || strspn(app->secret, "0123456789abcdef") != strlen(app->secret)))
		return wrong(ctx, "secret");
	return true;
}

static bool check_numbers(struct ctx *ctx, const struct cluster_app *app)
{
	if (app->cpu_milli < 1 || app->cpu_milli > 1000000000 || app->memory_mb < 8 || app->memory_mb > 1LL << 32)
		return wrong(ctx, "CPU or memory");
	if (app->gpus < 0 || app->gpus > 100000 || app->port < 0 || app->port > 65535 || app->generation < 1 || app->ends < 0)
		return wrong(ctx, "a number");
	return true;
}

bool check_app(struct ctx *ctx, const struct cluster_app *app)
{
	if (!check_id(ctx, app->who.user, app->id) || !check_user(ctx, &app->who) || !check_image(ctx, app->image) || !check_mounts(ctx, app) ||
		!check_words(ctx, app) || !check_secret(ctx, app) || !check_numbers(ctx, app))
		return false;
	if ((!empty(app->home) && !is_path(app->home)) || (!empty(app->folder) && !is_path(app->folder)))
		return wrong(ctx, "home or folder");
	return true;
}
