import { formatAmount } from "../substrate/capacity";
import type { HostOutput } from "../definitions/definitions";
import { debianUnder, isKnownPve, KNOWN_PVE } from "../substrate/pveVersion";
import type { Hypervisor } from "../substrate/substrate";

/** Facts that a host tells of itself (host/ansible/facts.sh), as far as its baseline and its tenants depend on it; a text is empty where it has none. */
export type HostFacts = Readonly<HostOutput>;

/** The least that the site asks of every tenant hypervisor, whatever the stack file declares. */
const LEAST = { memoryMiB: 32 * 1024, storageGiB: 1e12 / 1024 ** 3, nicMbit: 1000 };

/** Firmware and kernel keep a share of the memory that is built in, and vendors round a disk's size. */
const SEEN_OF_MEMORY = 0.93;
const SEEN_OF_DISK = 0.98;

/**
 * Reads the lines of key=value that host/ansible/facts.sh writes.
 *
 * @throws RangeError where the text is not whole.
 */
export function parseHostFacts(text: string): HostFacts {
    const lines = new Map(text.split("\n").map((line) => [line.split("=")[0]!, line.slice(line.indexOf("=") + 1)]));
    if (lines.get("end") !== "yes") {
        throw new RangeError(`the host's facts are not whole: ${JSON.stringify(text.slice(0, 200))}`);
    }
    const word = (key: string) => lines.get(key) ?? "";
    const whole = (key: string) => Number.parseInt(word(key), 10) || 0;
    return {
        hostname: word("hostname"),
        system: word("system"),
        pve: word("pve"),
        clustered: word("clustered") !== "no",
        memoryMiB: Math.floor(whole("memory") / 1024),
        threads: whole("threads"),
        virtualisation: word("virtualisation"),
        disksGiB: Math.floor((whole("disks") * 512) / 1024 ** 3),
        datastore: word("datastore"),
        bridge: word("bridge") === "yes",
        nicMbit: whole("nic"),
    };
}

/** Faults of a host, which is not as a tenant hypervisor must be: one line each with expected, found and what to do. */
export function checkHost(hypervisor: Hypervisor, facts: HostFacts): string[] {
    const { name } = hypervisor;
    return [...systemFaults(hypervisor, facts), ...hardwareFaults(hypervisor, facts), ...placeFaults(hypervisor, facts)]
        .filter((fault) => fault !== undefined)
        .map(([what, expected, found, mend]) => `${name}: ${what}: expected ${expected}, found ${found}. ${mend}`);
}

type HostFault = readonly [what: string, expected: string, found: string, mend: string] | undefined;

function systemFaults({ node }: Hypervisor, facts: HostFacts): HostFault[] {
    const { hostname, pve, system, clustered } = facts;
    return [
        hostname === node
            ? undefined
            : ["host name", node, hostname, "Is ssh.host the right machine? Or set node; a PVE node is never renamed"],
        // A version that is not known is told by node/preflight.ts, and nothing is known of what is under it.
        pve === "" ? ["PVE", KNOWN_PVE.join(" or "), "no PVE", "Install the node with PVE"] : undefined,
        isKnownPve(pve) && system !== debianUnder(pve)
            ? [
                  "system",
                  debianUnder(pve),
                  system,
                  `PVE ${pve} is on that: was its upgrade interrupted? See docs/upgrade-pve.md`,
              ]
            : undefined,
        clustered
            ? [
                  "cluster",
                  "none",
                  "/etc/pve/corosync.conf",
                  "A tenant hypervisor stands alone: take it out of the cluster",
              ]
            : undefined,
    ];
}

function hardwareFaults({ hardware }: Hypervisor, facts: HostFacts): HostFault[] {
    const memoryMiB = Math.max(LEAST.memoryMiB, hardware?.memoryMiB ?? 0);
    const storageGiB = Math.max(LEAST.storageGiB, hardware?.storageGiB ?? 0);
    const threads = hardware?.threads ?? 1;
    const memory = (mib: number) => formatAmount(mib, "memory");
    const disk = (gib: number) => formatAmount(Math.floor(gib), "disk");
    const declare = "or declare in hardware what it has, where that is enough";
    return [
        facts.memoryMiB >= memoryMiB * SEEN_OF_MEMORY
            ? undefined
            : ["memory", `${memory(memoryMiB)} or more`, memory(facts.memoryMiB), `Build in more, ${declare}`],
        facts.threads >= threads
            ? undefined
            : ["CPU threads", `${threads} or more`, `${facts.threads}`, "Set hardware.threads to what the CPU has"],
        facts.virtualisation !== ""
            ? undefined
            : ["VT-x", "the CPU flag vmx or svm", "neither", "Turn virtualisation on in the firmware"],
        facts.disksGiB >= storageGiB * SEEN_OF_DISK
            ? undefined
            : ["storage", `${disk(storageGiB)} or more`, disk(facts.disksGiB), `Build in a larger disk, ${declare}`],
    ];
}

function placeFaults({ bridge, datastore }: Hypervisor, facts: HostFacts): HostFault[] {
    const speed = facts.nicMbit === 0 ? "no NIC with a link" : `${facts.nicMbit} Mbit/s`;
    return [
        facts.datastore === "active"
            ? undefined
            : [
                  `datastore ${datastore}`,
                  "active",
                  facts.datastore || "none of that id",
                  "See pvesm status on the host",
              ],
        facts.bridge
            ? undefined
            : [`bridge ${bridge}`, "present", "no such bridge", "Make it on the host, over its NIC; or set bridge"],
        !facts.bridge || facts.nicMbit >= LEAST.nicMbit
            ? undefined
            : [`NIC of ${bridge}`, `${LEAST.nicMbit} Mbit/s or more`, speed, "Check cable and switch port"],
    ];
}
