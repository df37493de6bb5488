/* The ids of all fields. Made by tools/gen_fields.py from fields.def. */
#ifndef FC_FIELD_IDS_ALL_H
#define FC_FIELD_IDS_ALL_H

#include "field/ids_dhcp.h"
#include "field/ids_dns.h"
#include "field/ids_dtls.h"
#include "field/ids_eth.h"
#include "field/ids_frame.h"
#include "field/ids_http.h"
#include "field/ids_icmp.h"
#include "field/ids_ip.h"
#include "field/ids_ipv6.h"
#include "field/ids_ntp.h"
#include "field/ids_quic.h"
#include "field/ids_ssh.h"
#include "field/ids_tcp.h"
#include "field/ids_tls.h"
#include "field/ids_udp.h"
#include "field/ids_vlan.h"
#include "field/ids_x509.h"

#endif
