/*
 * Requests to the privileged side, as a daemon gone bad would send them: what
 * is not in its own settings is refused, and no descriptor comes with an error.
 * Its settings have one address on the loopback and nothing else.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

#include "priv/monitor.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct monitor m = { .n_listen = 1 };
	struct priv_reply ret;
	struct priv_req req;

	MUST(addr_parse("127.0.0.1:1", 0, &m.listen[0]));
	m.listen[0].port = 0; /* as the kernel likes */
	for (; len > 0; p += sizeof(req), len -= sizeof(req)) {
		size_t n = len < sizeof(req) ? len : sizeof(req);

		memset(&req, 0, sizeof(req));
		memcpy(&req, p, n);
		memset(&ret, 0x5a, sizeof(ret));
		monitor_call(&m, &req, &ret);
		MUST(ret.rc <= 0 && ret.fd >= -1);
		MUST(ret.rc == 0 || ret.fd == -1);
		MUST(ret.fd == -1 || req.op == PRIV_UDP_BIND);
		if (ret.fd >= 0)
			close(ret.fd);
		if (n < sizeof(req))
			break;
	}
	return 0;
}
