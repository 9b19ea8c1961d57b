/* desk: what may be asked, and by whom. */
#include "deployer.h"

static const struct desk_verb verbs[] = {
	{ "create", desk_create }, { "start", desk_start }, { "stop", desk_stop }, { "delete", desk_delete }, { "keep", desk_keep },
	{ "extend", desk_extend }, { "share", desk_share }, { "unshare", desk_unshare }, { "log", desk_log }, { "volume", desk_volume },
	{ "offer", desk_offer }, { "image", desk_image },
};

static const char *const modules[] = { "apps", NULL };
const struct desk deployer_desk = { modules, verbs, COUNT(verbs) };
