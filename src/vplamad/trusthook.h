/* The program of option trust-hook, which says who may have a tunnel. */
#ifndef VPLAM_VPLAMAD_TRUSTHOOK_H
#define VPLAM_VPLAMAD_TRUSTHOOK_H

#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "crypto/prim.h"

struct loop;
struct trusthook;
struct turn;

#define TRUSTHOOK_LINES 8     /* of its output that one run has in the log */
#define TRUSTHOOK_STRANGER 10 /* its exit code for one */

/*
 * Its word, as trust_decided() takes it; TRUST_UNSAID: it could not be run, was
 * killed, or took too long.
 */
typedef void trusthook_done(
    void *arg, const uint8_t x_pk[KEY_LEN], int class, struct turn *t);

struct trusthook *trusthook_new(
    struct loop *loop, const char *program, trusthook_done *done, void *arg);
void trusthook_free(struct trusthook *h); /* ends all runs; NULL is fine */

/*
 * Notes a question: it is put at the end of the turn, by trusthook_act(). done
 * is called once, never from within, unless there are TRUST_PENDING of them:
 * then nobody is asked.
 */
void trusthook_ask(
    struct trusthook *h, const uint8_t x_pk[KEY_LEN], const struct addr *from);
void trusthook_act(struct trusthook *h, unsigned timeout_ms, struct turn *t);

#endif
