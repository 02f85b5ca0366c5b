import { randomBytes } from "node:crypto";

/** Prefix of the MACs that PVE gives guests where datacenter.cfg has no mac_prefix (pve-manager 8.4.21, www/manager6/dc/OptionView.js:102). */
const PREFIX = "bc:24:11";

/** A MAC of PVE's range that nobody has, lower case; its end is random. @param taken lower case. */
export function drawMac(taken: ReadonlySet<string>): string {
    for (;;) {
        const mac = [PREFIX, ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
        if (!taken.has(mac)) {
            return mac;
        }
    }
}
