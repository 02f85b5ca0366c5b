import { dhcpOffer, gratuitousArp, udpFrame } from "../../proof/measure/frames";
import { loadSubstrate } from "../../substrate/load";
import { checksOf, standInsOf, vmsOf, type Check } from "../../proof/proof";
import { mismatchesOf } from "../../proof/findings";
import { jobsOf, verificationOf, type VmAnswer } from "../../proof/verification";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

const TENANT = `name: grooveiq
vlan: 50
allow:
  - { to: vintronics, protocol: tcp, ports: "5432,8000:8010", why: orders }
  - { to: 10.20.99.95/32, protocol: udp, ports: "161", why: switch }
  - { to: 10.10.0.0/16, protocol: icmp, why: the other site }
vms:
  - { name: api-vm01, instance: 1, address: fixed }
  - { name: db-vm01, instance: 2 }
`;
const OTHER = "name: vintronics\nvlan: 51\nvms:\n  - { name: web-vm01, instance: 1, address: fixed }\n";

const substrate = loadSubstrate({
    root: project({
        "Pulumi.dvntm.yaml": STACK,
        "tenants/dvntm/grooveiq.yaml": TENANT,
        "tenants/dvntm/vintronics.yaml": OTHER,
    }),
    substrate: "dvntm",
});
const checks = checksOf(
    substrate,
    new Map([
        [5001, "10.20.50.10"],
        [5002, "10.20.50.100"],
        [5101, "10.20.51.10"],
    ]),
);

/** Probes between two hosts as `protocol port address`, by whether they are open. */
function between(from: string, to: string, open: boolean): string[] {
    const some = checks.filter((check) => check.from === from && check.to === to && check.open === open);
    return some.map(({ probe }) =>
        [probe.protocol, probe.port, probe.address].filter((part) => part !== undefined).join(" "),
    );
}

describe("probes", () => {
    test("ports are asked inside and outside of each range that a rule opens", () => {
        const [api, web] = ["grooveiq/api-vm01", "vintronics/web-vm01"];
        const at = (kinds: readonly string[]) => kinds.map((kind) => `${kind} 10.20.51.10`);
        expect(between(api, web, true)).toEqual(at(["tcp 5432", "tcp 8000", "tcp 8010"]));
        const closed = [
            "icmp",
            "tcp 22",
            "tcp 443",
            "tcp 5431",
            "tcp 5433",
            "tcp 7999",
            "tcp 8011",
            "udp 514",
            "udp 68",
        ];
        expect(between(api, web, false)).toEqual(at(closed));
        expect(between(web, api, true)).toEqual([]);
    });

    test("a network that a file opens has an address of its own in its place, and the rest of the place stays closed", () => {
        expect(between("grooveiq/api-vm01", "management", true)).toEqual(["udp 161 10.20.99.95"]);
        expect(between("grooveiq/api-vm01", "management", false)).toContain("udp 161 10.20.99.100");
        expect(between("grooveiq/api-vm01", "elsewhere", true)).toEqual(["icmp 10.10.0.1"]);
        expect(between("grooveiq/api-vm01", "elsewhere", false)).toContain("icmp 10.0.0.1");
        expect(standInsOf(substrate).find(({ name }) => name === "management")?.addresses).toEqual([
            "10.20.99.100",
            "10.20.99.95",
        ]);
    });

    test("the gateway's DNS is asked as such, and the router's other addresses are closed", () => {
        expect(between("vintronics/web-vm01", "gateway", true)).toEqual(
            ["tcp 53", "dns", "udp 123"].map((kind) => `${kind} 10.20.51.1`),
        );
        expect(between("vintronics/web-vm01", "router", true)).toEqual([]);
        expect(between("vintronics/web-vm01", "router", false)).toContain("dns 10.20.50.1");
    });

    test("every VM is asked from every other, from the site's segments and from the internet", () => {
        const into = checks.filter(({ to }) => to === "grooveiq/db-vm01").map(({ from }) => from);
        expect(new Set(into).size).toBe(2 + 8 + 1);
        expect(between("management", "grooveiq/db-vm01", true)).toContain("tcp 22 10.20.50.100");
        expect(between("internet", "grooveiq/db-vm01", true)).toEqual([]);
        expect(vmsOf(substrate)).toHaveLength(3);
    });
});

describe("verification", () => {
    const tenant = substrate.tenants.find(({ name }) => name === "grooveiq")!;
    const { jobs, unknown } = jobsOf(substrate, tenant, new Map());
    const job = jobs[0]!;

    /** A VM that says of each probe whether it had an answer, and is right in everything else. */
    function answer(answered: (check: Check) => boolean): VmAnswer {
        return {
            lease: { address: "10.20.50.10", gateway: "10.20.50.1", resolvers: ["10.20.50.1"], search: tenant.zone },
            answers: job.checks.map((check) => (answered(check) ? "yes" : "silent")),
            names: job.names.map(([, address]) => (address === undefined ? [] : [address])),
        };
    }

    function mismatches(answered: (check: Check) => boolean): string[] {
        return mismatchesOf(verificationOf(substrate, [{ job, answer: answer(answered) }], 1)).map(({ what }) => what);
    }

    test("a VM whose address no file tells is named, and asked once a person gives it", () => {
        expect(unknown).toEqual(["grooveiq/db-vm01"]);
        const given = jobsOf(substrate, tenant, new Map([["grooveiq/db-vm01", "10.20.50.100"]]));
        expect([given.jobs.map(({ address }) => address), given.unknown]).toEqual([
            ["10.20.50.10", "10.20.50.100"],
            [],
        ]);
    });

    test("what is as declared is no mismatch; an answer through a wall is one, and silence of who is there", () => {
        expect(mismatches(({ open }) => open)).toEqual([]);
        expect(mismatches(({ open, to }) => open || to === "router")).toHaveLength(
            job.checks.filter(({ to }) => to === "router").length,
        );
        expect(mismatches(({ open, to }) => open && to !== "vintronics/web-vm01")).toEqual(
            [5432, 8000, 8010].map((port) => `grooveiq/api-vm01 -> vintronics/web-vm01 (10.20.51.10) tcp ${port}`),
        );
    });

    test("silence of what may have nobody behind it tells nothing", () => {
        expect(mismatches(({ open, to }) => open && to !== "platform" && to !== "internet")).toEqual([]);
        const silent = verificationOf(substrate, [{ job, answer: answer(() => false) }], 1);
        expect(silent.matrix.filter(({ untold }) => untold).map(({ to }) => to)).toEqual(
            expect.arrayContaining(["platform", "internet", "management", "gateway"]),
        );
    });

    test("another resolver and another name than declared are mismatches", () => {
        const right = answer(({ open }) => open);
        const wrong = {
            ...right,
            lease: { ...right.lease, resolvers: ["10.20.99.1"] },
            names: right.names.map(() => ["10.0.0.1"]),
        };
        const found = mismatchesOf(verificationOf(substrate, [{ job, answer: wrong }], 1));
        expect(found).toContainEqual(
            expect.objectContaining({ what: "grooveiq/api-vm01 resolver", measured: "10.20.99.1" }),
        );
        expect(found).toHaveLength(1 + job.names.length);
    });
});

describe("frames", () => {
    const source = "02:de:20:50:00:01";

    test("a datagram has a header whose checksum holds, behind the VLAN that it claims", () => {
        const datagram = {
            source: "10.20.50.10",
            destination: "10.20.51.10",
            sourcePort: 514,
            port: 53,
            payload: Buffer.from("hi"),
        };
        const frame = udpFrame({ source, vlan: 51 }, datagram);
        expect(frame.subarray(0, 18).toString("hex")).toBe("ffffffffffff02de20500001810000330800");
        const header = frame.subarray(18, 38);
        let sum = 0;
        for (let at = 0; at < 20; at += 2) {
            sum += header.readUInt16BE(at);
        }
        expect((sum & 0xffff) + (sum >> 16)).toBe(0xffff);
        expect(header.readUInt16BE(2)).toBe(20 + 8 + 2);
        expect(frame.subarray(38).toString("hex")).toBe("02020035000a00006869");
    });

    test("gratuitous ARP claims an address for the sender; an offer is one of the sender's own server", () => {
        expect(gratuitousArp({ source }, "10.20.50.1").subarray(12).toString("hex")).toBe(
            "08060001080006040002" + "02de20500001" + "0a143201" + "ffffffffffff" + "0a143201",
        );
        const offer = dhcpOffer({ source }, "10.20.50.10", Buffer.from("0123456789ab"));
        expect(offer.subarray(34, 38).toString("hex")).toBe("00430044");
        expect(offer.subarray(42 + 236).toString("hex")).toMatch(/^6382536335010236040a14320a2b0c/);
    });
});
