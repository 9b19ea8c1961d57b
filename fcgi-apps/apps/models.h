/* What the pages of apps show. */
#ifndef APPS_MODELS_H
#define APPS_MODELS_H

#include "views/models.h"

#define MODEL_trouble(X) X(text, what)
MODEL(trouble);

/* An entry of the catalogue. unset: it has no image on this site yet (only administrators see it). */
#define MODEL_offer_card(X) X(text, name) X(text, title) X(text, help) X(text, icon) X(text, size) X(text, form_path) X(flag, quick) X(flag, unset)
MODEL(offer_card);

/* several: more than one can be chosen. asked: requests of users that wait for an answer (administrators). */
#define MODEL_apps_home(X) X(list(trouble), troubles) X(list(app_card), mine) X(list(app_card), shared) X(one(quick_app), quick) \
	X(flag, several) X(flag, volumes) X(flag, admin) X(text, asked)
MODEL(apps_home);

#define MODEL_apps_delete(X) X(list(app_card), apps)
MODEL(apps_delete);

#define MODEL_catalogue(X) X(list(trouble), troubles) X(list(offer_card), offers)
MODEL(catalogue);

#define MODEL_app_form(X) X(list(trouble), troubles) X(text, title) X(text, help) X(text, action) X(form, form) X(text, quota)
MODEL(app_form);

/* What is unusual about what was asked for, and all that was typed. */
#define MODEL_reason(X) X(text, what)
MODEL(reason);
#define MODEL_kept(X) X(text, name) X(text, value)
MODEL(kept);
#define MODEL_fact(X) X(text, what) X(text, value)
MODEL(fact);
#define MODEL_app_review(X) X(text, action) X(list(reason), reasons) X(list(fact), facts) X(list(kept), kept)
MODEL(app_review);

#define MODEL_event_row(X) X(time, when) X(text, what) X(flag, bad) X(integer, count)
MODEL(event_row);

#define MODEL_share_row(X) X(text, user) X(time, until)
MODEL(share_row);

#define MODEL_service(X) X(text, host) X(text, port) X(text, secret) X(text, test)
MODEL(service);

#define MODEL_longer(X) X(integer, hours) X(text, label)
MODEL(longer);

#define MODEL_one_app(X) X(list(trouble), troubles) X(one(app_card), app) X(list(event_row), events) X(list(share_row), shares) X(form, share_form) \
	X(one(service), service) X(text, image) X(text, digest) X(text, engine) X(text, node) X(text, size) X(text, lifetime) X(text, places) X(text, volumes) \
	X(time, created) X(time, ready) X(time, ended) X(flag, changing) X(flag, failed) X(flag, shareable) X(list(longer), longer) X(time, longest) X(text, again_path)
MODEL(one_app);

#define MODEL_app_log(X) X(text, path) X(text, content) X(text, problem)
MODEL(app_log);

#define MODEL_app_delete(X) X(text, path) X(text, name) X(flag, running)
MODEL(app_delete);

/* ---- volumes ---- */

#define MODEL_volume_row(X) X(text, name) X(text, path) X(text, engine) X(text, size) X(text, state) X(text, css) X(text, message) X(text, used_by) X(time, created)
MODEL(volume_row);

#define MODEL_volumes(X) X(list(trouble), troubles) X(list(volume_row), rows) X(flag, can) X(form, form)
MODEL(volumes);

/* no_limit: that the size is only a number here; empty where the cluster holds the volume to it. */
#define MODEL_one_volume(X) X(one(volume_row), volume) X(text, no_limit) X(form, resize_form) X(flag, removable)
MODEL(one_volume);

/* ---- requests, and entries that were made of them ---- */

#define MODEL_request_row(X) X(text, id) X(text, path) X(text, what) X(text, why) X(text, user) X(text, name) X(time, created) X(text, state) X(text, css) \
	X(text, answer) X(text, answered_by) X(time, answered) X(text, offer)
MODEL(request_row);

#define MODEL_requests(X) X(list(request_row), rows) X(flag, admin) X(form, form)
MODEL(requests);

#define MODEL_one_request(X) X(one(request_row), request) X(flag, admin) X(form, answer_form) X(form, offer_form)
MODEL(one_request);

#define MODEL_added_row(X) X(text, name) X(text, title) X(text, like) X(text, image) X(text, by) X(time, created)
MODEL(added_row);

#define MODEL_added_offers(X) X(list(added_row), rows) X(form, form)
MODEL(added_offers);

#endif
