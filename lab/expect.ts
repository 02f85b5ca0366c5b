import { isDeepStrictEqual } from "node:util";

/** State of the simulated node, as its control interface gives it. */
export interface NodeState {
    readonly vms: Readonly<Record<string, GuestState>>;
    readonly pools: Readonly<Record<string, unknown>>;
    readonly storages: Readonly<Record<string, { readonly volumes: Readonly<Record<string, number>> }>>;
    readonly firewall: { readonly guests: Readonly<Record<string, unknown>> };
}

export interface GuestState {
    readonly name: string;
    readonly status: string;
    readonly config: Readonly<Record<string, string>>;
    /** Changes that wait for the VM's next start. */
    readonly pending: Readonly<Record<string, string | null>>;
}

/** A step that did not go as it should; its message says what was expected and what was found. */
export class UnexpectedError extends Error {}

/** @throws UnexpectedError where the two differ. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(found, expected)) {
        throw new UnexpectedError(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
    }
}

/** @throws UnexpectedError where the claim does not hold. */
export function expectThat(claim: string, holds: boolean): void {
    if (!holds) {
        throw new UnexpectedError(`does not hold: ${claim}`);
    }
}

/** Some VMs with their firewall, to be compared before and after. */
export function guests(state: NodeState, vmids: readonly string[]): unknown {
    return vmids.map((vmid) => [state.vms[vmid], state.firewall.guests[vmid]]);
}
