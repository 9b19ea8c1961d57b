#include "identity_driver.h"

#include "people.h"

static bool check(struct ctx *ctx, const char *user, const char *password, bool *right, struct person *out)
{
	struct account a = { 0 };
	bool found = false;

	*right = false;
	if (!account_look(ctx, user, &found, &a))
		return false;
	if (!password_right(found && !empty(password) ? a.password : NULL, password))
		return true;
	*out = (struct person){
		.user = a.user, .name = a.name, .mail = a.mail, .uid = a.uid, .gid = a.gid, .groups = a.groups,
		.admin = a.admin, .contract_start = a.contract_start, .contract_end = a.contract_end,
	};
	*right = true;
	return true;
}

const struct identity_driver identity_local = { .name = "local", .check = check, .can_change = true };
