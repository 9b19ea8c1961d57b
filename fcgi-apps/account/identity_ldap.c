/*
 * A directory (OpenLDAP, 389, FreeIPA, AD with posixAccount). One connection a sign-in: TLS, service bind, search of the entry and of the
 * groups, bind as the user. Everything together ends within LIMIT_MS (ldap_watch.h), and what the directory says is treated as hostile text.
 */
#include "identity_driver.h"

#include <ldap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "conf.h"
#include "ldap_values.h"
#include "ldap_watch.h"
#include "people.h"

enum { LIMIT_MS = 4500, FLOOR_MS = 200, MOST_GROUPS = 500 };

static bool unavailable(struct ctx *ctx, const char *step, int code)
{
	enum kind kind = code == LDAP_TIMEOUT || code == LDAP_TIMELIMIT_EXCEEDED ? KIND_TIMEOUT : KIND_UNAVAILABLE;

	return fail(ctx, kind, tr(ctx, "The directory with the accounts does not answer now, so nobody can sign in. Who is signed in already can go on. Please try again in a minute."),
		"ldap %s: %s (%d)", step, ldap_err2string(code), code);
}

/* Every step may take what is left of the whole, so a server that answers each one slowly gains nothing. */
static void set_timeouts(struct ctx *ctx, LDAP *ld)
{
	int ms = ctx_left_ms(ctx, LIMIT_MS);
	struct timeval left = { ms / 1000, (ms % 1000) * 1000 };

	ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &left);
	ldap_set_option(ld, LDAP_OPT_TIMEOUT, &left);
}

static void unbind(void *arg)
{
	ldap_unbind_ext_s(arg, NULL, NULL);
}

static void free_message(void *arg)
{
	ldap_msgfree(arg);
}

static int set_tls(LDAP *ld)
{
	int demand = LDAP_OPT_X_TLS_DEMAND, client = 0, oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, code;
	const char *ca = conf_get("ldap", "ca", NULL);

	if (ca && (code = ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca)) != LDAP_SUCCESS)
		return code;
	if ((code = ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand)) != LDAP_SUCCESS)
		return code;
	if ((code = ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest)) != LDAP_SUCCESS)
		return code;
	return ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
}

/* Passwords travel inside TLS or a unix socket, whatever the settings say. */
static bool secure(struct ctx *ctx, LDAP *ld, const char *uri)
{
	int code;

	if (starts_with(uri, "ldapi://"))
		return true;
	if ((code = set_tls(ld)) != LDAP_SUCCESS)
		return unavailable(ctx, "tls settings", code);
	if (starts_with(uri, "ldaps://"))
		return true;
	set_timeouts(ctx, ld);
	code = ldap_start_tls_s(ld, NULL, NULL);
	return code == LDAP_SUCCESS || unavailable(ctx, "start-tls", code);
}

static bool connect_to(struct ctx *ctx, LDAP **out)
{
	const char *uri = conf_get("ldap", "uri", "ldapi:///");
	int version = LDAP_VERSION3, code;

	setenv("LDAPNOINIT", "1", 1); /* no ldap.conf, no .ldaprc: the site's settings are in naru.conf alone */
	code = ldap_initialize(out, uri);
	if (code != LDAP_SUCCESS)
		return unavailable(ctx, "uri", code);
	arena_defer(ctx->arena, unbind, *out);
	ldap_set_option(*out, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(*out, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	ldap_set_option(*out, LDAP_OPT_RESTART, LDAP_OPT_OFF);
	set_timeouts(ctx, *out);
	if (!ldap_watch(*out))
		return unavailable(ctx, "connect callback", LDAP_OTHER);
	return secure(ctx, *out, uri);
}

static int bind_as(struct ctx *ctx, LDAP *ld, const char *dn, const char *password)
{
	struct berval *secret = ber_str2bv(password, 0, 1, NULL);
	int code;

	if (!secret)
		die("no memory for a bind");
	set_timeouts(ctx, ld);
	code = ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, secret, NULL, NULL, NULL);
	explicit_bzero(secret->bv_val, secret->bv_len);
	ber_bvfree(secret);
	return code;
}

static bool bind_service(struct ctx *ctx, LDAP *ld)
{
	const char *dn = conf_get("ldap", "bind-dn", NULL), *path = conf_get("ldap", "bind-password-file", NULL);
	struct bytes secret;
	int code;

	if (!dn || !path)
		return true;
	if (!file_read(ctx, path, 1000, &secret))
		return false;
	code = bind_as(ctx, ld, dn, arena_copy(ctx->arena, secret.at, strcspn((const char *)secret.at, "\r\n")));
	return code == LDAP_SUCCESS || unavailable(ctx, "service bind", code);
}

/* At most `most` entries; more than that is an answer as well, cut off. */
static bool search(struct ctx *ctx, LDAP *ld, const char *base, const char *filter, char **attributes, int most, LDAPMessage **out)
{
	int code;

	set_timeouts(ctx, ld);
	code = ldap_search_ext_s(ld, base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL, NULL, NULL, most, out);
	if (*out)
		arena_defer(ctx->arena, free_message, *out);
	if (code == LDAP_SUCCESS || code == LDAP_SIZELIMIT_EXCEEDED || code == LDAP_NO_SUCH_OBJECT)
		return true;
	return unavailable(ctx, "search", code);
}

/* The entry whose uid is the typed name, byte for byte; the directory itself compares without regard to case. */
static bool find_entry(struct ctx *ctx, LDAP *ld, const char *user, LDAPMessage **entry)
{
	static char uid[] = "uid", number[] = "uidNumber", group[] = "gidNumber", cn[] = "cn", mail[] = "mail";
	char *attributes[] = { uid, number, group, cn, mail, ldap_own_copy(ctx, "contract-start"), NULL, NULL };
	const char *filter = text(ctx->arena, "(&(objectClass=posixAccount)(uid=%s))", ldap_escape(ctx, user));
	LDAPMessage *all = NULL;

	attributes[attributes[5] ? 6 : 5] = ldap_own_copy(ctx, "contract-end");
	*entry = NULL;
	if (!search(ctx, ld, conf_get("ldap", "people", ""), filter, attributes, 2, &all))
		return false;
	if (ldap_count_entries(ld, all) == 1 && ldap_has_value(ld, ldap_first_entry(ld, all), "uid", user))
		*entry = ldap_first_entry(ld, all);
	return true;
}

static bool find_groups(struct ctx *ctx, LDAP *ld, const char *user, struct person *out)
{
	static char cn[] = "cn", number[] = "gidNumber";
	char *attributes[] = { cn, number, NULL };
	const char *filter = text(ctx->arena, "(&(objectClass=posixGroup)(memberUid=%s))", ldap_escape(ctx, user));
	const char *admins = conf_get("ldap", "admins", NULL);
	struct buf groups = { 0 };
	LDAPMessage *all = NULL;

	buf_in(&groups, ctx->arena);
	if (!search(ctx, ld, conf_get("ldap", "groups", conf_get("ldap", "people", "")), filter, attributes, MOST_GROUPS, &all))
		return false;
	for (LDAPMessage *e = ldap_first_entry(ld, all); e; e = ldap_next_entry(ld, e)) {
		const char *id = ldap_value(ctx, ld, e, "gidNumber", 20);

		if (id)
			buf_printf(&groups, "%s%s", groups.n ? "," : "", id);
		if (admins && ldap_has_value(ld, e, "cn", admins))
			out->admin = true;
	}
	out->groups = groups_clean(ctx->arena, out->gid, groups.n ? buf_cstr(&groups) : "");
	return true;
}

/* False: the entry cannot be a user of the centre. */
static bool read_person(struct ctx *ctx, LDAP *ld, LDAPMessage *e, const char *user, struct person *out)
{
	const char *uid = ldap_value(ctx, ld, e, "uidNumber", 20), *gid = ldap_value(ctx, ld, e, "gidNumber", 20);
	const char *start = conf_get("ldap", "contract-start", NULL), *end = conf_get("ldap", "contract-end", NULL);

	*out = (struct person){ .user = text(ctx->arena, "%s", user) };
	if (!uid || !gid || !parse_int(uid, 0, INT32_MAX, &out->uid) || !parse_int(gid, 0, INT32_MAX, &out->gid))
		return false;
	out->name = ldap_value(ctx, ld, e, "cn", 200);
	out->mail = ldap_value(ctx, ld, e, "mail", 254);
	out->contract_start = start ? ldap_time(ldap_value(ctx, ld, e, start, 40)) : 0;
	out->contract_end = end ? ldap_time(ldap_value(ctx, ld, e, end, 40)) : 0;
	return true;
}

/* Codes by which directories say that this password does not open this entry. */
static bool refused(int code)
{
	return code == LDAP_INVALID_CREDENTIALS || code == LDAP_INAPPROPRIATE_AUTH || code == LDAP_NO_SUCH_OBJECT ||
		code == LDAP_INVALID_DN_SYNTAX || code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_CONSTRAINT_VIOLATION ||
		code == LDAP_INSUFFICIENT_ACCESS;
}

/* Unknown users are bound as an entry that does not exist: the same steps on the wire. */
static bool bind_user(struct ctx *ctx, LDAP *ld, LDAPMessage *entry, const char *password, bool *right)
{
	char *dn = entry ? ldap_get_dn(ld, entry) : NULL;
	const char *none = text(ctx->arena, "uid=naru-no-such-user,%s", conf_get("ldap", "people", ""));
	bool real = !empty(dn);
	int code = bind_as(ctx, ld, real ? dn : none, password);

	if (dn)
		ldap_memfree(dn);
	*right = real && code == LDAP_SUCCESS;
	return code == LDAP_SUCCESS || refused(code) || unavailable(ctx, "user bind", code);
}

/* Directories compare no password for an entry that is not there and so answer sooner. Below this floor all wrong ones look alike. The gate
 * (gate.h) bounds how many workers can be here. */
static void settle(int64_t begun)
{
	int64_t left = begun + FLOOR_MS - clock_ms();
	struct timespec pause = { 0, (long)left * 1000000 };

	if (left > 0 && left <= FLOOR_MS)
		nanosleep(&pause, NULL);
}

static bool talk(struct ctx *ctx, const char *user, const char *password, bool *right, struct person *out)
{
	struct person nobody = { 0 };
	LDAPMessage *entry = NULL;
	LDAP *ld = NULL;

	if (!connect_to(ctx, &ld) || !bind_service(ctx, ld) || !find_entry(ctx, ld, user, &entry))
		return false;
	if (entry && !read_person(ctx, ld, entry, user, out))
		entry = NULL;
	if (!find_groups(ctx, ld, user, entry ? out : &nobody))
		return false;
	return bind_user(ctx, ld, entry, password, right);
}

static bool check(struct ctx *ctx, const char *user, const char *password, bool *right, struct person *out)
{
	int64_t begun = clock_ms(), before = ctx->deadline;
	bool good;

	*right = false;
	if (empty(password) || empty(user)) /* a simple bind without a password is an anonymous one, which succeeds */
		return true;
	if (!before || before > begun + LIMIT_MS)
		ctx->deadline = begun + LIMIT_MS;
	ldap_watch_start(ctx_left_ms(ctx, LIMIT_MS));
	good = talk(ctx, user, password, right, out);
	ldap_watch_stop();
	ctx->deadline = before;
	if (good && !*right)
		settle(begun);
	return good;
}

const struct identity_driver identity_ldap = { .name = "ldap", .check = check, .can_change = false };
