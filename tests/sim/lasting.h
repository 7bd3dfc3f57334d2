/* vplama-sim lasting: who is established after three days, and who is not. */
#ifndef VPLAM_SIM_LASTING_H
#define VPLAM_SIM_LASTING_H

/* The sub-command; argv[0] is its own name. The exit status. */
int lasting_main(int argc, char **argv);

#endif
