import { mismatchesOf, type Proof } from "../../proof/findings";
import { prove } from "../../proof/measure/run";
import { asText } from "../../report/proofText";
import { systemMissing } from "../../tools/labSystem";
import { exampleFolder } from "../examples";

jest.setTimeout(600_000);

const missing = systemMissing();
if (missing !== undefined) {
    process.stderr.write(`proofExamples.test.ts: not run, ${missing}\n`);
}
const describeHere = missing === undefined ? describe : describe.skip;

// The class room's takes several times as long: `tenants prove school --from examples/school`.
describeHere("the example home, measured from inside on a node and router of its own plan", () => {
    let proof: Proof;

    beforeAll(async () => {
        const subject = { definitions: exampleFolder("home"), substrate: "home" };
        proof = await prove({ subject, say: () => undefined });
    });

    test("all is as declared, and the faults made on purpose are found", () => {
        expect([mismatchesOf(proof), asText(proof).trimEnd().split("\n").at(-1)]).toEqual([
            [],
            expect.stringMatching(/^home: 4 VMs, .* all as declared/) as string,
        ]);
        expect(proof.controls).toHaveLength(6);
    });

    test("addresses and names are the plan's", () => {
        const said = (findings: Proof["addresses"]) => findings.map(({ what, measured }) => `${what}: ${measured}`);
        expect(said(proof.addresses)).toEqual(
            expect.arrayContaining([
                "media/player-vm01 address: 192.168.100.60",
                "media/player-vm01 gateway: 192.168.100.1",
                "apps/web-vm01 resolver: 192.168.101.1",
                "apps/work-vm01 search domain: apps.home.lab.internal",
            ]) as string[],
        );
        expect(said(proof.names)).toContain("apps/web-vm01 asks for player.media.home.lab.internal: 192.168.100.60");
    });

    test("who reaches what goes by the plan's segments", () => {
        const open = proof.matrix.filter((one) => one.open).map(({ from, to }) => `${from} ${to}`);
        expect(open).toEqual(expect.arrayContaining(["media/index-vm01 nas", "lan apps/web-vm01"]) as string[]);
        expect(open).not.toContain("visitors apps/web-vm01");
        // Control: it was asked.
        expect(proof.matrix.some(({ from, to }) => from === "visitors" && to === "apps/web-vm01")).toBe(true);
    });
});
