/* extract: what naru-unpack says of an archive, made into files of a folder. */
#ifndef NARU_FILES_EXTRACT_H
#define NARU_FILES_EXTRACT_H

#include "files.h"
#include "task.h"

/* What a name in an archive means below a folder: parts without "", "." and "..", each good for a file; "" for the folder itself. NULL: it leads
 * out, or cannot be a name. */
char *extract_path(struct arena *, const char *name);
/* Does the name look like an archive that can be taken apart? */
bool extract_can(const char *name);
/* "data.tar.gz" -> "data" */
const char *extract_stem(struct arena *, const char *name);
/* For task_start(): arg is the folder (a path, made already, empty) into which the archive at the place's path is taken apart. */
bool extract_run(struct req *, struct where *, struct task *, void *folder);

#endif
