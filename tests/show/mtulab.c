#include "tests/show/mtulab.h"

#include <err.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mono.h"
#include "tests/tool.h"
#include "wire/be.h"

#define FRAME_DATA_AT 14

void
lab_fill(uint8_t *p, size_t len, uint32_t number)
{
	size_t i;

	be32_put(p, number);
	for (i = 4; i < len; i++)
		p[i] = lab_byte(number + i);
}

bool
lab_is_filled(const uint8_t *p, size_t len, uint32_t *ret_number)
{
	size_t i;

	if (len < 4)
		return false;
	*ret_number = be32_get(p);
	for (i = 4; i < len; i++)
		if (p[i] != lab_byte(*ret_number + i))
			return false;
	return true;
}

static bool
mac_parse(const char *text, uint8_t ret[6])
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &ret[0], &ret[1],
		   &ret[2], &ret[3], &ret[4], &ret[5]) == 6;
}

int
lab_frames(const char *dev, const char *mac, const char *len_text,
    const char *count_text, const char *rate_text)
{
	unsigned long len = strtoul(len_text, NULL, 10), i;
	unsigned long n = strtoul(count_text, NULL, 10);
	unsigned long rate = strtoul(rate_text, NULL, 10);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = htons(LAB_ETHERTYPE),
		.sll_halen = 6 };
	uint8_t buf[LAB_PACKET_MAX];
	struct mono at = tool_now();
	int fd;

	to.sll_ifindex = (int)if_nametoindex(dev);
	if (!mac_parse(mac, to.sll_addr) || len < FRAME_DATA_AT + 4 ||
	    len > sizeof(buf) || rate == 0)
		errx(2, "frames: bad argument");
	/* the kernel writes the head */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(1, "packet socket");
	len -= FRAME_DATA_AT;
	for (i = 0; i < n; i++) {
		lab_fill(buf, len, (uint32_t)i);
		if (sendto(fd, buf, len, 0, (struct sockaddr *)&to,
			sizeof(to)) != (ssize_t)len)
			err(1, "%s: frame of %lu bytes", dev, len);
		at = mono_add(at, MONO_SEC / rate);
		tool_wait(NULL, 0, at);
	}
	close(fd);
	return 0;
}

static int
flow(char **arg)
{
	unsigned rate = (unsigned)strtoul(arg[2], NULL, 10);

	return lab_stream(arg[0], arg[1],
		   (uint64_t)rate * strtoul(arg[3], NULL, 10), rate)
	    ? 0
	    : 1;
}

int
main(int argc, char **argv)
{
	char **arg = argv + 2;

	if (argc >= 3 && strcmp(argv[1], "sink") == 0)
		return lab_sink(arg[0], arg + 1);
	if (argc >= 5 && strcmp(argv[1], "sweep") == 0)
		return lab_sweep(arg[0], arg[1], arg + 2);
	if (argc == 6 && strcmp(argv[1], "flow") == 0)
		return flow(arg);
	if (argc == 7 && strcmp(argv[1], "frames") == 0)
		return lab_frames(arg[0], arg[1], arg[2], arg[3], arg[4]);
	fputs("usage: mtulab sink PORT [DEVICE]...\n"
	      "       mtulab sweep PORT MAX ADDRESS...\n"
	      "       mtulab flow ADDRESS PORT BYTES-A-SECOND SECONDS\n"
	      "       mtulab frames DEVICE MAC LENGTH COUNT A-SECOND\n",
	    stderr);
	return 2;
}
