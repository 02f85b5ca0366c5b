import { isDeepStrictEqual } from "node:util";
import { ROUTER, type StateResource } from "../state/deployment";
import type { RouterClient } from "./client";
import type { Properties } from "../state/dynamicResource";
import { readings, withoutProvider } from "./provider";
import type { KindName } from "./run";

/**
 * Whether the router has every resource as the state has it: what a refresh would read of them, by the same code, with each
 * thing asked once and not once for each resource.
 *
 * @param resources those of the state, of any type.
 * @throws RouterError where the router cannot be asked.
 */
export async function isAsKept(client: RouterClient, resources: readonly StateResource[]): Promise<boolean> {
    const once = client.remembering();
    for (const { type, inputs = {}, outputs = {} } of resources.filter((one) => one.type.startsWith(ROUTER))) {
        const kind = kindOf(type);
        if (kind === undefined || outputs["endpoint"] !== client.endpoint) {
            return false;
        }
        const now = await readings[kind](once, withoutProvider(outputs));
        if (!isSame(now.props, outputs) || !isSame(now.inputs, inputs)) {
            return false;
        }
    }
    return true;
}

/** The kind of a resource by its type, such as router:RouterDhcp; undefined for one that is not known here. */
function kindOf(type: string): KindName | undefined {
    const name = type.slice(`${ROUTER}Router`.length).toLowerCase();
    return name in readings ? (name as KindName) : undefined;
}

/** Compared as the state holds them, which has no undefined values. */
function isSame(one: object, other: Properties): boolean {
    const plain = (value: object): unknown => JSON.parse(JSON.stringify(withoutProvider({ ...value })));
    return isDeepStrictEqual(plain(one), plain(other));
}
