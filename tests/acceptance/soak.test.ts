import { spawn } from "node:child_process";
import { once } from "node:events";
import { BrokenInvariant, Soak } from "../../lab/soak/soak";

jest.setTimeout(300_000);

const VM = "/nodes/pve2/qemu/5001";

/** A short soak; `make soak` is the long one, on ten tenants. */
describe("rounds of random edits on four tenants", () => {
    let soak: Soak;

    beforeAll(async () => {
        soak = await Soak.start(3, 4);
    });
    afterAll(() => soak.stop());

    test("a round holds every invariant", async () => {
        const round = await soak.round(1);
        expect(round.edits.length).toBeGreaterThan(0);
        expect(round.memory.cli).toBeGreaterThan(0);
    });

    test("control: a backup that does not come back is found; then it comes back", async () => {
        const { node } = soak;
        await node.byHand("POST", "/nodes/pve2/vzdump", { vmid: "5001", storage: "local", compress: "zstd" });
        await node.fail({ method: "POST", path: "/nodes/{node}/qemu", task: "unable to restore VM 5001", times: 1 });
        await expect(soak.restoreAll()).rejects.toThrow(/^after the last round: restore of backup\/vzdump-qemu-5001-/);
        await node.clearFaults();
        expect(await soak.restoreAll()).toEqual([expect.stringMatching(/^backup\/vzdump-qemu-5001-.* restored$/)]);
        expect(await soak.restoreAll()).toEqual([]);
    });

    test.each([
        [
            "a VM of somebody else's is changed",
            /what is not the tenants'/,
            () => soak.node.byHand("PUT", "/nodes/pve2/qemu/6000/config", { memory: "123" }),
            () => soak.node.byHand("PUT", "/nodes/pve2/qemu/6000/config", { delete: "memory" }),
        ],
        [
            "a VM is left that no file declares",
            /tenants' VMs on the node/,
            () => soak.node.byHand("POST", "/nodes/pve2/qemu", { vmid: "5999", name: "orphan" }),
            () => soak.node.byHand("DELETE", "/nodes/pve2/qemu/5999?purge=1"),
        ],
        [
            "a VM has another size than its file says",
            /VM 5001 \(soak50\/vm1\)/,
            () => soak.node.byHand("PUT", `${VM}/config`, { onboot: "0" }),
            () => soak.node.byHand("PUT", `${VM}/config`, { onboot: "1" }),
        ],
        [
            "a VM's firewall is open",
            /firewall of VM 5001/,
            () => soak.node.byHand("PUT", `${VM}/firewall/options`, { policy_in: "ACCEPT" }),
            () => soak.node.byHand("PUT", `${VM}/firewall/options`, { policy_in: "DROP" }),
        ],
        [
            "a service of the router works with other records than those that are saved",
            /records of host that the router works with/,
            () => soak.router.byHand("unbound/settings/addHostOverride", HOST),
            async () => {
                const { host } = (await soak.router.state()).saved;
                const [uuid] = Object.entries(host!).find(([, { hostname }]) => hostname === "left")!;
                await soak.router.byHand(`unbound/settings/delHostOverride/${uuid}`);
            },
        ],
        [
            "a process is left in the project's folder",
            /processes left.*"command":"sleep 300/,
            () => Promise.resolve((left = spawn("sleep", ["300"], { cwd: soak.workspace.root }))),
            async () => {
                const gone = once(left!, "exit");
                left!.kill();
                await gone;
            },
        ],
    ])("control: it is found where %s", async (_, message, breaks, mends) => {
        await breaks();
        await expect(soak.expectInvariants()).rejects.toThrow(message);
        await mends();
    });

    test("control: a round in which one is broken says its number and edits; mended, all hold again", async () => {
        const broken = soak.round(2, async ({ router }) => {
            await router.byHand("firewall/alias/addItem", { alias: ALIAS });
        });
        await expect(broken).rejects.toThrow(BrokenInvariant);
        await expect(broken).rejects.toThrow(/^round 2 \(.+\): records of alias that the router works with/);
        const { alias } = (await soak.router.state()).saved;
        const [uuid] = Object.entries(alias!).find(([, { name }]) => name === ALIAS.name)!;
        await soak.router.byHand(`firewall/alias/delItem/${uuid}`);
        await soak.expectInvariants();
    });
});

let left: ReturnType<typeof spawn> | undefined;
const HOST = { host: { hostname: "left", domain: "dvntm.deevnet.net", server: "10.20.25.8", description: "x" } };
const ALIAS = { name: "left", type: "network", content: "10.20.10.0/24", description: "x" };
