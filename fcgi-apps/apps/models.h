/* What the pages of apps show. */
#ifndef APPS_MODELS_H
#define APPS_MODELS_H

#include "views/models.h"

#define MODEL_trouble(X) X(text, what)
MODEL(trouble);

/* An entry of the catalogue; the numbers are what one click starts. */
#define MODEL_offer_card(X) X(text, name) X(text, title) X(text, help) X(text, icon) X(text, label) X(text, size) X(text, form_path) \
	X(integer, cpu) X(integer, memory) X(integer, hours) X(text, open_path)
MODEL(offer_card);

#define MODEL_apps_home(X) X(list(trouble), troubles) X(list(app_card), mine) X(list(app_card), shared) X(one(offer_card), quick)
MODEL(apps_home);

#define MODEL_catalogue(X) X(list(trouble), troubles) X(list(offer_card), offers)
MODEL(catalogue);

#define MODEL_app_form(X) X(text, title) X(text, help) X(text, action) X(form, form) X(text, quota)
MODEL(app_form);

#define MODEL_event_row(X) X(time, when) X(text, what) X(flag, bad) X(integer, count)
MODEL(event_row);

#define MODEL_share_row(X) X(text, user) X(time, until) X(text, path)
MODEL(share_row);

#define MODEL_service(X) X(text, host) X(text, port) X(text, secret) X(text, test)
MODEL(service);

#define MODEL_one_app(X) X(list(trouble), troubles) X(one(app_card), app) X(list(event_row), events) X(list(share_row), shares) X(form, share_form) \
	X(one(service), service) X(text, image) X(text, digest) X(text, engine) X(text, node) X(text, size) X(text, places) \
	X(time, created) X(time, ready) X(time, ended) X(flag, changing)
MODEL(one_app);

#define MODEL_app_log(X) X(text, path) X(text, content)
MODEL(app_log);

#define MODEL_app_delete(X) X(text, path) X(text, name) X(flag, running)
MODEL(app_delete);

#endif
