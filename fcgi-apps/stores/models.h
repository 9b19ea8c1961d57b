/* What the pages of stores show. */
#ifndef STORES_MODELS_H
#define STORES_MODELS_H

#include "view.h"

#define MODEL_store_row(X) X(text, id) X(text, url) X(text, title) X(text, kind) X(text, address) X(text, state) X(text, css) X(text, problem) X(time, checked) \
	X(text, files_url) X(flag, own) X(flag, site)
MODEL(store_row);
#define MODEL_kind_card(X) X(text, title) X(text, help) X(text, url)
MODEL(kind_card);
#define MODEL_stores_home(X) X(list(store_row), rows) X(list(kind_card), kinds)
MODEL(stores_home);

#define MODEL_new_store(X) X(text, action) X(form, form) X(list(kind_card), kinds) X(text, help)
MODEL(new_store);

/* key: the host key to accept; pinned: the accepted one. */
#define MODEL_one_store(X) X(one(store_row), store) X(form, form) X(text, action) X(text, key) X(text, pinned) X(text, software) X(flag, paused) X(flag, may_change)
MODEL(one_store);

#define MODEL_remove_store(X) X(text, action) X(text, back) X(text, title)
MODEL(remove_store);

#endif
