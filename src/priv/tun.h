/* TUN and TAP devices: made or taken, set up, handed over as a descriptor. */
#ifndef VPLAM_PRIV_TUN_H
#define VPLAM_PRIV_TUN_H

#include <net/if.h>
#include <stdint.h>

struct monitor_dev;

/* What its interface is called: -EINVAL or -ENAMETOOLONG, or 0. */
int tun_name(
    const struct monitor_dev *d, const char *unit, char ret[static IFNAMSIZ]);

/*
 * As priv_tun_open() says. The descriptor, or: -EBUSY another process has
 * it; -EEXIST the name belongs to an interface of another kind; -EPERM no
 * CAP_NET_ADMIN; -ENOENT or -ENODEV no /dev/net/tun; -EINVAL a name that is
 * none; -ENAMETOOLONG name and unit together; others of the kernel's.
 */
int tun_open(const struct monitor_dev *d, const char *unit, uint32_t want,
    uint32_t *ret_offload);

#endif
