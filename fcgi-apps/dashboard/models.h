/* What the dashboard's pages show. */
#ifndef DASHBOARD_MODELS_H
#define DASHBOARD_MODELS_H

#include "views/models.h"

#define MODEL_trouble(X) X(text, what)
MODEL(trouble);

#define MODEL_job_card(X) X(text, id) X(text, path) X(text, name) X(text, css) X(text, state) X(text, why) X(text, partition) \
	X(text, nodes) X(time, since) X(text, used) X(markup, bar)
MODEL(job_card);

#define MODEL_partition_row(X) X(text, cluster) X(text, name) X(text, state) X(integer, nodes_free) X(integer, nodes) X(integer, cpus_free) \
	X(integer, cpus) X(integer, gpus_free) X(integer, gpus) X(integer, waiting) X(markup, bar)
MODEL(partition_row);

#define MODEL_place_row(X) X(text, title) X(text, path) X(text, used) X(text, free) X(text, total) X(markup, bar) X(text, problem)
MODEL(place_row);

#define MODEL_notice_row(X) X(text, id) X(text, title) X(text, body) X(text, css) X(time, from) X(time, until) X(text, author) X(flag, shown)
MODEL(notice_row);

/* The user's apps and those shared with them; apps.c keeps the printed ones while nothing changes. */
#define MODEL_app_cards(X) X(list(app_card), apps) X(flag, more_apps) X(list(app_card), shared_apps)
MODEL(app_cards);

#define MODEL_transfer_line(X) X(text, url) X(text, what) X(text, css) X(text, state) X(flag, known) X(integer, percent) X(text, left)
MODEL(transfer_line);

#define MODEL_home(X) X(flag, has_apps) X(list(app_card), apps) X(list(app_card), shared_apps) X(one(quick_app), quick) X(markup, app_cards) X(list(trouble), troubles) X(list(notice_row), notices) X(text, name) X(text, contract) X(text, contract_css) \
	X(integer, running) X(integer, waiting) X(integer, finished) X(integer, cpus_running) X(integer, gpus_running) \
	X(text, cpu_hours) X(text, cpu_hours_limit) X(markup, cpu_bar) X(text, gpu_hours) X(text, gpu_hours_limit) X(markup, gpu_bar) \
	X(text, accounts) X(list(job_card), jobs) X(flag, more_jobs) X(list(partition_row), partitions) X(list(place_row), places) X(list(transfer_line), transfers) X(flag, more_transfers) X(flag, admin)
MODEL(home);

#define MODEL_notices(X) X(list(notice_row), rows) X(flag, admin)
MODEL(notices);

#define MODEL_notice_form(X) X(form, form)
MODEL(notice_form);

#endif
