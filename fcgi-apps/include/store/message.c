/* What a code of a connector means, in words. */
#include <errno.h>
#include <stdio.h>

#include "store.h"
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
	{ WIRE_E_HOST, KIND_UNAVAILABLE, MSG("There is no server of this name. Look at how the host name is spelled.") },
	{ WIRE_E_REFUSED, KIND_UNAVAILABLE, MSG("No server answers at this address and port. Look at both; the server may be off, or a firewall between may be closed.") },
	{ WIRE_E_NETWORK, KIND_FORBIDDEN, MSG("This portal may not connect to the address of this server. The administrator decides which networks are allowed.") },
	{ WIRE_E_TLS, KIND_UNAVAILABLE, MSG("The server's certificate could not be verified, so nothing was sent to it. Its administrator has to renew it, or yours to add its authority.") },
	{ WIRE_E_HOST_KEY, KIND_FORBIDDEN, MSG("The server shows another host key than before, so nothing was sent to it. Ask its administrator; if the key was changed on purpose, accept the new one in the store's settings.") },
	{ WIRE_E_NEW_KEY, KIND_FORBIDDEN, MSG("The server's host key was not accepted yet, so nothing was sent to it. Compare and accept it on the store's page.") },
	{ WIRE_E_LOGIN, KIND_FORBIDDEN, MSG("The server refuses the user, the password or the key. Correct them in the store's settings.") },
	{ WIRE_E_KEY, KIND_INVALID, MSG("The private key could not be read. It is not complete, or the passphrase is wrong.") },
	{ WIRE_E_KEY_KIND, KIND_INVALID, MSG("A key of this kind cannot be used here. Make one with ssh-keygen -t ed25519 and add its public part on the server.") },
	{ WIRE_E_BUCKET, KIND_NOT_FOUND, MSG("The server has no such bucket or base folder, or does not show it to this user.") },
	{ WIRE_E_ANSWER, KIND_UNAVAILABLE, MSG("The server's answer was not understood. Is it a server of this kind, and is the port the right one?") },
	{ WIRE_E_CUT, KIND_UNAVAILABLE, MSG("The connection broke in the middle of the file. Nothing half-done was kept; try again.") },
	{ WIRE_E_CHANGED, KIND_UNAVAILABLE, MSG("What arrived is not what was sent, so it was not kept. Try again; if it stays, tell the server's administrator.") },
	{ WIRE_E_CANNOT, KIND_INVALID, MSG("This kind of store cannot do that.") },
	{ WIRE_E_SLOW, KIND_TOO_MANY, MSG("The server asks for a pause. Try again in a minute.") },
	{ WIRE_E_PAUSED, KIND_FORBIDDEN, MSG("This store is paused. Its settings switch it on again.") },
	{ WIRE_E_CLOCK, KIND_UNAVAILABLE, MSG("The clock of the server and the clock of this portal differ too much, so it accepts no request. The administrator of the one that is wrong has to set it.") },
	{ WIRE_E_ELSEWHERE, KIND_INVALID, MSG("The bucket is in another region or at another host. Correct both in the store's settings.") },
	{ WIRE_E_ERRAND, KIND_FORBIDDEN, MSG("The permission to do this for its owner has ended or does not hold. The owner can give it anew.") },
	{ WIRE_E_RIGHT, KIND_FORBIDDEN, MSG("This was not among the things that the owner allowed here. Nothing was changed.") },
};

static int last_code;
static char last_words[WIRE_WORDS_MOST + 1];

static const char *says_of(struct ctx *c, int code, enum kind *kind)
{
	*kind = KIND_UNAVAILABLE;
	for (size_t i = 0; i < COUNT(messages); i++)
		if (messages[i].code == code) {
			*kind = messages[i].kind;
			return tr(c, messages[i].says);
		}
	return tr(c, MSG("The storage could not do this. Try again later; if it stays, tell the administrator."));
}

const char *store_failure_says(struct ctx *c, int code, const char *words)
{
	enum kind kind;
	const char *says = says_of(c, code, &kind);
	return empty(words) ? says : text(c->arena, "%s %s", says, say(c, "The server said: %s", words));
}

bool client_fail_words(struct ctx *c, int code, const char *words, const char *what)
{
	enum kind kind;
	last_code = code;
	snprintf(last_words, sizeof last_words, "%s", words ? words : "");
	(void)says_of(c, code, &kind);
	return fail(c, kind, store_failure_says(c, code, words), "store: %s: code %d%s%s", what, code, empty(words) ? "" : ": ", empty(words) ? "" : words);
}

bool client_fail(struct ctx *c, int code, const char *what)
{
	return client_fail_words(c, code, NULL, what);
}

int client_code(void)
{
	return last_code;
}

int store_failure(const char **words)
{
	*words = last_words;
	return last_code;
}
