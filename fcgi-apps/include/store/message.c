/* What a code of a connector means, in words. */
#include <errno.h>

#include "store/client.h"

static const struct { int code; enum kind kind; const char *says; } messages[] = {
	{ ENOENT, KIND_NOT_FOUND, MSG("There is no file or folder of this name (any more). Go back to the folder and look again.") },
	{ ENOTDIR, KIND_NOT_FOUND, MSG("This is a file, not a folder. Go back and open it as a file.") },
	{ EISDIR, KIND_CONFLICT, MSG("There is a folder of this name. Choose another name.") },
	{ EACCES, KIND_FORBIDDEN, MSG("You have no permission for this file or folder. Its owner can give it to you.") },
	{ EPERM, KIND_FORBIDDEN, MSG("The system does not allow this for this file or folder. Its owner or the administrator can help.") },
	{ EROFS, KIND_FORBIDDEN, MSG("This file system is read-only at the moment. Nothing was changed.") },
	{ EEXIST, KIND_CONFLICT, MSG("Something of this name is there already. Nothing was changed. Choose another name.") },
	{ ENOTEMPTY, KIND_CONFLICT, MSG("The folder is not empty. Nothing was deleted. Delete its content too, or keep it.") },
	{ EBUSY, KIND_CONFLICT, MSG("This is in use by the system (another file system is attached here). It was not changed.") },
	{ ETXTBSY, KIND_CONFLICT, MSG("This is in use by the system (another file system is attached here). It was not changed.") },
	{ ENAMETOOLONG, KIND_INVALID, MSG("The name is too long. A name may have 255 bytes: about 85 Korean letters or 255 Latin ones.") },
	{ ELOOP, KIND_INVALID, MSG("This link leads in a circle. Delete it and make a new one.") },
	{ EINVAL, KIND_INVALID, MSG("This cannot be done with this name or place. A folder cannot be moved into itself.") },
	{ EMLINK, KIND_INVALID, MSG("The folder holds as many folders as the file system allows. Use another folder.") },
	{ EFBIG, KIND_TOO_LARGE, MSG("The file is larger than this file system or your limit allows. Nothing was saved.") },
	{ ENOSPC, KIND_UNAVAILABLE, MSG("The disk is full. Nothing was saved, and what was there is unchanged. Delete something, then try again.") },
	{ EDQUOT, KIND_UNAVAILABLE, MSG("Your storage quota is used up. Nothing was saved, and what was there is unchanged. Delete something, then try again.") },
	{ EIO, KIND_UNAVAILABLE, MSG("The storage reports a fault. Try again later; if it stays, tell the administrator.") },
	{ ESTALE, KIND_UNAVAILABLE, MSG("The storage reports a fault. Try again later; if it stays, tell the administrator.") },
	{ ETIMEDOUT, KIND_TIMEOUT, MSG("The storage did not answer in time. Try again in a moment.") },
	{ ECONNREFUSED, KIND_UNAVAILABLE, MSG("The file service does not run at the moment. Try again in a minute.") },
	{ EPIPE, KIND_UNAVAILABLE, MSG("The connection to the storage broke. Look whether the change was made, then try again.") },
	{ EPROTO, KIND_UNAVAILABLE, MSG("The connection to the storage broke. Look whether the change was made, then try again.") },
	{ EMFILE, KIND_TOO_MANY, MSG("Too many files are being made at once. Wait until some are done.") },
	{ WIRE_E_PROOF, KIND_FORBIDDEN, MSG("Your sign-in does not allow access to files. Sign out and in again; if it stays, tell the administrator.") },
	{ WIRE_E_PLACE, KIND_NOT_FOUND, MSG("This place does not exist for you. If it should (a new account?), tell the administrator.") },
	{ WIRE_E_BUSY, KIND_TOO_MANY, MSG("Too many of your file operations run at once. Wait a moment, then try again.") },
	{ WIRE_E_TYPE, KIND_INVALID, MSG("This is no ordinary file, so it has no content to show. Devices, pipes and sockets are only listed.") },
	{ WIRE_E_OUTSIDE, KIND_FORBIDDEN, MSG("This is a link that leads out of this place. Open its target where it is.") },
	{ WIRE_E_OTHER_DISK, KIND_INVALID, MSG("The two folders are on different file systems, so this cannot be moved there. Nothing was changed.") },
	{ WIRE_E_UNFINISHED, KIND_TIMEOUT, MSG("The folder is large: part of it is deleted, the rest is still there. Delete it again to go on.") },
	{ WIRE_E_PATH, KIND_NOT_FOUND, MSG("There is no file or folder of this name (any more). Go back to the folder and look again.") },
	{ WIRE_E_TOP, KIND_INVALID, MSG("The top folder of a place cannot be renamed or deleted.") },
};

bool client_fail(struct ctx *c, int code, const char *what)
{
	for (size_t i = 0; i < COUNT(messages); i++)
		if (messages[i].code == code)
			return fail(c, messages[i].kind, tr(c, messages[i].says), "store: %s: code %d", what, code);
	return fail(c, KIND_UNAVAILABLE, tr(c, MSG("The storage could not do this. Try again later; if it stays, tell the administrator.")),
		"store: %s: code %d", what, code);
}
