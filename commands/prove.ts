import { mismatchesOf, type Proof } from "../proof/findings";
import type { ProofOptions } from "../proof/measure/run";
import { asPage } from "../report/proofPage";
import { asText } from "../report/proofText";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { definitions } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { writeText } from "./cli/files";
import { inOrder } from "./cli/interruption";
import { answer, note } from "./cli/terminal";
import { stampOf } from "./shared/stamp";

export const command = defineCommand({
    name: "prove",
    group: "set up",
    summary: "measure on this machine that a substrate's walls hold",
    details:
        "Brings the substrate up on a simulated node and router, as its network plan describes them, builds switch, router, DHCP and DNS from what they hold, and " +
        "measures from inside every VM what the tenants' files declare. Needs root; nothing of it is left afterwards.",
    arguments: [SUBSTRATE],
    options: {
        vms: {
            says: "that many VMs, of ten tenants at most, in place of the substrate's own",
            value: "number",
            kind: "number",
            bounds: [2, 400],
        },
        from: {
            says: "folder of the definitions, as a folder of examples/ (default: the project's)",
            value: "folder",
            kind: "folder",
        },
        nftables: {
            says: "with PVE's firewall of nftables (proxmox-firewall) on the node, in place of that of iptables",
        },
        output: {
            says: "write a page to keep: what is open, the matrix as a picture, date and commit",
            value: "file",
            kind: "file",
        },
    },
    output: "proof",
    needs: ["pulumi", "lab", "plane"],
    example: "tenants prove dvntm --output proof.html",
    exits: {
        0: "all as declared, and the faults made on purpose were found",
        1: "it could not be measured",
        2: "mismatches",
    },
    async run({ args, options }) {
        const { systemMissing } = await import("../tools/labSystem");
        const missing = systemMissing();
        if (missing !== undefined) {
            throw new Refusal(`prove: ${missing}`);
        }
        const subject = { definitions: options.from ?? definitions(), substrate: args["substrate"]! };
        const vms = options.vms === undefined ? undefined : Number(options.vms);
        const keep = (proof: Proof) => {
            if (options.output !== undefined) {
                writeText(options.output, asPage(proof, stampOf(subject.substrate, subject.definitions)));
            }
        };
        return measure({ subject, ...(vms !== undefined && { vms }), nftables: options.nftables }, keep);
    },
});

/** Measures and tells; ended by hand, the lab ends what it started, in order. */
async function measure(
    wanted: Pick<ProofOptions, "subject" | "vms" | "nftables">,
    keep: (proof: Proof) => void,
): Promise<number> {
    const [{ prove }, { runLab }] = await Promise.all([import("../proof/measure/run"), import("../lab/ending")]);
    const say = (step: string) => note(`prove: ${step}`);
    return inOrder(
        () =>
            runLab("prove", async ({ signal, runs }) => {
                const proof = await prove({ ...wanted, say, runs, signal });
                keep(proof);
                const mismatches = mismatchesOf(proof);
                answer({ ...proof, mismatches }, () => asText(proof));
                return mismatches.length === 0 ? EXIT.done : EXIT.differences;
            }),
        () => undefined,
    );
}
