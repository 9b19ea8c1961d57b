/* offers: entries of the catalogue that administrators make of users' requests. */
#include "deployer.h"

#include <string.h>

#include "audit.h"
#include "utf8.h"

static bool name_good(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 40 && name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool check(struct ask *ask, const struct app_offer *o)
{
	struct offers offers;

	if (!offers_read(ask->ctx, ask->db, &offers))
		return false;
	if (!offer_find(&offers, o->like))
		return ask_wrong(ask, "like", tr(ask->ctx, "There is no such app in the catalogue."));
	if (empty(o->title) || utf8_count(o->title) > 100)
		return ask_wrong(ask, "title", tr(ask->ctx, "Please give it a title."));
	if (image_allowed(ask->ctx, o->image))
		return true;
	ask->field = "image";
	return false;
}

bool desk_offer(struct ask *ask)
{
	struct app_offer o = { .name = ask_text(ask, "name"), .like = ask_text(ask, "like"), .image = ask_text(ask, "image"), .title = ask_text(ask, "title"),
		.title_ko = ask_text(ask, "title_ko"), .help = ask_text(ask, "help"), .help_ko = ask_text(ask, "help_ko"), .by = ask->who.user, .created = now() };

	if (!same(ask->who.role, "admin"))
		return fail(ask->ctx, KIND_FORBIDDEN, tr(ask->ctx, "Only administrators change the catalogue."), NULL);
	if (!name_good(o.name))
		return ask_wrong(ask, "name", tr(ask->ctx, "A name of the catalogue has small letters, digits and dashes, at most 40, and begins with a letter."));
	struct db_key key = db_key('N', o.name);

	if (empty(o.image))
		return audit(ask->ctx, o.by, "offer.remove", o.name, NULL) && keep_delete(ask->ctx, ask->db, &key);
	return check(ask, &o) && audit(ask->ctx, o.by, "offer.add", o.name, o.image) && keep_set(ask->ctx, ask->db, &key, &app_offer_record, &o);
}
