/* What a core tells of, told to nobody: for tests that watch something else. */
#ifndef VPLAM_TESTS_QUIET_H
#define VPLAM_TESTS_QUIET_H

#include "core/core.h"
#include "core/exchange.h"
#include "core/negotiate.h"

/*
 * Each callback does nothing; whoever listens to one puts their own in its
 * place. arg is for those. But random is random, other bytes in each run.
 */
struct core_io quiet_core_io(void *arg);
struct exchange_io quiet_exchange_io(void *arg);
struct negotiate_io quiet_negotiate_io(void *arg);

#endif
