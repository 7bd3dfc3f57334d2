/* vplama-sim loss: tunnels over lines that lose, delay, reorder and double. */
#ifndef VPLAM_SIM_LOSS_H
#define VPLAM_SIM_LOSS_H

int loss_main(int argc, char **argv);

#endif
