import { NOT_OURS, AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const UEFI = {
    ...{ bios: "ovmf", machine: "q35", efidisk0: "local-lvm:1,efitype=4m,pre-enrolled-keys=1" },
    tpmstate0: "local-lvm:1,version=v2.0",
};
const FILE = "tenants/dvntm/grooveiq.yaml";

/** VM 5001 is cloned from a template of UEFI with a TPM; 5003 gets both of its own beside a template of BIOS. */
describe("UEFI and TPM, from creation to teardown", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        const template = {
            vmid: "104",
            name: "fedora-uefi-1",
            agent: "1",
            scsi0: "local-lvm:32",
            ide2: "local-lvm:cloudinit",
        };
        const nic = { net0: "virtio,bridge=vmbr0", scsihw: "virtio-scsi-single", ostype: "l26" };
        await lab.node.byHand("POST", "/nodes/pve2/qemu", { ...template, ...nic, ...UEFI });
        await lab.node.byHand("POST", "/nodes/pve2/qemu/104/template");
        lab.edit(
            FILE,
            () =>
                "name: grooveiq\nvlan: 50\nvms:\n" +
                "  - {name: vm01, instance: 1, template: fedora-uefi-1}\n" +
                "  - {name: vm03, instance: 3, firmware: uefi, secureBoot: true, tpm: true, machine: q35}\n",
        );
        await lab.grantRole();
        await lab.up();
    });
    afterAll(() => lab.stop());

    test("both have them, and run", async () => {
        const { vms } = await lab.state();
        for (const vmid of ["5001", "5003"]) {
            expect(vms[vmid]).toMatchObject({ status: "running", pending: {} });
            expect(vms[vmid]!.config).toMatchObject({ bios: "ovmf", machine: "q35" });
            expect(vms[vmid]!.config["efidisk0"]).toMatch(/efitype=4m,ms-cert=2023k,pre-enrolled-keys=1/);
            expect(vms[vmid]!.config["tpmstate0"]).toMatch(/version=v2\.0/);
        }
    });

    test("a preview is empty, and nothing drifts", async () => {
        await lab.succeed("preview", "--expect-no-changes");
        const { exitCode, output } = await lab.workspace.command("drift", "dvntm");
        expect([exitCode, output]).toEqual([0, expect.stringMatching(/no drift/i)]);
        // Control: firmware that somebody changed is told, and what the file asks for is repaired.
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5003/config", { bios: "seabios", machine: "pc" });
        const drifted = await lab.workspace.command("drift", "dvntm");
        expect([drifted.exitCode, drifted.output]).toEqual([2, expect.stringMatching(/VM 5003 vm03: bios/)]);
        await lab.up();
        const { config, pending } = (await lab.state()).vms["5003"]!;
        expect({ ...config, ...pending }).toMatchObject({ bios: "ovmf", machine: "q35" });
    });

    test("a teardown leaves nothing of them", async () => {
        await lab.succeed("destroy", "--yes", "--skip-preview");
        const { vms, storages } = await lab.state();
        expect(Object.keys(vms)).toEqual([...NOT_OURS, "104"].sort());
        expect(Object.keys(storages["local-lvm"]!.volumes).filter((name) => /-50\d\d-/.test(name))).toEqual([]);
    });
});
