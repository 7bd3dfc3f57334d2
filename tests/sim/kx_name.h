/* Which Diffie-Hellman this simulator is built with, for its output. */
#ifndef VPLAM_SIM_KX_NAME_H
#define VPLAM_SIM_KX_NAME_H

#ifdef SIM_HASHED
#define SIM_KX "hashed stand-in"
#else
#define SIM_KX "X25519"
#endif

#endif
