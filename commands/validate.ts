/**
 * Checks the definitions of every substrate, or of the named ones, offline: no Pulumi, no network.
 * With --up a substrate must also be complete enough to be brought up.
 */
import { parseArgs } from "node:util";
import { DefinitionError } from "../model/faults";
import { requireReady } from "../model/ready";
import { loadAll, type Loaded } from "./substrates";

const HELP = `usage: make validate [SUBSTRATE=<name>] [JSON=1]
Checks the definitions of every substrate, or of one, without a network.
Exit 0: no faults; 1: faults, one line each, or as JSON.`;

function main(): number {
    const flag = { type: "boolean", default: false } as const;
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: { up: flag, json: flag, help: flag },
    });
    if (values.help) {
        console.log(HELP);
        return 0;
    }
    const loaded = loadAll(positionals);
    if (values.json) {
        console.log(JSON.stringify(loaded.map(({ name, faults }) => ({ substrate: name, faults }))));
    } else {
        loaded.forEach((one) => tell(one, values.up));
    }
    const ready = !values.up || loaded.every(isReady);
    return ready && loaded.every(({ faults }) => faults.length === 0) ? 0 : 1;
}

function tell(loaded: Loaded, quietWhenGood: boolean): void {
    if (loaded.substrate === undefined) {
        console.error(loaded.text);
    } else if (!quietWhenGood) {
        const { status, tenants } = loaded.substrate;
        const vms = tenants.reduce((sum, tenant) => sum + tenant.vms.length, 0);
        console.log(`${loaded.name}: ${status}, ${tenants.length} tenants, ${vms} VMs, no faults`);
    }
}

function isReady({ substrate }: Loaded): boolean {
    if (substrate === undefined) {
        return false;
    }
    try {
        requireReady(substrate);
        return true;
    } catch (error) {
        if (error instanceof DefinitionError) {
            console.error(error.message);
            return false;
        }
        throw error;
    }
}

process.exitCode = main();
