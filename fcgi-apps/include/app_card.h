/* app_card: an app as a card, on its own pages and on the dashboard. */
#ifndef NARU_APP_CARD_H
#define NARU_APP_CARD_H

#include "apps.h"
#include "views/models.h"

struct app_card app_card_of(struct ctx *, const struct offers *, const struct deployment *, bool own);
/* "0.5" of thousandths. */
const char *cores_text(struct arena *, int64_t milli);
/* What was asked for: "1 CPU, 1.0 GiB of memory". */
const char *size_text(struct ctx *, const struct deployment *);
/* What one click starts, [apps] quick (an entry's name; preset: jupyter): with the last size, or the entry's; or opens, when one runs already.
 * NULL: nothing. */
const struct quick_app *quick_app_of(struct ctx *, const struct offers *, const struct app_list *mine);
/* Something happens with it by itself: a page that shows it loads again soon. */
bool app_changing(const struct deployment *);
/* The size of the user's last app of an offer, else the offer's preset, in `out`'s cpu_milli, memory_mb, gpus and minutes. */
void last_size(const struct app_list *mine, const struct offer *, struct deployment *out);

#endif
