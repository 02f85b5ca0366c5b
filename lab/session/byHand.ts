import { Refusal, shown, UsageError } from "../../commands/cli/errors";
import { suggestion } from "../../definitions/suggest";
import { SimulatedNode } from "../simulatedNode";
import { SimulatedRouter } from "../simulatedRouter";
import type { RunningLab } from "./folder";

/** Changes by hand, past the program. */
export interface ByHand {
    readonly kind: string;
    /** VMID of a VM; description or uuid of a rule of the router. */
    readonly which: string;
    /** Fields to set, in PVE's or OPNsense's words; none where it is deleted. */
    readonly fields?: Readonly<Record<string, string>>;
}

/** Changes that can be made by hand, and how. */
const KINDS: Readonly<Record<string, (lab: RunningLab, change: ByHand) => Promise<void>>> = {
    vm: changeVm,
    rule: changeRule,
};

export const BY_HAND: readonly string[] = Object.keys(KINDS);

/**
 * Changes something on a lab's machines as a person does in their user interfaces: as root@pam of the node, root of the router.
 *
 * @throws Refusal with the machine's own words where it does not take it.
 */
export async function changeByHand(lab: RunningLab, change: ByHand): Promise<void> {
    try {
        await KINDS[change.kind]!(lab, change);
    } catch (error) {
        throw refusalOf(error);
    }
}

/** A machine's refusal in its own words; any other error as it is. */
function refusalOf(error: unknown): unknown {
    const [, status, text = ""] =
        /^[A-Z]+ \S+: (\d{3} )?(\{.*\})$/s.exec(error instanceof Error ? error.message : "") ?? [];
    if (text === "") {
        return error;
    }
    // PVE has message and errors, OPNsense validations.
    const { message = "", errors, validations } = JSON.parse(text) as Record<string, unknown> & { message?: string };
    const each = Object.entries((errors ?? validations ?? {}) as Record<string, unknown>);
    const words = [message.trim(), ...each.map(([field, why]) => `${field}: ${String(why).trim()}`)];
    return new Refusal(
        `refused${status ? ` with ${status.trim()}` : ""}: ${words.filter(Boolean).join("\n  ") || text}`,
    );
}

/** Fields as somebody types them: `memory=1024`. @throws UsageError where one is not of that form. */
export function fieldsOf(words: readonly string[]): Record<string, string> {
    const pairs = words.map((word) => {
        const [, key, value] = /^([\w.-]+)=(.*)$/.exec(word) ?? [];
        if (key === undefined || value === undefined) {
            throw new UsageError(`${shown(word)} is no field and its value, such as memory=1024`);
        }
        return [key, value] as const;
    });
    return Object.fromEntries(pairs);
}

async function changeVm({ node: ready }: RunningLab, { which, fields }: ByHand): Promise<void> {
    const node = SimulatedNode.at(ready);
    if (!/^\d+$/.test(which)) {
        throw new UsageError(`${shown(which)} is no VMID, such as 5001`);
    }
    if (fields === undefined) {
        await node.deleteByHand(Number(which));
    } else {
        await node.byHand("PUT", `/nodes/${ready.node}/qemu/${which}/config`, { ...fields });
    }
}

async function changeRule({ router: ready }: RunningLab, { which, fields }: ByHand): Promise<void> {
    const router = SimulatedRouter.at(ready);
    const rules = Object.entries((await router.state()).saved["rule"] ?? {});
    const found = rules.filter(([uuid, { description }]) => uuid === which || description === which);
    if (found.length !== 1) {
        const names = rules.map(([, { description }]) => description ?? "");
        const why =
            found.length === 0 ? "no rule of the router" : `the description of ${found.length} rules: take a uuid`;
        throw new Refusal(`${shown(which)} is ${why}${suggestion(which, names)}`);
    }
    const uuid = found[0]![0];
    if (fields === undefined) {
        await router.byHand(`firewall/filter/delRule/${uuid}`);
    } else {
        await router.byHand(`firewall/filter/setRule/${uuid}`, { rule: fields });
    }
    await router.byHand("firewall/filter/apply");
}
