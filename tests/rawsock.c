#include "tests/rawsock.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <time.h>

#include "base/log.h"

#define BUFFER (4 << 20)
#define WAIT_NS 100000

int
raw_open(const char *device, bool receives)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = receives ? htons(ETH_P_ALL) : 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int size = BUFFER, yes = 1;

	if (device == NULL)
		fatalx("no device is named");
	at.sll_ifindex = (int)if_nametoindex(device);
	if (at.sll_ifindex == 0)
		fatal("%s", device);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fatal("%s: packet socket", device);
	if (setsockopt(
		fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0)
		fatal("PACKET_IGNORE_OUTGOING");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

void
raw_put(int fd, struct mmsghdr *msg, unsigned n)
{
	const struct timespec wait = { .tv_nsec = WAIT_NS };
	unsigned done = 0;
	int rc;

	while (done < n) {
		rc = sendmmsg(fd, msg + done, n - done, 0);
		if (rc > 0)
			done += (unsigned)rc;
		else if (errno == ENOBUFS || errno == EAGAIN)
			nanosleep(&wait, NULL);
		else
			fatal("sendmmsg");
	}
}
