/* person: see person.h. */
#include "person.h"

#define NOBODY 65534
#define USERS 100 /* Debian's static group for people; all others below 1000 are the system's */

static bool add_group(const char *number, int64_t lowest, struct person *p)
{
	int64_t g;
	if (empty(number))
		return true;
	if (!parse_int(number, 1, 0xfffffffe, &g))
		return false;
	if (g < lowest && g != (int64_t)p->gid)
		return true;
	if (p->n == COUNT(p->groups))
		return false;
	p->groups[p->n++] = (gid_t)g;
	return true;
}

bool person_from(int64_t uid, int64_t gid, const char *groups, int64_t lowest, struct person *p)
{
	*p = (struct person){ 0 };
	if (lowest < 1 || uid < lowest || uid > 0xfffffffe || uid == NOBODY || gid > 0xfffffffe)
		return false;
	if (gid < lowest && gid != USERS)
		return false;
	p->uid = (uid_t)uid;
	p->gid = (gid_t)gid;
	struct arena *a = arena_new(0);
	struct texts all = split(a, groups ? groups : "", ',');
	bool ok = true;
	for (size_t i = 0; ok && i < all.n; i++)
		ok = add_group(all.at[i], lowest, p);
	arena_free(a);
	return ok;
}
