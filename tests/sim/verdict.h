/* vplama-sim verdict: judges pairs of descriptors, JSON lines in and out. */
#ifndef VPLAM_SIM_VERDICT_H
#define VPLAM_SIM_VERDICT_H

/* The sub-command; argv[0] is its own name. The exit status. */
int verdict_main(int argc, char **argv);

#endif
