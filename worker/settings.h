/* SPDX-License-Identifier: GPL-2.0-or-later
 * Preferences (`tshark -o`) and rules of decode-as (`tshark -d`). They are set before the first session
 * begins. */
#ifndef FCW_SETTINGS_H
#define FCW_SETTINGS_H

#include "ws.h"

bool settings_take(const struct ws_question *question, struct ws_refusal *refusal);

#endif
