import type { SimulatedNode } from "../../lab/simulatedNode";
import type { SavedRecord, SimulatedRouter } from "../../lab/simulatedRouter";

/** Sequence of the rules below: before the lab's own, which begin at 100. */
const FIRST_SEQUENCE = 10;
/** Interface that no rule can be on. */
const LOOPBACK = "lo0";

/** Interface identifier of the router, and what of it the proof needs. */
interface RouterInterface {
    readonly identifier: string;
    readonly device: string;
    readonly vlan_tag: string | null;
}

/**
 * State of the site before any tenant: PVE's datacentre firewall is on, as docs say, and the router lets every
 * segment that is no tenant's, and the internet, through to everywhere. The site's own rules are not the tenants' to
 * declare; without them, what holds from outside is PVE's firewall alone, which is what the matrix declares there.
 */
export async function prepareSite(
    node: SimulatedNode,
    router: SimulatedRouter,
    tenantVlans: readonly number[],
): Promise<void> {
    await node.byHand("PUT", "/cluster/firewall/options", { enable: "1" });
    const interfaces = (await router.byHand("interfaces/overview/export")) as unknown as RouterInterface[];
    const site = interfaces.filter(
        ({ identifier, vlan_tag }) => !["", LOOPBACK].includes(identifier) && !tenantVlans.includes(Number(vlan_tag)),
    );
    for (const [index, { identifier }] of site.entries()) {
        const rule = {
            sequence: String(FIRST_SEQUENCE + index),
            interface: identifier,
            protocol: "any",
            source_net: "any",
            destination_net: "any",
            description: `proof: ${identifier} reaches everything`,
        };
        await router.byHand("firewall/filter/addRule", { rule });
    }
    await router.byHand("firewall/filter/apply");
}

/** Removes one rule by hand; gives back what puts it there again. */
export async function removeRule(router: SimulatedRouter, description: string): Promise<() => Promise<void>> {
    const [uuid, record] = await ruleOf(router, description);
    await router.byHand(`firewall/filter/delRule/${uuid}`);
    await router.byHand("firewall/filter/apply");
    return () => setRule(router, uuid, record);
}

/** Changes fields of one rule by hand; gives back what makes it as it was. */
export async function changeRule(
    router: SimulatedRouter,
    description: string,
    fields: SavedRecord,
): Promise<() => Promise<void>> {
    const [uuid, record] = await ruleOf(router, description);
    await setRule(router, uuid, fields);
    return () => setRule(router, uuid, record);
}

async function ruleOf(router: SimulatedRouter, description: string): Promise<readonly [string, SavedRecord]> {
    const { saved } = await router.state();
    return Object.entries(saved["rule"]!).find(([, one]) => one["description"] === description)!;
}

async function setRule(router: SimulatedRouter, uuid: string, rule: SavedRecord): Promise<void> {
    await router.byHand(`firewall/filter/setRule/${uuid}`, { rule });
    await router.byHand("firewall/filter/apply");
}

/** Changes options of PVE's firewall around a VM by hand, such as `enable`. */
export async function setFirewall(
    node: SimulatedNode,
    vmid: number,
    options: Readonly<Record<string, string>>,
): Promise<void> {
    await node.byHand("PUT", `/nodes/${node.ready.node}/qemu/${vmid}/firewall/options`, options);
}

/** Changes a VM's NIC by hand; gives back what makes it as it was. */
export async function setNic(
    node: SimulatedNode,
    vmid: number,
    change: (net0: string) => string,
): Promise<() => Promise<void>> {
    const path = `/nodes/${node.ready.node}/qemu/${vmid}/config`;
    const { net0 } = (await node.byHand("GET", path)) as { net0: string };
    await node.byHand("PUT", path, { net0: change(net0) });
    return async () => {
        await node.byHand("PUT", path, { net0 });
    };
}
