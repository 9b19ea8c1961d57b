/* html_rules: what viewc knows about the elements and attributes of HTML. */
#ifndef NARU_HTML_RULES_H
#define NARU_HTML_RULES_H

#include <stdbool.h>

bool rule_tag_refused(const char *tag);            /* runs code, holds a foreign page, or is parsed in a way of its own */
bool rule_attribute_refused(const char *attribute);/* on*, style, and others that hold code or a page */
bool rule_void(const char *tag);                   /* has no content and no closing tag */
bool rule_keeps_space(const char *tag);
bool rule_text_only(const char *tag);              /* no elements inside */

#endif
