import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { configurationOf } from "../../lab/bench/peerConfiguration";
import { plotOf } from "../../lab/bench/plot";
import { reportOf } from "../../lab/bench/report";
import { lineThrough, rowsOf, spreadOf } from "../../lab/bench/results";
import { Sampler } from "../../lab/bench/sampler";
import { timesInTables } from "../../lab/bench/timesInTables";
import type { Sample } from "../../lab/bench/series";
import type { SideName } from "../../lab/bench/side";

const DOCS = resolve(__dirname, "../../docs");

jest.setTimeout(60_000);

function sample(side: SideName, vms: number, seconds: number): Sample {
    return {
        side,
        vms,
        run: 1,
        step: "create",
        seconds,
        cpu: { pulumi: 1, node: 0.5 },
        peakMiB: 100,
        requests: 10 * vms,
    };
}

const SAMPLES = [1, 20, 100].flatMap((vms) => [
    sample("tenants", vms, 2 + vms * 0.1),
    sample("tenants", vms, 3 + vms * 0.1),
    sample("tenants", vms, 9 + vms * 0.1),
    sample("pulumi", vms, 3 + vms * 0.1),
    sample("peer", vms, 1 + vms * 0.05),
]);

test("the median of an even number of values is between the two in the middle", () => {
    expect(spreadOf([4, 1, 2, 9])).toEqual({ median: 3, min: 1, max: 9 });
});

test("a line is found where growth is linear, and its fit tells where it is not", () => {
    const line = lineThrough([1, 20, 100].map((vms) => [vms, 3 + vms * 0.1]))!;
    expect([line.fixed, line.perVm, line.fit].map((value) => Number(value.toFixed(6)))).toEqual([3, 0.1, 1]);
    expect(lineThrough([1, 50, 100].map((vms) => [vms, vms ** 4]))!.fit).toBeLessThan(0.9);
    expect(
        lineThrough([
            [1, 2],
            [2, 3],
        ]),
    ).toBeUndefined();
});

test("the report has medians, spreads, ratios and growth", () => {
    const circumstances = {
        command: "make bench",
        machine: "2 cores",
        peer: "terraform 1",
        runs: 3,
        times: "At once.",
    };
    const report = reportOf(rowsOf(SAMPLES), circumstances);
    expect(report).toContain(
        "| create | 13.0 (12.0-19.0) **2.17** | 13.0 **2.17** | 6.00 | 1.50 / 1.50 / 1.50 | 100 / 100 / 100 | 1000 / 1000 / 1000 |",
    );
    expect(report).toContain("| create | `tenants` | 3.00 | 100 | 1.000 |");
    const alone = reportOf(rowsOf(SAMPLES.filter(({ side }) => side === "tenants")), {
        ...circumstances,
        peer: undefined,
    });
    expect(alone).toContain("No peer was on the machine");
    expect(alone).toContain("| create | 13.0 (12.0-19.0) | 1.50 | 100 | 1000 |");
});

test("the plot names all sides, axes and units, and is logarithmic: ten times as much is everywhere as far", () => {
    const spread = (seconds: number) => ({ median: seconds, min: seconds, max: seconds });
    const rows = [1, 10, 100].map((vms) => ({
        vms,
        step: "create" as const,
        sides: { tenants: spread(vms), peer: spread(2) },
    }));
    const plot = plotOf(rows);
    for (const words of ["tenants", "bpg/proxmox (Terraform)", "wall time, s", "VMs", "create"]) {
        expect(plot).toContain(`>${words}<`);
    }
    const lines = [...plot.matchAll(/<polyline points="([^"]+)"/g)].map(([, points]) =>
        points!.split(" ").map((point) => point.split(",").map(Number)),
    );
    expect(lines).toHaveLength(2);
    const [[x1, y1], [x2, y2], [x3, y3]] = lines[0] as [[number, number], [number, number], [number, number]];
    expect(x2 - x1).toBeCloseTo(x3 - x2, 0);
    expect(y1 - y2).toBeCloseTo(y2 - y3, 0);
    expect(y1 - y2).toBeGreaterThan(10);
    expect(new Set(lines[1]!.map(([, y]) => y)).size).toBe(1);
    // Without a peer it is not named.
    expect(plotOf(rows.map(({ sides, ...row }) => ({ ...row, sides: { tenants: sides.tenants } })))).not.toContain(
        "Terraform",
    );
});

test("tables of a report give back their times, beside a peer and alone", () => {
    const circumstances = { command: "c", machine: "m", peer: "terraform 1", runs: 3, times: "At once." };
    expect(timesInTables(reportOf(rowsOf(SAMPLES), circumstances))).toContainEqual({
        vms: 100,
        step: "create",
        sides: {
            tenants: { median: 13, min: 12, max: 19 },
            pulumi: { median: 13, min: 13, max: 13 },
            peer: { median: 6, min: 6, max: 6 },
        },
    });
    const alone = rowsOf(SAMPLES.filter(({ side }) => side === "tenants"));
    expect(timesInTables(reportOf(alone, { ...circumstances, peer: undefined }))[0]).toEqual({
        vms: 1,
        step: "create",
        sides: { tenants: { median: 3.1, min: 2.1, max: 9.1 } },
    });
});

test.each(["instant", "real"])("the page's plot %s is drawn of its tables; WRITE_PICTURES=1 draws it", (kind) => {
    const page = readFileSync(join(DOCS, "benchmark.md"), "utf8");
    const [begin, end] = [`<!-- ${kind}: written by make bench -->`, `<!-- end of ${kind} -->`].map((mark) =>
        page.indexOf(mark),
    );
    const drawn = plotOf(timesInTables(page.slice(begin, end)));
    const file = join(DOCS, `benchmark-${kind}.svg`);
    if (process.env["WRITE_PICTURES"] === "1") {
        writeFileSync(file, drawn);
    }
    expect(readFileSync(file, "utf8")).toBe(drawn);
});

test("the peer's configuration is what our state says, in Terraform's words and order", () => {
    const urn = (name: string) => `urn:pulumi:dvntm::tenant-hypervisors::t::${name}`;
    const { resource } = configurationOf(
        [
            { urn: urn("component"), type: "deevnet:tenant:TenantVm", inputs: { vmId: 1 } },
            {
                urn: urn("one-pool"),
                type: "proxmoxve:index/poolLegacy:PoolLegacy",
                inputs: { __defaults: [], poolId: "one" },
            },
            {
                urn: urn("one-vm"),
                type: "proxmoxve:index/vmLegacy:VmLegacy",
                inputs: {
                    __defaults: ["bios", "serialDevices"],
                    bios: "seabios",
                    poolId: "one",
                    disks: [{ __defaults: ["cache"], cache: "none", datastoreId: "local-lvm" }],
                    networkDevices: [{ bridge: "vmbr0", vlanId: 50 }],
                    serialDevices: [{ device: "socket" }],
                    started: false,
                },
                propertyDependencies: { poolId: [urn("component"), urn("one-pool")], disks: [] },
            },
        ],
        "https://127.0.0.1:1",
    );
    expect(Object.keys(resource)).toEqual(["proxmox_virtual_environment_pool", "proxmox_virtual_environment_vm"]);
    expect(resource["proxmox_virtual_environment_vm"]!["one-vm"]).toEqual({
        pool_id: "${proxmox_virtual_environment_pool.one-pool.pool_id}",
        disk: [{ datastore_id: "local-lvm" }],
        network_device: [expect.objectContaining({ bridge: "vmbr0", vlan_id: 50, mtu: null })],
        serial_device: [{ device: "socket" }],
        started: true,
        lifecycle: { ignore_changes: ["clone"] },
    });
});

test("a command's CPU and memory are those of all its processes", async () => {
    // To ask for the time is the system's, not the user's: a loop of nothing else may take for ever to spend some of the user's.
    const busy =
        "const held = Buffer.alloc(60e6, 1); while (process.cpuUsage().user < 8e5) for (let n = 0; n < 1e7; n++); held.length;";
    const child = spawn("sh", ["-c", `node -e '${busy}' & node -e '${busy}'; wait`], { stdio: "ignore" });
    const sampler = new Sampler(child.pid!);
    await new Promise((resolve) => child.on("close", resolve));
    const { cpu, peakMiB } = sampler.stop();
    expect(Object.keys(cpu).sort()).toEqual(["node", "sh"]);
    // Two that hold 57 MiB each, beside what Node.js takes.
    expect(peakMiB).toBeGreaterThan(140);
    expect(cpu["node"]).toBeGreaterThan(1);
});
