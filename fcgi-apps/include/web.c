/* web: see web.h. Traps of libcurl named here: FRESH_CONNECT against silent retries, NOSIGNAL, PROXY "" against the environment. */
#include "web.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PRESET_MS = 5000, LONGEST_MS = 24 * 3600000, LATEST_S = 600000 };

/* One call under way. */
struct call {
	struct buf body;
	size_t most;
	bool too_large, ended;
	CURL *curl;
	const struct web_request *request;
};

/* The process's handle; a child after fork gets its own, so that two processes never share a connection. */
static CURL *process_handle(void)
{
	static CURL *handle;
	static pid_t owner;

	if (handle != NULL && owner == getpid()) {
		curl_easy_reset(handle);
		return handle;
	}
	if (handle == NULL)
		curl_global_init(CURL_GLOBAL_DEFAULT);
	handle = curl_easy_init();
	if (handle == NULL)
		die("web: libcurl gives no handle");
	owner = getpid();
	return handle;
}

static size_t take(char *data, size_t one, size_t n, void *arg)
{
	struct call *call = arg;
	size_t size = one * n;
	long status = 0;

	curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
	if (call->request->part != NULL && status == 200) {
		call->ended = !call->request->part(call->request->part_arg, (struct bytes){ (const unsigned char *)data, size });
		return call->ended ? 0 : size;
	}
	if (size > call->most - call->body.n) {
		call->too_large = true;
		return 0;
	}
	buf_add(&call->body, data, size);
	return size;
}

static bool is_loopback(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (address->sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		memcpy(&v4, address, sizeof v4);
		return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
	case AF_INET6:
		memcpy(&v6, address, sizeof v6);
		return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
	default:
		return false;
	}
}

/* After the name was looked up: the only place that sees the real address. Plain http never leaves the machine. */
static curl_socket_t open_local(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)arg;
	(void)purpose;
	if (!is_loopback(&address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int go_on(void *arg, curl_off_t to_come, curl_off_t came, curl_off_t to_go, curl_off_t went)
{
	const struct web_request *request = arg;

	(void)to_come, (void)came, (void)to_go, (void)went;
	return !request->wanted(request->wanted_arg);
}

static struct curl_slist *make_headers(const struct web_request *request, struct arena *arena)
{
	struct curl_slist *list = NULL;

	for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {
		if (strpbrk(request->headers[i], "\r\n") != NULL)
			die("web: a header with a line break");
		list = curl_slist_append(list, request->headers[i]);
	}
	if (request->content_type != NULL)
		list = curl_slist_append(list, text(arena, "Content-Type: %s", request->content_type));
	return curl_slist_append(list, "Expect:");
}

static void set_safety(CURL *curl, const struct web_request *request)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (request->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
	if (starts_with(request->url, "https://")) {
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
		return;
	}
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	if (!request->checked_address)
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_local);
}

static void set_request(CURL *curl, struct ctx *ctx, const struct web_request *request, struct call *call)
{
	bool read_only = same(request->method, "GET"), keep = read_only || request->again;
	int left = ctx->deadline != 0 ? ctx_left_ms(ctx, LONGEST_MS) : PRESET_MS;

	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	if (request->unix_socket != NULL)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (request->body.n > 0) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at);
	}
	if (!read_only)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, keep ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, keep ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	if (request->wanted != NULL) {
		curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
		curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)(uintptr_t)request);
		curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	}
}

/* What went wrong, for the user. The server and its address are only in the log. */
static bool failed(struct ctx *ctx, CURLcode code, const struct call *call, const char *why)
{
	if (call->too_large)
		return fail(ctx, KIND_TOO_LARGE, tr(ctx, "A service answered with more data than Naru accepts. Tell the administrators."),
			"web: more than %zu bytes", call->most);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return fail(ctx, KIND_TIMEOUT, tr(ctx, "A service did not answer in time. Try again in a moment."), "web: %s", why);
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "A service does not answer now. Try again in a moment."), "web: %s", why);
}

bool web_call(struct ctx *ctx, const struct web_request *request, struct web_answer *answer)
{
	CURL *curl = process_handle();
	struct call call = { .most = request->most != 0 ? request->most : (size_t)64 << 20, .curl = curl, .request = request };
	struct curl_slist *headers = make_headers(request, ctx->arena);
	char why[CURL_ERROR_SIZE] = "";
	curl_off_t uploaded = 0, later = 0;
	long status = 0, sent = 0;
	CURLcode code;

	*answer = (struct web_answer){ 0 };
	buf_in(&call.body, ctx->arena);
	set_request(curl, ctx, request, &call);
	set_safety(curl, request);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
	curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &later);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	answer->sent = sent > 0 && (size_t)uploaded >= request->body.n;
	answer->status = (int)status;
	answer->retry_after = later > 0 && later < LATEST_S ? (int)later : 0;
	if (code != CURLE_OK && !call.ended)
		return failed(ctx, code, &call, why[0] != '\0' ? why : curl_easy_strerror(code));
	answer->body.at = (const unsigned char *)buf_cstr(&call.body);
	answer->body.n = call.body.n;
	return true;
}
