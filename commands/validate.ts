/**
 * Checks the definitions of every substrate, or of the named ones, offline: no Pulumi, no network.
 * With --up a substrate must also be complete enough to be brought up.
 */
import { DefinitionError } from "../model/faults";
import { requireReady } from "../model/ready";
import { FAULTS, FLAG, runForAll } from "./command";
import type { Loaded } from "./substrates";

const HELP = `usage: make validate [SUBSTRATE=<name>] [JSON=1]
Checks the definitions of every substrate, or of one, without a network.
Exit 0: no faults; 1: faults, one line each, or as JSON; 2: wrong usage.`;

void runForAll(HELP, { up: FLAG, json: FLAG, help: FLAG }, (loaded, { up, json }) => {
    if (json) {
        console.log(JSON.stringify(loaded.map(({ name, faults }) => ({ substrate: name, faults }))));
    } else {
        loaded.forEach((one) => tell(one, up));
    }
    const ready = !up || loaded.every(isReady);
    if (!ready || loaded.some(({ faults }) => faults.length > 0)) {
        process.exitCode = FAULTS;
    }
});

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
