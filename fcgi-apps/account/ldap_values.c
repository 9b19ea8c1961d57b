#include "ldap_values.h"

#include <string.h>
#include <time.h>

#include "conf.h"

const char *ldap_escape(struct ctx *ctx, const char *value)
{
	struct berval *in = ber_str2bv(value, 0, 1, NULL), out = { 0, NULL };
	const char *copy;

	if (!in || ldap_bv2escaped_filter_value(in, &out) != 0)
		die("no memory for a filter");
	copy = arena_copy(ctx->arena, out.bv_val ? out.bv_val : "", out.bv_val ? out.bv_len : 0);
	ldap_memfree(out.bv_val);
	ber_bvfree(in);
	return copy;
}

/* Cutting between the bytes of a character would make the text invalid. */
static size_t cut(const char *at, size_t n, size_t most)
{
	if (n <= most)
		return n;
	while (most > 0 && ((unsigned char)at[most] & 0xc0) == 0x80)
		most--;
	return most;
}

const char *ldap_value(struct ctx *ctx, LDAP *ld, LDAPMessage *entry, const char *attribute, size_t most)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	const char *out = NULL;

	if (values && values[0] && values[0]->bv_len > 0 && utf8_valid(values[0]->bv_val, values[0]->bv_len))
		out = arena_copy(ctx->arena, values[0]->bv_val, cut(values[0]->bv_val, values[0]->bv_len, most));
	ldap_value_free_len(values);
	return out;
}

bool ldap_has_value(LDAP *ld, LDAPMessage *entry, const char *attribute, const char *value)
{
	struct berval **values = ldap_get_values_len(ld, entry, attribute);
	size_t n = strlen(value);
	bool hit = false;

	for (size_t i = 0; values && values[i]; i++)
		hit = hit || (values[i]->bv_len == n && memcmp(values[i]->bv_val, value, n) == 0);
	ldap_value_free_len(values);
	return hit;
}

int64_t ldap_time(const char *value)
{
	struct tm tm = { 0 };
	int64_t days;
	char *end;

	if (empty(value))
		return 0;
	if (strlen(value) <= 6)
		return parse_int(value, 1, 999999, &days) ? days * 86400 : 0;
	end = strptime(value, "%Y%m%d%H%M%S", &tm);
	if (!end)
		end = strptime(value, "%Y%m%d", &tm);
	return end ? (int64_t)timegm(&tm) : 0;
}

char *ldap_own_copy(struct ctx *ctx, const char *key)
{
	const char *value = conf_get("ldap", key, NULL);

	return value ? arena_copy(ctx->arena, value, strlen(value)) : NULL;
}
