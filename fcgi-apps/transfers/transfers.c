/* transfers: copies between places that outlive the page: made here, done by the mover (mover.h), which is asked and never waited for. See README. */
#include "transfers.h"

static const struct route routes[] = {
	{ GET,  "/transfers",             transfers_list, .role = ROLE_USER,  .help = "Transfers of the signed-in user (show, after)" },
	{ GET,  "/transfers/new",         new_show,       .role = ROLE_USER,  .help = "The form: ?clip=&place=&path= from the clipboard, ?like= as that transfer was" },
	{ POST, "/transfers",             new_create,     .role = ROLE_USER,  .scope = "files", .help = "Make a transfer" },
	{ POST, "/transfers/paste",       paste,          .role = ROLE_USER,  .scope = "files", .help = "Make one of what was copied or cut, as is usual" },
	{ POST, "/transfers/do",          several_do,     .role = ROLE_USER,  .scope = "files", .help = "Pause, go on with, cancel or remove several" },
	{ GET,  "/transfers/all",         everybody_list, .role = ROLE_ADMIN, .help = "Transfers of everybody" },
	{ POST, "/transfers/all/do",      everybody_do,   .role = ROLE_ADMIN, .scope = "admin", .help = "Pause or cancel transfers of others" },
	{ GET,  "/transfers/:id",         transfer_show,  .role = ROLE_USER,  .help = "One transfer and its files (show, after)" },
	{ POST, "/transfers/:id/pause",   do_pause,       .role = ROLE_USER,  .scope = "files", .help = "Pause it" },
	{ POST, "/transfers/:id/resume",  do_resume,      .role = ROLE_USER,  .scope = "files", .help = "Go on now" },
	{ POST, "/transfers/:id/cancel",  do_cancel,      .role = ROLE_USER,  .scope = "files", .help = "Cancel it" },
	{ POST, "/transfers/:id/again",   do_again,       .role = ROLE_USER,  .scope = "files", .help = "Run all of it again" },
	{ POST, "/transfers/:id/retry",   do_retry,       .role = ROLE_USER,  .scope = "files", .help = "Run again what has failed" },
	{ POST, "/transfers/:id/remove",  do_remove,      .role = ROLE_USER,  .scope = "files", .help = "Remove it from the list" },
};

int main(int argc, char **argv)
{
	static const struct app app = { .name = "transfers", .routes = routes, .n = COUNT(routes) };
	return app_main(&app, argc, argv);
}
