import { networkOf, parseAddress } from "../network";
import { subnetOf, type NetworkPlan } from "../plan";

/** Reason why no VM of a tenant may have an address that its file chooses; undefined for one that it may. */
export function chosenFault(plan: NetworkPlan, vlan: number, address: string): string | undefined {
    const { cidr, gateway, poolStart, poolEnd } = subnetOf(plan, vlan)!;
    const [subnet, own] = [networkOf(cidr), parseAddress(address)];
    const [first, last] = [poolStart, poolEnd].map((one) => parseAddress(one)!);
    if (own === undefined || own <= subnet.first || own >= subnet.last) {
        return `${address} is no host of the tenant's subnet ${cidr}`;
    }
    if (address === gateway) {
        return `${address} is the router; choose another`;
    }
    return own < first! || own > last!
        ? undefined
        : `${address} is in the DHCP pool ${poolStart}-${poolEnd}, which gives it to anybody; choose another`;
}
