import { resolve } from "node:path";
import { checkHost, parseHostFacts } from "../../host/facts";
import { cpuFault } from "../../substrate/cpuTypes";
import { loadSubstrate } from "../../substrate/load";
import { isAtLeast, isKnownPve, versionWarning } from "../../substrate/pveVersion";

const hv02 = loadSubstrate({ root: resolve(__dirname, "..", ".."), substrate: "dvntm" }).hypervisors[0]!;

test.each([
    ["9.0", "9.0", true],
    ["9.2.11", "9.0", true],
    ["8.4.21", "9.0", false],
    ["10.0", "9.2", true],
    ["9", "9.0", true],
    ["9.0.0~rc1", "9.0", true],
])("%s is %s or newer: %s", (version, least, expected) => {
    expect(isAtLeast(version, least)).toBe(expected);
});

describe("a version that is none of the known ones", () => {
    test.each(["8.4.1", "8.4", "9.2.11"])("control: %s is one", (version) => {
        expect([isKnownPve(version), versionWarning("hv02", "pve2", version)]).toEqual([true, undefined]);
    });

    test.each(["8.3.5", "9.0.3", "9.20.1", "10.1", "8.40"])("%s is told with what was found", (version) => {
        expect(versionWarning("hv02", "pve2", version)).toMatch(
            new RegExp(
                `^hv02: node pve2 runs PVE ${version.replaceAll(".", "\\.")}, which is not known to work: .* 8\\.4 and 9\\.2\\.`,
            ),
        );
    });
});

describe("a host's facts", () => {
    const HARDWARE = [
        "memory=32719204\nthreads=8\nvirtualisation=vmx\ndisks=1953525168\ndatastore=active\nbridge=yes\nnic=1000",
        "clustered=no\nend=yes",
    ].join("\n");
    const faults = (pve: string, system: string, hardware = HARDWARE) =>
        checkHost(hv02, parseHostFacts(`hostname=pve2\nsystem=${system}\npve=${pve}\n${hardware}`));

    test.each([
        ["8.4.1", "debian 12"],
        ["9.2.11", "debian 13"],
        // What is not known is told before a run, and nothing is known of what is under it.
        ["10.0.2", "debian 14"],
    ])("PVE %s on %s passes", (pve, system) => {
        expect(faults(pve, system)).toEqual([]);
    });

    test.each([
        ["8.4.1", "debian 13", "hv02: system: expected debian 12, found debian 13."],
        [
            "9.2.11",
            "debian 12",
            "hv02: system: expected debian 13, found debian 12. PVE 9.2.11 is on that: was its upgrade",
        ],
        ["", "debian 13", "hv02: PVE: expected 8.4 or 9.2, found no PVE."],
    ])("PVE %s on %s is refused", (pve, system, message) => {
        expect(faults(pve, system)).toEqual([expect.stringContaining(message)]);
    });

    test.each([
        ["8.4.1", "debian 12"],
        ["9.2.11", "debian 13"],
    ])("the least of hardware is the same on PVE %s", (pve, system) => {
        const small = HARDWARE.replace("32719204", "16000000")
            .replace("vmx", "")
            .replace("1953525168", "976773168")
            .replace("nic=1000", "nic=100");
        expect(faults(pve, system, small).map((line) => line.split(". ")[0])).toEqual([
            "hv02: memory: expected 32 GiB or more, found 15.26 GiB",
            "hv02: VT-x: expected the CPU flag vmx or svm, found neither",
            "hv02: storage: expected 931 GiB or more, found 465 GiB",
            "hv02: NIC of vmbr0: expected 1000 Mbit/s or more, found 100 Mbit/s",
        ]);
    });
});

test("a CPU type that came with PVE 9 is refused by a node of 8.4, and by no other", () => {
    expect(cpuFault("EPYC-Turin", [], "8.4.1")).toBe(
        "the node runs PVE 8.4.1, and EPYC-Turin came with PVE 9: choose another CPU type, or upgrade the node",
    );
    expect([cpuFault("EPYC-Turin"), cpuFault("EPYC-Turin", [], "9.2.11"), cpuFault("EPYC", [], "8.4.1")]).toEqual([
        undefined,
        undefined,
        undefined,
    ]);
});
