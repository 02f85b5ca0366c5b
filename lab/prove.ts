/** The proof of isolation: what `make prove` runs. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { mismatchesOf, type Proof } from "../model/proofFindings";
import { asPage } from "../model/proofPage";
import { asText } from "../model/proofText";
import { runLab } from "./ending";
import { PROVABLE, prove } from "./proof/run";
import { systemMissing } from "./system";

const HELP = `usage: make prove SUBSTRATE=<name> [VMS=100] [OUTPUT=<file>] [JSON=1]
Brings the substrate up on the simulated node and router, builds switch, router, DHCP and DNS from what they hold, and
measures from inside every VM what the tenants' files declare. VMS: that many VMs of ten tenants in place of the
substrate's own. OUTPUT: a page with the matrix as a picture. Needs root; nothing of it is left afterwards. SUBSTRATE is
${PROVABLE}, which the simulated node and router are.
Exit 0: all as declared, and the faults made on purpose were found; 1: not, or it could not be measured; 2: wrong usage;
130: ended by Ctrl-C.`;

/** Folder of the person's own definitions. */
const PROJECT_ROOT = resolve(__dirname, "..");

async function main(): Promise<number> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            vms: { type: "string" },
            output: { type: "string" },
            json: { type: "boolean", default: false },
            help: { type: "boolean", default: false },
        },
    });
    const vms = values.vms === undefined ? undefined : Number(values.vms);
    if (values.help) {
        console.log(HELP);
        return 0;
    }
    const wrong = usageFault(positionals, vms);
    if (wrong !== undefined) {
        console.error(`${wrong}\n${HELP}`);
        return 2;
    }
    const missing = systemMissing();
    if (missing !== undefined) {
        console.error(`prove: ${missing}`);
        return 1;
    }
    return runLab("prove", async ({ signal, runs }) => {
        const subject = vms === undefined ? { definitions: PROJECT_ROOT } : { vms };
        const say = (step: string) => console.error(`prove: ${step}`);
        return tell(await prove({ ...subject, say, runs, signal }), values.json, values.output);
    });
}

function usageFault(positionals: readonly string[], vms: number | undefined): string | undefined {
    if (positionals.length !== 1 || positionals[0] !== PROVABLE) {
        return `the simulated node and router are those of ${PROVABLE}, which is the one SUBSTRATE that can be proved here`;
    }
    return vms === undefined || (Number.isInteger(vms) && vms >= 2 && vms <= 400)
        ? undefined
        : "VMS is no number of VMs from 2 to 400";
}

function tell(proof: Proof, json: boolean, output: string | undefined): number {
    if (output !== undefined) {
        writeFileSync(output, asPage(proof));
    }
    const mismatches = mismatchesOf(proof);
    console.log(json ? JSON.stringify({ ...proof, mismatches }) : asText(proof));
    return mismatches.length === 0 ? 0 : 1;
}

main().then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
        const { code = "", message } = error as NodeJS.ErrnoException;
        if (code.startsWith("ERR_PARSE_ARGS_")) {
            console.error(`${message}\n${HELP}`);
            process.exitCode = 2;
            return;
        }
        throw error;
    },
);
