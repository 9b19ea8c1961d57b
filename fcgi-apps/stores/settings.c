/* settings: the form of each kind of store, and the record that comes of it. */
#include "stores.h"

#include <string.h>

#include "conf.h"

#define FIELDS_MOST 16
#define HOST "[A-Za-z0-9][A-Za-z0-9.-]*|[0-9a-fA-F:]+"

static const struct store_kind kinds[] = {
	{ "s3", MSG("S3"), MSG("Buckets of object storage: Ceph, MinIO, Amazon and others.") },
	{ "sftp", MSG("SFTP"), MSG("Any machine that you reach with ssh.") },
	{ "webdav", MSG("WebDAV"), MSG("Nextcloud, dCache, a web server with WebDAV.") },
	{ "ftp", MSG("FTP"), MSG("FTP servers, best with TLS.") },
};

const struct store_kind *kind_of(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (same(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

struct kind_card_list kind_cards(struct req *r)
{
	struct kind_card *at = NEW_ARRAY(r->ctx->arena, struct kind_card, COUNT(kinds));
	for (size_t i = 0; i < COUNT(kinds); i++)
		at[i] = (struct kind_card){ .title = tr(r->ctx, kinds[i].title), .help = tr(r->ctx, kinds[i].help), .url = text(r->ctx->arena, "/stores/new?kind=%s", kinds[i].name) };
	return (struct kind_card_list){ at, COUNT(kinds) };
}

/* ---- the forms ---- */

static const struct field title_row = { .name = "title", .label = MSG("Name"), .required = true, .max = 120, .hint = MSG("As you want to find it under Files.") };
static const struct field host_row = { .name = "host", .label = MSG("Host"), .required = true, .max = 253, .grammar = HOST, .grammar_says = MSG("A host name or an address, without https:// and without a path.") };
static const struct field path_row = { .name = "path", .label = MSG("Base folder"), .max = 1000, .hint = MSG("Where the store begins. Empty: where the server lets you in.") };
static const struct field read_row = { .name = "read_only", .kind = FIELD_FLAG, .label = MSG("Read only: nothing in it can be changed from here") };
static const struct field site_row = { .name = "site", .kind = FIELD_FLAG, .label = MSG("For everybody on this site") };

static const struct choice yes_tls[] = { { "tls", MSG("Encrypted (https)") }, { "none", MSG("Not encrypted: anybody on the way can read it") } };
static const struct choice ftp_tls[] = {
	{ "explicit", MSG("Encrypted (FTPS, explicit)") }, { "implicit", MSG("Encrypted from the first byte (FTPS, implicit)") },
	{ "none", MSG("Not encrypted: anybody on the way can read your password") },
};
static const struct choice ssh_auth[] = { { "password", MSG("Password") }, { "key", MSG("Private key") } };
static const struct choice web_auth[] = { { "password", MSG("User and password") }, { "token", MSG("Token") } };

struct rows { struct field at[FIELDS_MOST]; size_t n; };

static void add(struct rows *t, struct field f)
{
	if (t->n == FIELDS_MOST)
		die("stores: a form with too many fields");
	t->at[t->n++] = f;
}

static void add_port(struct rows *t, const char *preset)
{
	add(t, (struct field){ .name = "port", .kind = FIELD_INTEGER, .label = MSG("Port"), .required = true, .min = 1, .max = 65535, .preset = preset });
}

/* The last choice is the one without encryption: only where the site allows it. */
static void add_security(struct rows *t, const struct choice *choices, size_t n)
{
	n -= !conf_bool("store", "plain", false);
	if (n > 1)
		add(t, (struct field){ .name = "security", .kind = FIELD_CHOICE, .label = MSG("Encryption"), .required = true, .choices = choices, .n_choices = n, .preset = choices[0].value });
}

static void add_secret(struct rows *t, const char *label, const char *hint, bool needed, const struct remote *before)
{
	if (before)
		hint = MSG("Empty: it stays as it is, unless host, port or user change.");
	add(t, (struct field){ .name = "secret", .kind = FIELD_PASSWORD, .label = label, .required = needed && !before, .max = 4000, .hint = hint, .autocomplete = "off" });
}

static void s3_rows(struct rows *t, const struct remote *before)
{
	add(t, host_row);
	add_port(t, "443");
	add_security(t, yes_tls, COUNT(yes_tls));
	add(t, (struct field){ .name = "bucket", .label = MSG("Bucket"), .required = true, .min = 3, .max = 63, .grammar = "[A-Za-z0-9][A-Za-z0-9._-]*", .grammar_says = MSG("Letters, digits, dots and dashes.") });
	add(t, (struct field){ .name = "path", .label = MSG("Folder in the bucket"), .max = 900, .hint = MSG("Where the store begins. Empty: the whole bucket.") });
	add(t, (struct field){ .name = "region", .label = MSG("Region"), .required = true, .max = 60, .grammar = "[A-Za-z0-9-]+", .grammar_says = MSG("Letters, digits and dashes."), .preset = "us-east-1",
		.hint = MSG("Servers that know no regions take any.") });
	add(t, (struct field){ .name = "user", .label = MSG("Access key"), .required = true, .max = 200, .autocomplete = "off" });
	add_secret(t, MSG("Secret key"), NULL, true, before);
	add(t, (struct field){ .name = "path_style", .kind = FIELD_FLAG, .label = MSG("The bucket stands in the path, not in the host name"), .preset = "yes" });
}

static void sftp_rows(struct rows *t, const struct remote *before)
{
	add(t, host_row);
	add_port(t, "22");
	add(t, path_row);
	add(t, (struct field){ .name = "user", .label = MSG("User"), .required = true, .max = 200, .autocomplete = "off" });
	add(t, (struct field){ .name = "auth", .kind = FIELD_CHOICE, .label = MSG("Sign in with"), .required = true, .choices = ssh_auth, .n_choices = COUNT(ssh_auth), .preset = "password" });
	add_secret(t, MSG("Password, or the key's passphrase"), NULL, false, before);
	add(t, (struct field){ .name = "private_key", .kind = FIELD_MULTILINE, .label = MSG("Private key"), .max = 16000,
		.hint = before ? MSG("Empty: it stays as it is, unless host, port or user change.") : MSG("The whole text of a file such as id_ed25519. RSA keys cannot be used.") });
}

static void ftp_rows(struct rows *t, const struct remote *before)
{
	add(t, host_row);
	add_port(t, "21");
	add_security(t, ftp_tls, COUNT(ftp_tls));
	add(t, path_row);
	add(t, (struct field){ .name = "user", .label = MSG("User"), .required = true, .max = 200, .autocomplete = "off" });
	add_secret(t, MSG("Password"), NULL, true, before);
	add(t, (struct field){ .name = "active", .kind = FIELD_FLAG, .label = MSG("Active mode: the server connects back to this portal") });
}

static void webdav_rows(struct rows *t, const struct remote *before)
{
	add(t, (struct field){ .name = "url", .label = MSG("Address"), .required = true, .max = 1200, .grammar = "https?://[^ /?#@]+(/[^ ?#]*)?",
		.grammar_says = MSG("An address such as https://cloud.example.org/remote.php/dav/files/alice"), .hint = MSG("The https:// address that the server's own pages give for WebDAV.") });
	add(t, (struct field){ .name = "auth", .kind = FIELD_CHOICE, .label = MSG("Sign in with"), .required = true, .choices = web_auth, .n_choices = COUNT(web_auth), .preset = "password" });
	add(t, (struct field){ .name = "user", .label = MSG("User"), .max = 200, .autocomplete = "off" });
	add_secret(t, MSG("Password or token"), NULL, true, before);
}

const struct form_table *settings_table(struct req *r, const struct store_kind *k, const struct remote *before)
{
	struct rows *t = NEW(r->ctx->arena, struct rows);
	struct form_table *table = NEW(r->ctx->arena, struct form_table);
	add(t, title_row);
	if (same(k->name, "s3"))
		s3_rows(t, before);
	else if (same(k->name, "sftp"))
		sftp_rows(t, before);
	else if (same(k->name, "ftp"))
		ftp_rows(t, before);
	else
		webdav_rows(t, before);
	add(t, read_row);
	if (r->who.role >= ROLE_ADMIN && !before)
		add(t, site_row);
	*table = (struct form_table){ "store", t->at, t->n };
	return table;
}

static bool has(const struct form *f, const char *name)
{
	const struct form_table *t = form_table_of(f);
	for (size_t i = 0; i < t->n; i++)
		if (same(t->fields[i].name, name))
			return true;
	return false;
}

static const char *value(const struct form *f, const char *name)
{
	return has(f, name) ? form_text(f, name) : "";
}

static void set(struct form *f, const char *name, const char *text)
{
	if (has(f, name))
		form_set(f, name, text ? text : "");
}

const char *settings_address(struct arena *a, const struct remote *s)
{
	bool tls = !same(s->security, "none");
	const char *scheme = same(s->kind, "sftp") ? "sftp" : same(s->kind, "ftp") ? (tls ? "ftps" : "ftp") : same(s->kind, "s3") ? "s3" : tls ? "https" : "http";
	const char *host = strchr(s->host, ':') ? text(a, "[%s]", s->host) : s->host;
	int64_t usual = same(s->kind, "sftp") ? 22 : same(s->kind, "ftp") ? 21 : tls ? 443 : 80;
	const char *port = s->port == usual ? "" : text(a, ":%lld", (long long)s->port);
	const char *bucket = empty(s->bucket) ? "" : text(a, "/%s", s->bucket), *path = s->path ? s->path : "";
	return text(a, "%s://%s%s%s%s%s", scheme, host, port, bucket, *path && *path != '/' ? "/" : "", path);
}

void settings_fill(struct req *r, struct form *f, const struct remote *s)
{
	set(f, "title", s->title);
	set(f, "host", s->host);
	set(f, "port", text(r->ctx->arena, "%lld", (long long)s->port));
	set(f, "url", settings_address(r->ctx->arena, s));
	set(f, "path", s->path);
	set(f, "bucket", s->bucket);
	set(f, "region", s->region);
	set(f, "user", s->user);
	set(f, "auth", s->auth);
	set(f, "security", s->security);
	set(f, "path_style", s->path_style ? "yes" : "");
	set(f, "active", s->active ? "yes" : "");
	set(f, "read_only", s->read_only ? "yes" : "");
}

/* ---- the record ---- */

/* "https://host:port/path" taken apart; the form's grammar has let it through. */
static bool read_url(struct req *r, struct form *f, struct remote *out)
{
	struct arena *a = r->ctx->arena;
	const char *url = form_text(f, "url"), *host = strstr(url, "://") + 3, *path = host + strcspn(host, "/");
	bool tls = starts_with(url, "https:"), six = *host == '[';
	const char *end = six ? memchr(host, ']', (size_t)(path - host)) : memchr(host, ':', (size_t)(path - host));
	const char *colon = six && end ? end + 1 : end;
	out->port = tls ? 443 : 80;
	if ((six && !end) || (colon && colon < path && (*colon != ':' || !parse_int(arena_copy(a, colon + 1, (size_t)(path - colon - 1)), 1, 65535, &out->port)))) {
		form_wrong(f, "url", tr(r->ctx, "The host or the port in this address cannot be read."));
		return false;
	}
	out->host = six ? arena_copy(a, host + 1, (size_t)(end - host - 1)) : arena_copy(a, host, (size_t)((end ? end : path) - host));
	out->path = path;
	out->security = tls ? "tls" : "none";
	if (!tls && !conf_bool("store", "plain", false))
		form_wrong(f, "url", tr(r->ctx, "This site allows only encrypted connections: an address that begins with https://."));
	return form_good(f);
}

static const char *trimmed(struct arena *a, const char *path)
{
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return arena_copy(a, path, n);
}

static bool good_path(const char *path)
{
	for (const char *s = path; (s = strstr(s, "..")); s += 2)
		if ((s == path || s[-1] == '/') && (s[2] == '/' || !s[2]))
			return false;
	return true;
}

/* What is left empty stays, but only for the server and the user that it was given for. */
static bool read_secrets(struct req *r, struct form *f, const struct remote *before, struct remote *out)
{
	const char *secret = value(f, "secret"), *key = value(f, "private_key");
	bool stays = before && remote_same_target(r->ctx->arena, before, out), by_key = same(out->auth, "key");
	if (!remote_seal(r->ctx, out, secret, &out->secret) || !remote_seal(r->ctx, out, key, &out->key))
		return false;
	if (stays && !*secret && (!by_key || !*key))
		out->secret = before->secret;
	if (stays && !*key)
		out->key = before->key;
	if (by_key && empty(out->key))
		form_wrong(f, "private_key", tr(r->ctx, "Give the private key here: host, port or user are new, or there was none before."));
	else if (!by_key && empty(out->secret))
		form_wrong(f, "secret", tr(r->ctx, "Give the password or key again: host, port or user are new, or there was none before."));
	return form_good(f);
}

bool settings_read(struct req *r, struct form *f, const struct store_kind *k, const char *owner, const struct remote *before, struct remote *out)
{
	const char *plain = same(k->name, "ftp") ? "explicit" : same(k->name, "sftp") ? "" : "tls";
	*out = before ? *before : (struct remote){ .kind = k->name, .owner = owner };
	out->title = form_text(f, "title");
	out->host = value(f, "host");
	out->port = has(f, "port") ? form_integer(f, "port") : 0;
	out->path = trimmed(r->ctx->arena, value(f, "path"));
	out->security = has(f, "security") ? form_text(f, "security") : plain;
	if (has(f, "url") && !read_url(r, f, out))
		return false;
	if (!good_path(out->path))
		form_wrong(f, has(f, "path") ? "path" : "url", tr(r->ctx, "A folder called .. cannot be part of it."));
	out->bucket = value(f, "bucket");
	out->region = value(f, "region");
	out->user = value(f, "user");
	out->auth = has(f, "auth") ? form_text(f, "auth") : "password";
	out->path_style = has(f, "path_style") && form_flag(f, "path_style");
	out->active = has(f, "active") && form_flag(f, "active");
	if (out->active && !same(out->security, "none"))
		form_wrong(f, "active", tr(r->ctx, "Active mode works only without encryption here. Leave it out: passive mode works with nearly all servers."));
	out->read_only = form_flag(f, "read_only");
	if (before && (!same(before->host, out->host) || before->port != out->port))
		out->pinned = "";
	return read_secrets(r, f, before, out);
}
