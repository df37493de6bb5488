/* The families, for set.c. Inside of this room. */
#ifndef FC_SETS_FAMILIES_H
#define FC_SETS_FAMILIES_H

#include "sets/set.h"

/* The known faults of the originals; faults.c. */
enum {
    SET_FAULTS_CIC_CLASSIC = 16,
    SET_FAULTS_CIC_CORRECTED = 5,
    SET_FAULTS_NFSTREAM = 2,
    SET_FAULTS_NPRINT = 4
};
extern const struct fc_fault set_faults_cic_classic[SET_FAULTS_CIC_CLASSIC],
    set_faults_cic_corrected[SET_FAULTS_CIC_CORRECTED], set_faults_nfstream[SET_FAULTS_NFSTREAM],
    set_faults_nprint[SET_FAULTS_NPRINT];

extern const struct set_family set_cic_classic, set_cic_corrected, set_nfstream, set_nprint, set_zeek_conn,
    set_netflow;

#endif
