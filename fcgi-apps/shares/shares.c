/* shares: files and folders for colleagues (ACLs), for whoever has a link, and folders into which others may upload. See README. */
#include "shares.h"

static const struct route routes[] = {
	{ GET,  "/shares",              shares_list,   .role = ROLE_USER, .help = "What I share, and what is shared with me" },
	{ GET,  "/shares/new",          share_new,     .role = ROLE_USER, .help = "Form: share ?path= of ?place= (?kind=people, link, drop)" },
	{ POST, "/shares/new",          share_make,    .role = ROLE_USER, .scope = "files", .help = "Share it" },
	{ GET,  "/shares/one/:id",         share_show,    .role = ROLE_USER, .help = "One share" },
	{ POST, "/shares/one/:id/end",     share_end,     .role = ROLE_USER, .scope = "files", .help = "End it now" },
	{ POST, "/shares/one/:id/prolong", share_prolong, .role = ROLE_USER, .scope = "files", .help = "Give it another last day" },

	{ GET,  "/s/:token",            visit_show,    .role = ROLE_PUBLIC, .help = "A link: the file or folder that it is for" },
	{ GET,  "/s/:token/in/*path",   visit_in,      .role = ROLE_PUBLIC, .help = "A folder below" },
	{ GET,  "/s/:token/get",        visit_get,     .role = ROLE_PUBLIC, .help = "The file (ranges)" },
	{ GET,  "/s/:token/get/*path",  visit_get,     .role = ROLE_PUBLIC, .help = "A file below" },
	{ POST, "/s/:token/password",   visit_password, .role = ROLE_PUBLIC, .anyone = true, .limit = 16384, .help = "Its password" },
	{ POST, "/s/up/:token",         visit_drop,    .role = ROLE_PUBLIC, .anyone = true, .upload = true, .help = "Upload through a link" },
};

static bool start(struct ctx *c)
{
	return db_open(c, "shares", DB_READ_WRITE, &shares_db);
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "shares", .routes = routes, .n = COUNT(routes), .start = start, .every = 2, .tick = grant_tick, .secret = "/s/" };
	return app_main(&app, argc, argv);
}
