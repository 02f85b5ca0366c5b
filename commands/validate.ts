/**
 * Checks the definitions of every substrate, or of the named ones, offline: no Pulumi, no network.
 * With --up a substrate must also be complete enough to be brought up.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { DefinitionError } from "../model/faults";
import { listSubstrates, loadSubstrate } from "../model/load";
import { requireReady } from "../model/ready";

const ROOT = resolve(__dirname, "..");

const HELP = `usage: make validate [SUBSTRATE=<name>]
Checks the definitions of every substrate, or of one. Exit 0: no faults; 1: faults, one line each.`;

function main(): number {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: { up: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    });
    if (values.help) {
        console.log(HELP);
        return 0;
    }
    const known = listSubstrates(ROOT);
    const unknown = positionals.filter((name) => !known.includes(name));
    if (unknown.length > 0) {
        console.error(`${unknown.join(", ")} is no substrate here; allowed: ${known.join(", ")}`);
        return 1;
    }
    const results = (positionals.length === 0 ? known : positionals).map((name) => validate(name, values.up));
    return results.every(Boolean) ? 0 : 1;
}

function validate(name: string, up: boolean): boolean {
    try {
        const substrate = loadSubstrate({ root: ROOT, substrate: name });
        if (up) {
            requireReady(substrate);
            return true;
        }
        const vms = substrate.tenants.reduce((sum, tenant) => sum + tenant.vms.length, 0);
        console.log(`${name}: ${substrate.status}, ${substrate.tenants.length} tenants, ${vms} VMs, no faults`);
        return true;
    } catch (error) {
        if (!(error instanceof DefinitionError)) {
            throw error;
        }
        console.error(error.message);
        return false;
    }
}

process.exitCode = main();
