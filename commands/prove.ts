import { mismatchesOf } from "../proof/findings";
import { asPage } from "../report/proofPage";
import { asText } from "../report/proofText";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { definitions } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { writeText } from "./cli/files";
import { inOrder } from "./cli/interruption";
import { answer, note } from "./cli/terminal";

export const command = defineCommand({
    name: "prove",
    group: "set up",
    summary: "measure on this machine that a substrate's walls hold",
    details:
        "Brings the substrate up on a simulated node and router that its network plan says, builds switch, router, DHCP and DNS from what they hold, and " +
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
        const { systemMissing } = await import("../tools/labSystem");
        const missing = systemMissing();
        if (missing !== undefined) {
            throw new Refusal(`prove: ${missing}`);
        }
        const subject = { definitions: options.from ?? definitions(), substrate: args["substrate"]! };
        return measure(subject, options.vms === undefined ? undefined : Number(options.vms), options.output);
    },
});

/** Measures and tells; ended by hand, the lab ends what it started, in order. */
async function measure(
    subject: { readonly definitions: string; readonly substrate: string },
    vms: number | undefined,
    output: string | undefined,
): Promise<number> {
    const [{ prove }, { runLab }] = await Promise.all([import("../proof/measure/run"), import("../lab/ending")]);
    const say = (step: string) => note(`prove: ${step}`);
    return inOrder(
        () =>
            runLab("prove", async ({ signal, runs }) => {
                const proof = await prove({ subject, ...(vms !== undefined && { vms }), say, runs, signal });
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
