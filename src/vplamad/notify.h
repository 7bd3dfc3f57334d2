/* Tells the service manager how we are: sd_notify's protocol, no library. */
#ifndef VPLAM_VPLAMAD_NOTIFY_H
#define VPLAM_VPLAMAD_NOTIFY_H

/*
 * Sends text ("READY=1\nSTATUS=...") to the socket named by NOTIFY_SOCKET;
 * nothing when there is none. Returns 0 or -errno.
 */
int notify_send(const char *text);

int notify_ready(void);
int notify_reloading(void); /* with the time that systemd wants */
int notify_stopping(void);
int notify_live(unsigned n); /* STATUS="n peers live" */

#endif
