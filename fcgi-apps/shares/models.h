/* What the pages of sharing show. */
#ifndef SHARES_MODELS_H
#define SHARES_MODELS_H

#include "view.h"

/* ---- the owner's ---- */
#define MODEL_share_row(X) X(text, id) X(text, url) X(text, name) X(text, where) X(text, kind) X(text, whom) X(time, ends) X(text, state) X(text, css) \
	X(text, used) X(text, problem) X(text, files_url) X(text, note)
MODEL(share_row);
#define MODEL_shares_home(X) X(list(share_row), mine) X(list(share_row), theirs)
MODEL(shares_home);

#define MODEL_kind_link(X) X(text, label) X(text, url) X(flag, current)
MODEL(kind_link);
/* closed: folders above that keep a colleague out. */
#define MODEL_new_share(X) X(text, action) X(form, form) X(list(kind_link), kinds) X(text, name) X(text, back) X(text, help) X(text, closed)
MODEL(new_share);
/* link: told once, when it was made. */
#define MODEL_one_share(X) X(one(share_row), share) X(text, link) X(text, note) X(text, right) X(flag, password) X(flag, later) X(flag, runs) X(flag, people) \
	X(time, created) X(time, ended) X(form, form) X(text, action) X(text, counted) X(text, left_over)
MODEL(one_share);

/* ---- the visitor's ---- */
#define MODEL_gift(X) X(text, name) X(text, url) X(size, size) X(time, modified) X(flag, folder)
MODEL(gift);
#define MODEL_shared(X) X(text, name) X(text, owner) X(time, ends) X(flag, folder) X(text, url) X(size, size) X(time, modified) X(list(gift), rows) X(text, up) \
	X(text, next) X(text, left)
MODEL(shared);
#define MODEL_shared_gone(X) X(text, says)
MODEL(shared_gone);
#define MODEL_shared_password(X) X(text, action) X(form, form)
MODEL(shared_password);
#define MODEL_arrival(X) X(text, name) X(text, state) X(text, says)
MODEL(arrival);
#define MODEL_dropping(X) X(text, name) X(text, owner) X(time, ends) X(text, action) X(text, room) X(form, form) X(list(arrival), arrived) X(text, summary) X(text, url)
MODEL(dropping);

#endif
