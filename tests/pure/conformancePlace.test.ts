import { freeVlan, TENANT, type Occupied } from "../../proof/conformance/place";
import { tenantText, type Stage } from "../../proof/conformance/tenant";
import type { RouterInventory } from "../../router/inventory";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, SMALL_GUEST, STACK } from "../fixtures";

afterAll(removeProjects);

const SMALL = { vlan: 59, hypervisor: "hv02", diskGiB: 32, tagged: true, opens: "iot_backend" };

describe("the VLAN of a check", () => {
    const NOTHING: Occupied = { guests: [], settings: [], pools: [] };
    const substrate = (vlans: readonly number[], more = "") =>
        loadSubstrate({
            root: project({
                "Pulumi.dvntm.yaml": STACK + more,
                ...Object.fromEntries(
                    vlans.map((vlan) => [`tenants/dvntm/t${vlan}.yaml`, smallTenant(`t${vlan}`, vlan)]),
                ),
            }),
            substrate: "dvntm",
        });
    const API = "  tenant-hypervisors:coreRouter: {mode: api, endpoint: 'https://router.example', vlanParent: re0}\n";
    const EMPTY = {
        ...{
            interfaces: [],
            served: [],
            stopped: [],
            vlans: [],
            subnets: [],
            reservations: [],
            hosts: [],
            hostAliases: [],
        },
        ...{ aliases: [], rules: [], doors: { groups: [], forwards: [], outbound: [], oneToOne: [], unread: [] } },
    } satisfies RouterInventory;
    const carried = (vlan: number) => ({
        vlans: [{ uuid: String(vlan), if: "re0", tag: String(vlan), vlanif: `vlan0.${vlan}` }],
        interfaces: [
            {
                identifier: "opt9",
                device: `vlan0.${vlan}`,
                description: "",
                enabled: true,
                address: `10.20.${vlan}.1/24`,
            },
        ],
    });

    test("is the last that no file, no guest's VMID and no NIC's tag has", () => {
        expect(freeVlan(substrate([50, 59]), NOTHING)).toBe(58);
        const guests = [{ ...SMALL_GUEST, vmid: 5801, pool: "other", tags: [] }];
        const settings = [{ net0: "virtio=02:00:00:00:00:01,bridge=vmbr0,tag=57", name: "tag=56" }];
        expect(freeVlan(substrate([50, 59]), { ...NOTHING, guests, settings })).toBe(56);
    });

    test("is one that the router carries, with nothing on it", () => {
        const router = { ...EMPTY, ...carried(53) };
        expect(freeVlan(substrate([50], API), { ...NOTHING, router })).toBe(53);
        const taken: Partial<RouterInventory>[] = [
            { subnets: [{ uuid: "1", subnet: "10.20.53.0/24" }] },
            { reservations: [{ uuid: "1", ip_address: "10.20.53.10" }] },
            { hosts: [{ uuid: "1", server: "10.20.53.10" }] },
            { rules: [{ uuid: "1", interface: "lan,opt9" }] },
            { served: ["opt9"] },
            { interfaces: [{ ...carried(53).interfaces[0]!, enabled: false }] },
            { interfaces: [{ ...carried(53).interfaces[0]!, address: "10.20.53.254/24" }] },
        ];
        for (const more of taken) {
            const choose = () => freeVlan(substrate([50], API), { ...NOTHING, router: { ...router, ...more } });
            expect(choose).toThrow(/^no VLAN of dvntm is free .*prepare one as docs\/core-router\.md says in 2$/);
        }
    });

    test("that is not there is told", () => {
        const all = Array.from({ length: 10 }, (_, index) => 50 + index);
        expect(() => freeVlan(substrate(all), NOTHING)).toThrow(/nothing was touched: each of VLAN 50-59 has/);
    });

    test.each<[string, Partial<Occupied>]>([
        ["a pool on the node", { pools: [TENANT] }],
        ["a guest on the node", { guests: [{ ...SMALL_GUEST, vmid: 900, pool: TENANT, tags: ["tenant"] }] }],
        [
            "a record on the router",
            { router: { ...EMPTY, rules: [{ uuid: "1", description: `tenant-hypervisors: ${TENANT}: ntp` }] } },
        ],
    ])("%s of the throwaway tenant's name ends the run before it begins", (holder, occupied) => {
        expect(() => freeVlan(substrate([50]), { ...NOTHING, ...occupied })).toThrow(`${holder} of dvntm is named`);
    });
});

test.each<Stage>(["first", "changed", "rebuilt"])(
    "the throwaway tenant is legal at its stage %s, and small",
    (stage) => {
        const [tenant] = loadSubstrate({
            root: project({ "Pulumi.dvntm.yaml": STACK, [`tenants/dvntm/${TENANT}.yaml`]: tenantText(SMALL, stage) }),
            substrate: "dvntm",
        }).tenants;
        expect(tenant!.vms).toMatchObject([
            { vmid: 5901, cores: 1, memoryMiB: 512, onBoot: false, address: "10.20.59.10" },
        ]);
    },
);
