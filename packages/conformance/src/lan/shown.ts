// SPDX-License-Identifier: MIT
/** Brightness of what is sent from the room, and from the LAN: 16 (black) to 235 (white). */
export const shown = { inRoom: 80, onLan: 150 };
