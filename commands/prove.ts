import { mismatchesOf } from "../proof/findings";
import { asPage } from "../report/proofPage";
import { asText } from "../report/proofText";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { definitions } from "./cli/environment";
import { Refusal, shown, UsageError } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { writeText } from "./cli/files";
import { inOrder } from "./cli/interruption";
import { answer, note } from "./cli/terminal";

export const command = defineCommand({
    name: "prove",
    group: "set up",
    summary: "measure on this machine that a substrate's walls hold",
    details:
        "Brings the substrate up on the simulated node and router, builds switch, router, DHCP and DNS from what they hold, and " +
        "measures from inside every VM what the tenants' files declare. Needs root; nothing of it is left afterwards.",
    arguments: [SUBSTRATE],
    options: {
        vms: {
            says: "that many VMs of ten tenants in place of the substrate's own",
            value: "number",
            kind: "number",
            bounds: [2, 400],
        },
        output: { says: "write a page with the matrix as a picture", value: "file", kind: "file" },
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
        const [{ PROVABLE }, { systemMissing }] = await Promise.all([
            import("../proof/measure/run"),
            import("../tools/labSystem"),
        ]);
        if (args["substrate"] !== PROVABLE) {
            throw new UsageError(
                `${shown(args["substrate"]!)} cannot be proved here: the simulated node and router are those of ${PROVABLE}`,
            );
        }
        const missing = systemMissing();
        if (missing !== undefined) {
            throw new Refusal(`prove: ${missing}`);
        }
        const subject = options.vms === undefined ? { definitions: definitions() } : { vms: Number(options.vms) };
        return measure(subject, options.output);
    },
});

/** Subject of a proof: a person's own definitions, or that many VMs of ten tenants. */
type Subject = { readonly definitions: string } | { readonly vms: number };

/** Measures and tells; ended by hand, the lab ends what it started, in order. */
async function measure(subject: Subject, output: string | undefined): Promise<number> {
    const [{ prove }, { runLab }] = await Promise.all([import("../proof/measure/run"), import("../lab/ending")]);
    const say = (step: string) => note(`prove: ${step}`);
    return inOrder(
        () =>
            runLab("prove", async ({ signal, runs }) => {
                const proof = await prove({ ...subject, say, runs, signal });
                if (output !== undefined) {
                    writeText(output, asPage(proof));
                }
                const mismatches = mismatchesOf(proof);
                answer({ ...proof, mismatches }, () => asText(proof));
                return mismatches.length === 0 ? EXIT.done : EXIT.differences;
            }),
        () => undefined,
    );
}
