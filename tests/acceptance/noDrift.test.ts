import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const CONFIG = "/nodes/pve2/qemu/5001/config";

describe("a substrate that is up, on PVE 9.2", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start(undefined, {}, "9.2");
        lab.withoutVintronics();
        await lab.up();
    });
    afterAll(() => lab.stop());

    test("changes that mean nothing are no drift", async () => {
        const { config } = (await lab.state()).vms["5001"]!;
        await lab.node.byHand("PUT", CONFIG, { tags: "tenant,GrooveIQ" });
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/cloudinit");
        await lab.node.byHand("PUT", CONFIG, { scsi0: config["scsi0"]!.replace("size=32G", "size=34359738368") });
        await lab.node.set({ agents_answer: true });
        expect([...(await lab.driftByName()).keys()]).toEqual([]);
        await lab.succeed("preview", "--expect-no-changes");
    });

    test("control: one that means something is", async () => {
        await lab.node.byHand("PUT", CONFIG, { tags: "tenant" });
        expect([...(await lab.driftByName()).keys()]).toEqual(["grooveiq-api-vm01-vm"]);
        await lab.node.byHand("PUT", CONFIG, { tags: "grooveiq;tenant" });
    });

    test("a MAC in another case is left alone once a refresh has seen it", async () => {
        const { config } = (await lab.state()).vms["5001"]!;
        const lower = config["net0"]!.replace(/virtio=[^,]+/, (mac) => mac.toLowerCase());
        expect(lower).not.toBe(config["net0"]);
        await lab.node.byHand("PUT", CONFIG, { net0: lower });
        await lab.succeed("refresh", "--yes", "--skip-preview");
        await lab.succeed("up", "--yes", "--skip-preview", "--expect-no-changes");
        expect((await lab.state()).vms["5001"]!.config["net0"]).toBe(lower);
    });
});
