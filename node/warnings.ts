import type { Hypervisor, Substrate } from "../substrate/substrate";
import { heldWarnings } from "./checkNode";
import { firewallWarning } from "./datacentreFirewall";
import type { Inventory } from "./inventory";
import { nftablesWarning } from "./nftables";
import { templateWarnings } from "./templateWarnings";

/** Everything that a person may not expect of a hypervisor's node and that no run is refused for, one line each. */
export function nodeWarnings(substrate: Substrate, hypervisor: Hypervisor, inventory: Inventory): string[] {
    return [
        ...[firewallWarning, nftablesWarning].flatMap((of) => of(substrate, hypervisor, inventory) ?? []),
        ...heldWarnings(substrate, hypervisor, inventory),
        ...templateWarnings(hypervisor, inventory),
    ];
}
