/* Numbers on the simulator's command line. */
#ifndef VPLAM_TESTS_SIM_NUMBER_H
#define VPLAM_TESTS_SIM_NUMBER_H

/* What is no number, or out of bounds, ends the program. */
double sim_number(const char *s, double min, double max);

#endif
