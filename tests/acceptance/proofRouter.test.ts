import "../router/hurry";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DataPlane, PLANE_INTERNET, type Question } from "../../lab/dataPlane";
import { readRouter, type PlaneState } from "../../lab/planeState";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { routerRecordsOf } from "../../router/records";
import { loadSubstrate } from "../../substrate/load";
import { systemMissing } from "../../tools/labSystem";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";
import { recordsOf } from "../routerRecords";
import { managed, Moment, startRouter, uuidOf, type Resources } from "../router/managed";

jest.setTimeout(120_000);

const missing = systemMissing();
if (missing !== undefined) {
    process.stderr.write(`proofRouter.test.ts: not run, ${missing}\n`);
}
const describeHere = missing === undefined ? describe : describe.skip;

const MANAGEMENT = "10.20.99.22";
const OUTSIDE = "198.41.0.4";
const DATABASE = "10.20.51.10";
const ALLOWED = "allow:\n  - {to: vintronics, protocol: udp, ports: 514, why: logs}\n".replace("514", '"514"');
/** Link-local address of the router, which Linux makes of its MAC. */
const ROUTER_LINK = "fe80::ff:fe00:fe";
/** Longer than any test takes: the tables are filled no more. */
const NEVER_SECONDS = 3600;
const PATIENCE = 1;
const ASKED = join(__dirname, "dhcpAsked.py");

function guest(vmid: number, vlan: number, address: string) {
    const config = {
        net0: `virtio=02:DE:20:${vlan}:00:01,bridge=vmbr0,tag=${vlan}`,
        ipconfig0: `ip=${address}/24,gw=10.20.${vlan}.1`,
    };
    return { vmid, status: "running", config, options: {}, rules: [], ipsets: {} };
}

/** Two VMs without PVE's firewall, so that the router's rules alone decide. */
const NODE: PlaneState["node"] = {
    firewall: {},
    guests: [guest(5001, 50, "10.20.50.10"), guest(5101, 51, DATABASE)],
};

describeHere("the router's walls, with packets", () => {
    let router: SimulatedRouter;
    let plane: DataPlane;
    let tenant: Resources;
    let made: Moment;

    beforeAll(async () => {
        router = await startRouter();
        tenant = declared(ALLOWED);
        await tenant.rules.up();
        made = await Moment.of(router, tenant);
        plane = await DataPlane.start();
        await apply();
        await plane.standIn("management", 0, [`${MANAGEMENT}/24`], "10.20.99.1");
        await plane.standIn(PLANE_INTERNET, 0, [OUTSIDE]);
        await plane.boot([5001, 5101], 5);
        const hosts = { management: [MANAGEMENT], vm5101: [DATABASE], [PLANE_INTERNET]: [OUTSIDE] };
        await plane.listen(hosts, { tcp: [443], udp: [514] });
    });
    afterAll(async () => {
        removeProjects();
        await Promise.all([plane.stop(), router.stop()]);
    });
    beforeEach(async () => {
        await router.set({ table_seconds: 0 });
        tenant = await made.restore(router);
    });

    /** Resources of grooveiq, with what its file has beside its VM. */
    function declared(more: string): Resources {
        const root = project({
            "Pulumi.dvntm.yaml": STACK,
            "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}${more}`,
            "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
        });
        const substrate = loadSubstrate({ root, substrate: "dvntm" });
        return managed(router, "grooveiq", 50, routerRecordsOf(substrate, substrate.tenants[0]!));
    }

    async function apply(): Promise<void> {
        await plane.apply({ node: NODE, router: await readRouter(router) });
    }

    /** Adds a rule by hand that is after all of the tenant's, where nothing else is said, and has it hold. */
    async function addRule(rule: Readonly<Record<string, unknown>>): Promise<void> {
        const last = { sequence: "900000", protocol: "any", description: "by hand" };
        await router.byHand("firewall/filter/addRule", { rule: { ...last, ...rule } });
        await router.byHand("firewall/filter/apply");
    }

    /** Who answers the VM of grooveiq: management, the internet, the other tenant's VM. */
    async function reached(): Promise<readonly string[]> {
        await apply();
        const ask = (address: string): Question => ({ from: "vm5001", protocol: "tcp", address, port: 443 });
        return plane.probe([MANAGEMENT, OUTSIDE, DATABASE].map(ask), PATIENCE);
    }

    const CLOSED = ["silent", PLANE_INTERNET, "silent"];

    describe("from a reload of the rules until tables are filled", () => {
        /** Puts the way to the internet in its old form, which goes by an alias, beside the tenant's own rules. */
        async function oldForm(): Promise<void> {
            const name = "not_internet";
            const networks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
            await router.byHand("firewall/alias/addItem", {
                alias: { name, type: "network", content: networks.join("\n"), description: "x" },
            });
            for (const network of networks) {
                const description = `tenant-hypervisors: grooveiq: block ${network}`;
                await router.byHand(`firewall/filter/delRule/${await uuidOf(router, "rule", { description })}`);
            }
            const uuid = await uuidOf(router, "rule", { description: "tenant-hypervisors: grooveiq: internet" });
            const rule = { destination_net: name, destination_not: "1" };
            await router.byHand(`firewall/filter/setRule/${uuid}`, { rule });
        }

        test("nothing of what is private is reached", async () => {
            await router.set({ table_seconds: NEVER_SECONDS });
            await router.byHand("firewall/alias/reconfigure");
            expect(await reached()).toEqual(CLOSED);
        });

        test("nor after a boot of the router", async () => {
            await router.set({ table_seconds: NEVER_SECONDS });
            await router.reboot();
            expect(await reached()).toEqual(CLOSED);
        });

        test("control: by an alias all of it is reached, in a reload, in a boot and while it is disabled", async () => {
            await oldForm();
            await router.byHand("firewall/alias/reconfigure");
            expect(await reached()).toEqual(CLOSED);
            await router.set({ table_seconds: NEVER_SECONDS });
            await router.reboot();
            const open = ["management", PLANE_INTERNET, "vm5101"];
            expect(await reached()).toEqual(open);
            await router.set({ table_seconds: 0 });
            await router.byHand("firewall/alias/reconfigure");
            expect(await reached()).toEqual(CLOSED);
            const uuid = await uuidOf(router, "alias", { name: "not_internet" });
            await router.byHand(`firewall/alias/toggleItem/${uuid}`);
            await router.byHand("firewall/alias/reconfigure");
            expect(await reached()).toEqual(open);
        });
    });

    test("a rule on a group that holds the interface is before the tenant's own, and one on the interface is not", async () => {
        await addRule({ interface: "opt8" });
        expect(await reached()).toEqual(CLOSED);
        await router.byHand("firewall/group/addItem", { group: { ifname: "tenants", members: "opt8,opt9" } });
        await addRule({ interface: "tenants" });
        expect(await reached()).toEqual(["management", PLANE_INTERNET, "vm5101"]);
    });

    test("a port forward on the interface that lets in by itself passes all rules, one that does not none", async () => {
        const forward = {
            interface: "opt8",
            ipprotocol: "inet",
            protocol: "tcp",
            destination: { network: OUTSIDE, port: "443" },
            target: MANAGEMENT,
            "local-port": "443",
        };
        const { uuid } = await router.byHand("firewall/d_nat/addRule", { rule: forward });
        await router.byHand("firewall/d_nat/apply");
        expect(await reached()).toEqual(["silent", "silent", "silent"]);
        await router.byHand(`firewall/d_nat/setRule/${String(uuid)}`, { rule: { pass: "pass" } });
        await router.byHand("firewall/d_nat/apply");
        expect(await reached()).toEqual(["silent", "management", "silent"]);
    });

    test("IPv6 stays blocked by a rule that passes it after the tenant's, and passes by one before", async () => {
        const router6 = async () => {
            await apply();
            const question = { from: "vm5001", protocol: "tcp", address: ROUTER_LINK, port: 443 } as const;
            return (await plane.probe([question], PATIENCE))[0];
        };
        await addRule({ interface: "opt8", ipprotocol: "inet6" });
        expect(await router6()).toBe("silent");
        await addRule({ interface: "opt8", ipprotocol: "inet6", sequence: "1" });
        expect(await router6()).toBe("refused");
    });

    describe("DHCP, which Kea reads before the rules do", () => {
        const NOBODY = "02:00:00:00:00:99";
        const OF_51 = "0a143300";

        beforeAll(async () => {
            const two = ["grooveiq", "vintronics"].map((name, i) =>
                managed(router, name, 50 + i, recordsOf(name, 50 + i)),
            );
            for (const { dhcp } of two) {
                await dhcp.up();
            }
            made = await Moment.of(router, tenant);
            await apply();
        });

        /** The address that a client in the segment of grooveiq is given for what it asks. */
        function given(asked: Readonly<Record<string, string>>): string {
            const first = readFileSync(`/proc/${plane.pid}/task/${plane.pid}/children`, "utf8").trim();
            const namespace = `--net=/proc/${first}/root/run/netns/vm5001`;
            const fields = JSON.stringify({ kind: "discover", chaddr: NOBODY, ...asked });
            return execFileSync("nsenter", [namespace, "python3", ASKED, fields], { encoding: "utf8" }).trim();
        }

        test("control: a client that asks as clients do is given an address of its own segment", () => {
            expect(given({})).toMatch(/^10\.20\.50\.1\d\d$/);
        });

        // What is not stopped: OPNsense's Kea has no setting that binds a scope to its interface (models/OPNsense/Kea/KeaDhcpv4.xml).
        test.each([
            ["a relay's address", { giaddr: "10.20.51.1" }],
            ["the option of another subnet", { options: `7604${OF_51}` }],
            ["a relay's option of another link", { options: `52060504${OF_51}` }],
        ])("%s of another segment is answered with an address of that", (_, asked) => {
            expect(given(asked)).toMatch(/^10\.20\.51\.1\d\d$/);
        });

        test("with another VM's MAC and a relay's address it is given that VM's reservation", () => {
            expect(given({ giaddr: "10.20.51.1", chaddr: "02:de:20:51:00:01" })).toBe(DATABASE);
        });
    });

    test("an open connection outlives the allowance that opened it, and a new one is not let in", async () => {
        await apply();
        await plane.connect("before", "vm5001", DATABASE, 514);
        expect(await plane.ask("before", PATIENCE)).toBe("vm5101");
        tenant.rules.inputs = declared("").rules.inputs;
        await tenant.rules.up();
        await apply();
        await plane.connect("after", "vm5001", DATABASE, 514);
        expect([await plane.ask("before", PATIENCE), await plane.ask("after", PATIENCE)]).toEqual(["vm5101", "silent"]);
    });
});
