/* vplama-sim negotiate: many networks find addresses. */
#ifndef VPLAM_SIM_NEGOTIATE_H
#define VPLAM_SIM_NEGOTIATE_H

int negotiate_main(int argc, char **argv);

#endif
