/* The known faults of the original programs. The values of a family carry them, because published data sets
 * do. */
#include "sets/families.h"

#define ENGELEN "Engelen, Rimmer, Joosen, WTMC 2021"
#define ROSAY "Rosay et al. 2022 (LycoSTand)"
#define BOTH ENGELEN "; " ROSAY
#define LANVIN "Lanvin et al., CRiSIS 2022"

const struct fc_fault set_faults_cic_classic[SET_FAULTS_CIC_CLASSIC] = {
    {"all",
     "a flow ends at the first FIN of the responder; the last ACKs then form a flow of their own, often with "
     "the ends exchanged",
     ENGELEN, false},
    {"all", "the second and later FINs of the originator are dropped", ENGELEN, false},
    {"rows", "flows of one packet have no row", ENGELEN, false},
    {"Packet Length Mean, Std, Variance, Average Packet Size", "the payload of the first packet counts twice",
     ENGELEN, true},
    {"Fwd and Bwd PSH Flags, Fwd and Bwd URG Flags", "they are of the first packet alone", ENGELEN, true},
    {"Bwd Init Win Bytes", "it is the window of the last backward packet", ENGELEN, true},
    {"Fwd Act Data Pkts", "the first packet is not counted", ENGELEN, true},
    {"Fwd and Bwd bulk columns", "every packet belongs to the backward bulk, and the forward columns are 0",
     ENGELEN, true},
    {"Down/Up Ratio, bulk and sub-flow columns", "divisions lose their fractions", ENGELEN, true},
    {"Fwd and Bwd Header Length", "they are without the IP header", "", false},
    {"Flow ID, Src IP, Dst IP",
     "a frame without an IPv4 header is read again as if it began with one: an ARP request "
     "makes a flow 8.6.0.1-8.0.6.4-0-0-0; the option without phantoms leaves these flows out",
     ROSAY, false},
    {"all",
     "the direction of a packet goes by addresses alone, so between two ports of one host all is forward",
     ROSAY, false},
    {"all", "a flow is cut 120 s after its start, and a pause ends nothing", "", false},
    {"Flow Bytes/s, Flow Packets/s", "they are NaN or Infinity where the duration is 0", BOTH, false},
    {"Timestamp", "it is the local time of the machine on a clock of 12 hours; here it is UTC", ENGELEN,
     false},
    {"all", "the captures of CIC-IDS2017 themselves have packets out of order and repeated packets", LANVIN,
     false},
};

const struct fc_fault set_faults_cic_corrected[SET_FAULTS_CIC_CORRECTED] = {
    {"Bwd Seg Size Min", "it is 0 where the first packet is forward", "", true},
    {"Fwd and Bwd Header Length", "they are without the IP header", "", false},
    {"Flow ID, Src IP, Dst IP",
     "a frame without an IPv4 header is read again as if it began with one; the option "
     "without phantoms leaves these flows out",
     ROSAY, false},
    {"all", "the direction of a packet goes by addresses alone", ROSAY, false},
    {"all", "a flow is cut 120 s after its start, and its continuation has a row of its own", "", false},
};

const struct fc_fault set_faults_nfstream[SET_FAULTS_NFSTREAM] = {
    {"bytes and sizes", "the size of a packet is modulo 65536", "", false},
    {"rows", "one long-lived flow at the head of the table delays the end of other idle flows", "", false},
};

const struct fc_fault set_faults_nprint[SET_FAULTS_NPRINT] = {
    {"rows", "a frame with a VLAN tag has no row", "", false},
    {"all", "IPv6 extension headers are not read, and such a packet has no row", "", false},
    {"eth and IP columns",
     "an Ethernet frame of another type has a row if its first byte looks like an IP version", "", false},
    {"ports, sequence numbers, IP identification, TTL, checksums",
     "they tell flows apart by chance; leave these columns out before a model learns from them", "", false},
};
