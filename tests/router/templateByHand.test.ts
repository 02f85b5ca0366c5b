import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labStackFile } from "../../lab/definitions";
import type { NodeState } from "../../lab/expect";
import { labSite } from "../../lab/site";
import { SimulatedNode } from "../../lab/simulatedNode";
import { checkNode } from "../../node/checkNode";
import { withEachNode } from "../../node/client";
import { readInventory, surveyParts } from "../../node/read";
import { templateWarnings } from "../../node/templateWarnings";
import { NOTHING_RECORDED } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { exampleFolder } from "../examples";
import { project, removeProjects } from "../fixtures";
import { IMAGE, makeTemplateByHand } from "./qm";

jest.setTimeout(120_000);

const KEPT = { ...process.env };
afterEach(() => void (process.env = { ...KEPT }));
afterAll(removeProjects);

describe.each(["8.4", "9.2"])("a template that is made by the commands of docs/template.md on PVE %s", (pve) => {
    const example = loadSubstrate({ root: exampleFolder("deevnet"), substrate: "mobile" });
    const root = project({});
    let node: SimulatedNode;

    beforeAll(async () => {
        node = await SimulatedNode.start(undefined, { ...labSite(example).node, templates: [] }, pve);
        cpSync(exampleFolder("deevnet"), root, { recursive: true });
        writeFileSync(join(root, "Pulumi.mobile.yaml"), labStackFile(exampleFolder("deevnet"), "mobile", node));
    });
    afterAll(() => node.stop());

    /** Faults that a run tells of the node, before it clones the VMs of the example's tenant. */
    async function told(): Promise<{ faults: string[]; warnings: string[] }> {
        process.env["PROXMOX_VE_API_TOKEN"] = node.ready.apiToken;
        process.env["SSL_CERT_FILE"] = node.ready.caFile;
        const substrate = loadSubstrate({ root, substrate: "mobile" });
        const [told] = await withEachNode(substrate, async (client, hypervisor) => {
            const parts = surveyParts(substrate, hypervisor, NOTHING_RECORDED);
            const inventory = await readInventory(client, hypervisor, parts);
            const faults = checkNode(substrate, hypervisor, inventory, NOTHING_RECORDED);
            return {
                faults: faults.map(({ message }) => message),
                warnings: templateWarnings(hypervisor, inventory),
            };
        });
        return told!;
    }

    test("without it nothing can be cloned, and without the image it is not made", async () => {
        expect((await told()).faults.join("\n")).toMatch(/no template/);
        await expect(makeTemplateByHand(node, {})).rejects.toThrow(`can't find file '${Object.keys(IMAGE)[0]!}'`);
        await node.byHand("DELETE", `/nodes/${node.ready.node}/qemu/9000`);
    });

    test("is found, refused nothing, and no warning is due; control: without its cloud-init drive", async () => {
        expect(await makeTemplateByHand(node, IMAGE)).toHaveLength(4);
        expect(await told()).toEqual({ faults: [], warnings: [] });
        const { vms } = (await node.state()) as NodeState;
        expect(vms["9000"]).toMatchObject({
            name: "fedora-tenant-43-1.6",
            template: true,
            config: {
                agent: "enabled=1",
                boot: "order=scsi0",
                ide2: "local-lvm:vm-9000-cloudinit,media=cdrom",
                scsi0: "local-lvm:base-9000-disk-0,size=5G",
                serial0: "socket",
            },
        });
        await node.byHand("PUT", `/nodes/${node.ready.node}/qemu/9000/config`, { delete: "ide2" });
        const { faults, warnings } = await told();
        expect(faults.join("\n")).toMatch(/has no cloud-init drive, which a fixed address needs/);
        expect(warnings.join("\n")).toMatch(/has no cloud-init drive/);
    });
});
