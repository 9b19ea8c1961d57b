/* html_rules: lists of elements and attributes. */
#include "html_rules.h"
#include "viewc.h"

#include <string.h>

static bool one_of(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

bool rule_tag_refused(const char *tag)
{
	static const char *const list[] = {
		"script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "template", "slot", "math",
		"noscript", "noembed", "noframes", "plaintext", "xmp", "listing", "portal", "fencedframe", "foreignobject",
		"animate", "animatemotion", "animatetransform", "set", "handler", NULL,
	};
	return one_of(list, tag);
}

bool rule_attribute_refused(const char *attribute)
{
	static const char *const list[] = {
		"style", "srcdoc", "srcset", "imagesrcset", "ping", "http-equiv", "formmethod", "is", "shadowrootmode", "attributename", NULL,
	};
	return strncmp(attribute, "on", 2) == 0 || one_of(list, attribute);
}

bool rule_void(const char *tag)
{
	static const char *const list[] = {
		"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr", NULL,
	};
	return one_of(list, tag);
}

bool rule_keeps_space(const char *tag)
{
	return strcmp(tag, "pre") == 0 || strcmp(tag, "textarea") == 0;
}

bool rule_text_only(const char *tag)
{
	return strcmp(tag, "title") == 0 || strcmp(tag, "textarea") == 0;
}

bool html_is_url(const char *attribute)
{
	static const char *const list[] = {
		"href", "src", "action", "formaction", "cite", "poster", "data", "xlink:href", "background", "longdesc", "manifest",
		"codebase", "classid", "profile", "usemap", "icon", NULL,
	};
	return one_of(list, attribute);
}
