import type { Health, WorkloadVm } from "../../substrate/substrate";
import type { NodeClient } from "../client";
import { poll } from "../poll";
import { hasAddress } from "../start";
import { answersHttp, answersTcp } from "./client";

/** Pause between two questions, in milliseconds. */
const EVERY_MS = 2000;

/** The parts of a VM that its gate asks. */
export interface Gated {
    readonly vm: WorkloadVm;
    readonly health: Health;
    /** Address that it is asked at; undefined where none is known. */
    readonly address: string | undefined;
    /** Client of its node. */
    readonly client: Pick<NodeClient, "get">;
    readonly node: string;
    /** Whether a command ends with 0 in the VM. */
    readonly runs: (address: string, command: string) => Promise<boolean>;
}

/** Whether a gate asks for something that needs the VM's address. */
export function needsAddress({ tcp, http, command }: Health): boolean {
    return tcp !== undefined || http !== undefined || command !== undefined;
}

/**
 * Waits for a VM's health gate.
 *
 * @returns the condition that did not come true within the timeout, in words; undefined where all of them did.
 * @throws NodeError where the node cannot be asked.
 */
export async function gate(gated: Gated): Promise<string | undefined> {
    const { vm, health, client, node, address } = gated;
    const ends = Date.now() + health.timeoutSeconds * 1000;
    const left = () => Math.max(1, Math.ceil((ends - Date.now()) / 1000));
    if (health.agent) {
        const asked = { vmid: vm.vmid, agent: { ...vm.agent, timeoutSeconds: left() } };
        if (!(await hasAddress(client, node, asked))) {
            return `its guest agent told no address within ${health.timeoutSeconds} s`;
        }
    }
    for (const [what, ask] of conditions(gated, address)) {
        const isTrue = async () => (await ask()) || undefined;
        const times = Math.ceil((left() * 1000) / EVERY_MS);
        if ((await poll(async () => (Date.now() > ends ? false : await isTrue()), EVERY_MS, times)) !== true) {
            return `${what} within ${health.timeoutSeconds} s`;
        }
    }
    return undefined;
}

function conditions({ health, runs }: Gated, address: string | undefined): [string, () => Promise<boolean>][] {
    const { tcp, http, command } = health;
    if (address === undefined) {
        return needsAddress(health) ? [["no address of it was known", () => Promise.resolve(false)]] : [];
    }
    const asked: ([string, () => Promise<boolean>] | false)[] = [
        tcp !== undefined && [`port ${tcp} of ${address} took no connection`, () => answersTcp(address, tcp)],
        http !== undefined && [
            `http://${address}:${http.port}${http.path} was not answered well`,
            () => answersHttp(address, http),
        ],
        command !== undefined && [`\`${command}\` did not end with 0 on ${address}`, () => runs(address, command)],
    ];
    return asked.filter((one) => one !== false);
}
