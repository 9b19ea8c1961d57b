/* Models of the pages of batchjob. */
#ifndef BATCHJOB_MODELS_H
#define BATCHJOB_MODELS_H

#include "view.h"
#include "views/models.h"

#define MODEL_trouble(X) X(text, what)
MODEL(trouble);

/* ---- the list ---- */
#define MODEL_tab(X) X(text, label) X(text, url) X(integer, count) X(flag, current)
MODEL(tab);
#define MODEL_column(X) X(text, label) X(text, url) X(text, sorted)
MODEL(column);
#define MODEL_job_row(X) X(text, pick) X(text, id) X(text, cluster) X(text, name) X(text, url) X(text, css) X(text, state) X(text, why) \
	X(text, partition) X(integer, nodes) X(integer, cpus) X(integer, gpus) X(time, submitted) X(time, started) X(time, ended) X(text, used) \
	X(flag, finished)
MODEL(job_row);
#define MODEL_jobs(X) X(list(trouble), troubles) X(list(tab), tabs) X(text, show) X(text, sort) X(text, match) X(flag, ascending) X(list(column), columns) \
	X(list(job_row), rows) X(one(pager), pager) X(flag, active) X(flag, several) X(text, here)
MODEL(jobs);

/* ---- new ---- */
#define MODEL_template_card(X) X(text, name) X(text, title) X(text, hint) X(text, url) X(flag, current)
MODEL(template_card);
#define MODEL_cluster_tab(X) X(text, title) X(text, url) X(flag, current)
MODEL(cluster_tab);
#define MODEL_new_job(X) X(list(trouble), troubles) X(list(template_card), templates) X(list(cluster_tab), clusters) X(text, cluster) X(text, template) \
	X(text, hint) X(text, note) X(text, note_url) X(text, action) X(form, form)
MODEL(new_job);

/* ---- review ---- */
#define MODEL_problem(X) X(integer, line) X(text, says) X(text, css) X(flag, error)
MODEL(problem);
#define MODEL_diff(X) X(text, label) X(text, before) X(text, after)
MODEL(diff);
#define MODEL_review(X) X(text, cluster) X(text, template) X(text, refused) X(list(problem), problems) X(flag, errors) X(list(diff), diffs) \
	X(flag, confirm) X(text, estimate) X(text, action) X(text, change_action) X(form, form)
MODEL(review);

/* ---- after the submit ---- */
#define MODEL_sent(X) X(text, id) X(text, cluster) X(text, state) X(text, message) X(text, css) X(text, again) X(time, created) X(text, script)
MODEL(sent);

/* ---- one job ---- */
#define MODEL_tail(X) X(text, path) X(text, content) X(text, problem) X(flag, cut) X(size, size) X(time, modified) X(text, url)
MODEL(tail);
#define MODEL_advice(X) X(text, what) X(text, used) X(text, asked) X(markup, bar) X(text, next)
MODEL(advice);
#define MODEL_task(X) X(text, id) X(text, url) X(text, css) X(text, state) X(time, started) X(time, ended) X(text, nodes)
MODEL(task);
#define MODEL_one_job(X) X(list(trouble), troubles) X(text, id) X(text, cluster) X(text, name) X(text, css) X(text, state) X(text, why) X(text, path) \
	X(flag, seen) X(flag, active) X(flag, running) X(flag, waiting) X(flag, held) X(flag, finished) \
	X(time, submitted) X(time, started) X(time, expected) X(time, ended) X(text, ran) X(text, limit) X(markup, bar) X(text, partition) X(text, account) \
	X(text, nodes) X(integer, node_count) X(integer, cpus) X(integer, gpus) X(text, memory) X(text, folder) X(text, folder_url) X(text, dependency) \
	X(integer, restarts) X(text, array_tasks) X(list(task), tasks) X(text, array_path) X(text, warning) X(one(tail), output) X(one(tail), errors) X(list(advice), advice) \
	X(text, script) X(text, script_url) X(text, again_url) X(text, same_url)
MODEL(one_job);

/* ---- several at once ---- */
#define MODEL_outcome(X) X(text, id) X(text, url) X(text, css) X(text, says) X(flag, good)
MODEL(outcome);
#define MODEL_outcomes(X) X(text, summary) X(list(outcome), outcomes) X(text, back)
MODEL(outcomes);

#endif
