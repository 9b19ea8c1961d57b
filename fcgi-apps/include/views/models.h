/*
 * Models of the library's own views: the frame around every page and the page of an error. The framework fills them; a module
 * may use the smaller ones (pager) in its own models by including this file.
 */
#ifndef NARU_VIEWS_MODELS_H
#define NARU_VIEWS_MODELS_H

#include "view.h"

/* One entry of the top bar. */
#define MODEL_nav_item(X) X(text, path) X(text, title) X(flag, current)
MODEL(nav_item);

/*
 * What stands around a page. All texts are translated already.
 *   lang         of the page: "en", "ko"
 *   title        <title> and <h1>
 *   site         name of the site; the link home
 *   user, name   who is signed in; user empty: nobody
 *   other_lang, other_name  the language to switch to ("ko") and its own name of itself ("한국어")
 *   here         path and query of this page when a GET can show it again: where the language switch comes back to; else "/"
 *   crumb, crumb_path       link above the title; empty: none
 *   flash        message shown once; empty: none
 *   ending, ending_path     the app of the user that ends next, when that is soon, and its page; empty: none
 *   as_of        age of the data; 0: live
 *   refresh      seconds until the page asks again; 0: never
 *   still, turn  the visitor stopped that (refresh=no in the query); the address of this page with that turned
 *   wide         the page uses the full width
 *   plain        a sign-in or error page for nobody in particular: a narrow column, no bar of modules
 */
#define MODEL_frame(X) \
	X(text, lang) X(text, title) X(text, site) X(list(nav_item), nav) X(text, user) X(text, name) \
	X(text, other_lang) X(text, other_name) X(text, here) X(text, crumb) X(text, crumb_path) X(text, flash) X(text, ending) X(text, ending_path) \
	X(time, as_of) X(integer, refresh) X(flag, still) X(text, turn) X(flag, wide) X(flag, plain) X(markup, content)
MODEL(frame);

/*
 * A page that says what went wrong: what happened and what it means (message), what to do next (advice; may be empty), the way
 * on (next_path with next_title; empty: the start page) and the request's tag for a question to the centre (may be empty).
 */
#define MODEL_oops(X) X(integer, status) X(text, message) X(text, advice) X(text, next_path) X(text, next_title) X(text, tag)
MODEL(oops);

/* Links to the pages before and after, and which rows these are ("1–50 of 1,234"); empty paths: none.
 * A page with one(pager), pager in its model writes {{> pager}}. */
#define MODEL_pager(X) X(text, previous) X(text, next) X(text, shown)
MODEL(pager);

/* One app (app_card.h); a list of them writes {{> app_card}} in each <article class="card">. */
#define MODEL_app_card(X) X(text, id) X(text, path) X(text, name) X(text, kind) X(text, icon) X(text, css) X(text, state) X(text, message) \
	X(text, owner) X(flag, can_open) X(flag, can_start) X(flag, can_stop) X(flag, own) X(flag, idle) X(text, left) X(time, ends) \
	X(text, cpu) X(markup, cpu_bar) X(text, memory) X(markup, memory_bar)
MODEL(app_card);

/* What one click starts (app_card.h): its button says so, size how large it becomes; path: one there is already; open_path: it runs, and this opens it. {{> quick_app}} */
#define MODEL_quick_app(X) X(text, offer) X(text, label) X(text, size) X(text, path) X(text, open_path)
MODEL(quick_app);

#endif
