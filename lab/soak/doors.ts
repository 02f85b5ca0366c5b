import { expectSame } from "../expect";
import type { SimulatedRouter } from "../simulatedRouter";
import type { Dice } from "./dice";
import type { SoakTenants } from "./tenants";

/** A door that a person opens on the router beside the rules of the tenants; `up` leaves it, and drift tells of it. */
interface Door {
    readonly what: string;
    /** Records that it takes, as calls of the API in their order; each deletion has the record's uuid behind it. */
    readonly calls: (on: string, vlan: number) => readonly Call[];
}

interface Call {
    readonly add: string;
    readonly body: Readonly<Record<string, unknown>>;
    readonly del: string;
}

/** A door that stands open. */
export interface OpenDoor {
    readonly what: string;
    /** Deletions that close it. */
    readonly close: readonly string[];
}

const NAME = "soak: by hand";
const MANAGEMENT = { action: "pass", protocol: "TCP", destination_net: "10.20.99.0/24", description: NAME };

const DOORS: readonly Door[] = [
    {
        what: "a rule on a group",
        calls: (on) => [
            {
                add: "firewall/group/addItem",
                body: { group: { ifname: "soak", members: on } },
                del: "firewall/group/delItem",
            },
            rule({ interface: "soak", sequence: "1", ...MANAGEMENT }),
        ],
    },
    { what: "a floating rule", calls: () => [rule({ interface: "", sequence: "1", ...MANAGEMENT })] },
    {
        what: "an IPv6 rule",
        calls: (on) => [rule({ interface: on, sequence: "1", ipprotocol: "inet6", description: NAME })],
    },
    {
        what: "a port forward out of a segment",
        calls: (on) => [forward({ interface: on, target: "10.20.99.22", pass: "pass" })],
    },
    {
        what: "a port forward into a segment",
        calls: (_on, vlan) => [forward({ interface: "wan", target: `10.20.${vlan}.10` })],
    },
];

function rule(body: Readonly<Record<string, string>>): Call {
    return { add: "firewall/filter/addRule", body: { rule: body }, del: "firewall/filter/delRule" };
}

function forward(more: Readonly<Record<string, string>>): Call {
    const to = { destination: { network: "any", port: "80" }, protocol: "tcp", sequence: "1", descr: NAME };
    return { add: "firewall/d_nat/addRule", body: { rule: { ...to, ...more } }, del: "firewall/d_nat/delRule" };
}

/** Opens a door to one of the tenants in every third round. */
export async function openDoor(router: SimulatedRouter, all: SoakTenants, dice: Dice): Promise<OpenDoor | undefined> {
    const door = dice.pick(DOORS)!;
    const tenant = dice.pick(all.tenants);
    if (dice.below(3) > 0 || tenant === undefined) {
        return undefined;
    }
    const close: string[] = [];
    for (const { add, body, del } of door.calls(`opt${tenant.vlan - 42}`, tenant.vlan)) {
        const { uuid } = await router.byHand(add, body);
        close.unshift(`${del}/${String(uuid)}`);
    }
    await router.byHand("firewall/filter/apply");
    return { what: `router: ${door.what} (${tenant.name})`, close };
}

/** @throws UnexpectedError where drift does not tell of the open door. */
export function expectTold({ what }: OpenDoor, { exitCode, stdout }: { exitCode: number; stdout: string }): void {
    expectSame(`exit code of drift with ${what}`, exitCode, 2);
    expectSame(`what drift tells of ${what}`, stdout.includes(NAME), true);
}

export async function closeDoor(router: SimulatedRouter, { close }: OpenDoor): Promise<void> {
    for (const path of close) {
        await router.byHand(path);
    }
    await router.byHand("firewall/filter/apply");
}
