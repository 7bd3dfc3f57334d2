/* Memory that cannot grow: try_reallocarray() fails where a test says so. */
#ifndef VPLAM_TESTS_UNIT_NOREALLOC_H
#define VPLAM_TESTS_UNIT_NOREALLOC_H

#include <stdbool.h>

extern bool no_memory;

#endif
