import type { SimulatedNode } from "../simulatedNode";
import type { SimulatedRouter } from "../simulatedRouter";
import type { Dice } from "./dice";

/** Faults of a run; the next one, without it, must settle everything. */
export interface SoakFault {
    readonly what: string;
    /** Kills the CLI once the node was asked for so many changes. */
    readonly killedAfter?: number;
}

const VM = "/nodes/{node}/qemu/{vmid}";

/** A fault as a simulated machine's control interface takes it. */
type Fault = Readonly<Record<string, string | number | boolean | object>>;

const ON_NODE: readonly Fault[] = [
    { method: "POST", path: `${VM}/clone`, task: "clone failed: copy error: Input/output error" },
    { method: "PUT", path: `${VM}/config`, status: 500, message: "can't lock file - got timeout" },
    { method: "POST", path: `${VM}/status/start`, task: "start failed: QEMU exited with code 1" },
    { method: "POST", path: `${VM}/firewall/rules`, status: 500, message: "unable to write firewall config" },
    { method: "PUT", path: `${VM}/firewall/options`, status: 500, message: "unable to write firewall config" },
    { method: "POST", path: "/pools", status: 500, message: "can't lock file '/etc/pve/user.cfg'" },
    { method: "DELETE", path: VM, task: "can't remove the disk: device is busy" },
    { method: "PUT", path: `${VM}/resize`, status: 500, message: "no space left on thin pool" },
    { method: "POST", path: "/pools", lost: true },
    { method: "POST", path: `${VM}/clone`, lost: true },
];

const ON_ROUTER: readonly Fault[] = [
    { method: "POST", path: "/unbound/settings/addHostOverride", status: 500, message: "busy" },
    { method: "POST", path: "/unbound/settings/setHostOverride/.*", reset: true },
    { method: "POST", path: "/unbound/service/reconfigure", status: 500, message: "Template generation failed" },
    { method: "POST", path: "/kea/service/reconfigure", status: 500, message: "Template generation failed" },
    { method: "POST", path: "/kea/dhcpv4/add_reservation", result: "failed", validations: {} },
    { method: "POST", path: "/firewall/filter/addRule", reset: true, done: true },
    { method: "POST", path: "/firewall/filter/apply", status: 500, message: "busy" },
];

/** Lets something go wrong in the next run, in every third round; undefined where nothing does. */
export async function befall(node: SimulatedNode, router: SimulatedRouter, dice: Dice): Promise<SoakFault | undefined> {
    switch (dice.below(12)) {
        case 0: {
            const killedAfter = 1 + dice.below(12);
            return { what: `the CLI is killed after ${killedAfter} changes on the node`, killedAfter };
        }
        case 1:
        case 2: {
            const fault = dice.pick(ON_NODE)!;
            await node.fail({ ...fault, times: 1 });
            return { what: told("node", fault) };
        }
        case 3: {
            const fault = dice.pick(ON_ROUTER)!;
            await router.fail({ ...fault, times: 1 });
            return { what: told("router", fault) };
        }
        default:
            return undefined;
    }
}

/** Takes away what did not befall. */
export async function heal(node: SimulatedNode, router: SimulatedRouter): Promise<void> {
    await node.clearFaults();
    await router.clearFaults();
}

function told(where: string, fault: Fault): string {
    const { method, path, times: _, ...how } = fault as Readonly<Record<string, string>>;
    return `${where}: ${method} ${path} once: ${how["task"] ?? how["message"] ?? Object.keys(how).join(", ")}`;
}
