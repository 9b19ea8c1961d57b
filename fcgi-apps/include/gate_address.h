/*
 * gate_address: the host names of users' apps, ID.apps.HOST, and the addresses on them. [apps] domain is "apps.HOST" with its port, if there
 * is one; preset: apps. and the host of the site.
 *
 * On an app's host the paths below /_naru/ are ours: /_naru/enter redeems a ticket. All others are the app's.
 */
#ifndef NARU_GATE_ADDRESS_H
#define NARU_GATE_ADDRESS_H

#include "base.h"

/* A letter and nine of a-z2-7. */
bool app_id_ok(const char *id);
/* "ID.apps.HOST:PORT", as a browser writes it into Host and Origin. */
const char *app_host(struct arena *, const char *id);
/* The id in a host name as nginx understood it: lower case, without a port. False: it is no app's. `id` has room for APP_ID + 1 bytes. */
bool app_of_host(const char *host, char *id);
/* Where Open leads: https://ID.apps.HOST/_naru/enter?ticket=…&next=…; `next` is a path of the app, NULL: "/". */
const char *app_enter_address(struct arena *, const char *id, const char *ticket, const char *next);
/* An address on the host of the portal or of an app. */
bool own_url_ok(const char *url);
/* A path of this site, in visible ASCII, that no browser takes for another site's. */
bool is_local(const char *path);
/* `next`, which comes from outside, if it is a path of an app to go to: of its own host, and none of ours there; else "/". */
const char *app_place(const char *next);
/* https://HOST and a path of the portal. */
const char *portal_address(struct arena *, const char *path);
/* The text percent-encoded for a place in a query. */
const char *query_part(struct arena *, const char *);

/* A small page for a visitor of an app's host, in both languages, since nobody there knows the visitor's: English keys of the catalogue of
 * messages. The button leads to `path` of the portal. refresh: seconds until the browser asks again; 0: never. */
const char *app_page(struct arena *, int status, const char *title, const char *says, const char *path, int refresh);

#endif
