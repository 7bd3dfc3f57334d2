/* vplama-sim sybil: a fresh node among a crowd that pretends to be many. */
#ifndef VPLAM_SIM_SYBIL_H
#define VPLAM_SIM_SYBIL_H

/* The sub-command; argv[0] is its own name. The exit status. */
int sybil_main(int argc, char **argv);

#endif
