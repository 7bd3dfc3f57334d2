/* From a member back to the object it is embedded in. */
#ifndef VPLAM_BASE_CONTAINER_H
#define VPLAM_BASE_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#define CONTAINER_OF(ptr, type, member) \
	((type *)(void *)((uint8_t *)(ptr)-offsetof(type, member)))

#endif
