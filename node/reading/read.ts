import { digestOf, type Digests } from "../../state/reading/reading";
import type { Hypervisor, Substrate } from "../../substrate/substrate";
import { withEachNode, type Answers, type NodeClient } from "../client";
import { storageOf, type Listed, type Settings, type Volume } from "../inventory";
import { runs } from "../guestState";
import { guestName, poolName, type GuestSubject, type Subjects } from "./subjects";

/**
 * Digests of all that a refresh would read from the nodes, with three requests for each guest and a few more for all of them, where the
 * provider sends about fifteen for each.
 *
 * They are of the same answers that the provider reads (bpg 0.111.1: proxmoxtf/resource/vm/vm.go, vmRead and findPoolForVM;
 * vm/disk/disk.go:430; vm/network/network.go:207; pool/pool.go:143; firewall/options.go:239, rules.go:347, ipset.go:245 and 261), whole but
 * for what changes by itself, so that equal digests mean an equal reading. PVE's own `digest` is in them: a guest's settings have that of
 * the whole file, pending changes and snapshots among it (PVE/QemuServer.pm of qemu-server, parse_vm_config), and options and rules
 * of a firewall each their own (src/PVE/Firewall.pm of pve-firewall, copy_list_with_digest).
 *
 * @param subjects by the hypervisor's name. A guest that is not there has no digest.
 * @param answers those that the run has asked for already.
 * @throws NodeError where a node cannot be asked.
 */
export async function readDigests(
    substrate: Substrate,
    subjects: ReadonlyMap<string, Subjects>,
    answers: Answers = new Map(),
): Promise<Digests> {
    const read = await withEachNode(substrate, (client, hypervisor) =>
        digestsOn(client.remembering(answers), hypervisor, subjects.get(hypervisor.name)!),
    );
    return new Map(read.flat());
}

type Entry = readonly [name: string, digest: string];

/** Digests of one node's guests and pools. */
export async function digestsOn(
    client: Pick<NodeClient, "get">,
    { name, node }: Pick<Hypervisor, "name" | "node">,
    { guests, pools }: Subjects,
): Promise<Entry[]> {
    const [listed, running, ofPools] = await Promise.all([
        client.get<Listed[]>("/cluster/resources?type=vm"),
        // Asked of the node itself: the list of the cluster's resources is some seconds behind (PVE/Service/pvestatd.pm of pve-manager).
        client.get<Running[]>(`/nodes/${node}/qemu`),
        Promise.all(pools.map(async (pool) => [poolName(name, pool), await poolDigest(client, pool)] as const)),
    ]);
    const there = guests.filter(({ vmid }) => running.some((one) => one.vmid === vmid));
    const answers = await Promise.all(
        there.map(async (guest) => {
            const status = running.find(({ vmid }) => vmid === guest.vmid)!.status;
            return { guest, status, ...(await readGuest(client, node, guest, status)) };
        }),
    );
    const formats = await formatsOf(
        client,
        node,
        answers.flatMap(({ config }) => unformatted(config)),
    );
    const ofGuests = answers.map(({ guest: { vmid }, config, ...others }): Entry => {
        const place = listed.filter((one) => one.vmid === vmid).map((one) => [one.node, one.pool]);
        const volumes = unformatted(config).map((volume) => [volume, formats.get(volume)]);
        return [guestName(name, vmid), digestOf({ place, config, volumes, ...others })];
    });
    return [...ofPools, ...ofGuests];
}

/** A guest in GET /nodes/{node}/qemu. */
interface Running {
    readonly vmid: number;
    readonly status: string;
}

/** Everything of one guest that stands in answers of its own. */
async function readGuest(
    client: Pick<NodeClient, "get">,
    node: string,
    { vmid, ipsets, asksAgent }: GuestSubject,
    status: string,
) {
    const of = (part: string) => client.get<unknown>(`/nodes/${node}/qemu/${vmid}/${part}`);
    const [config, options, rules, sets, entries] = await Promise.all([
        of("config") as Promise<Settings>,
        of("firewall/options"),
        of("firewall/rules"),
        ipsets.length > 0 ? of("firewall/ipset") : [],
        Promise.all(ipsets.map((name) => of(`firewall/ipset/${name}`))),
    ]);
    const asked = asksAgent && runs({ status }) && /^(enabled=)?1\b/.test(String(config["agent"] ?? ""));
    return { config, options, rules, sets, entries, ...(asked && { addresses: addressesIn(await of(AGENT)) }) };
}

const AGENT = "agent/network-get-interfaces";

interface AgentInterface {
    readonly name?: string;
    readonly "hardware-address"?: string;
    readonly "ip-addresses"?: unknown;
}

/** Interfaces without their counters. */
function addressesIn(answer: unknown): unknown {
    const { result = [] } = answer as { result?: readonly AgentInterface[] };
    return result.map((one) => [one.name, one["hardware-address"], one["ip-addresses"]]);
}

/** A pool without what its members use of the machine. */
async function poolDigest(client: Pick<NodeClient, "get">, pool: string): Promise<string> {
    const [found] = await client.get<FoundPool[]>(`/pools?poolid=${encodeURIComponent(pool)}`);
    const members = (found?.members ?? []).map(({ id, type, node, vmid, storage }) => [id, type, node, vmid, storage]);
    return digestOf({ comment: found?.comment, members });
}

interface FoundPool {
    readonly comment?: string;
    readonly members?: readonly Readonly<Record<"id" | "type" | "node" | "vmid" | "storage", unknown>>[];
}

/** Volumes of a guest's disks whose settings do not say their format, for which the provider asks the storage. */
function unformatted(config: Settings): string[] {
    return Object.entries(config)
        .filter(([key]) => /^(scsi|virtio|sata|ide|efidisk)\d+$/.test(key))
        .map(([, drive]) => String(drive))
        .filter((drive) => !/\bmedia=cdrom\b|\bformat=/.test(drive))
        .map((drive) => drive.split(",")[0]!)
        .filter((volume) => volume.includes(":"));
}

/** Formats of volumes, by one request for each of their storages; a volume that is gone has none. */
async function formatsOf(
    client: Pick<NodeClient, "get">,
    node: string,
    volumes: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
    const storages = [...new Set(volumes.map(storageOf))];
    const all = await Promise.all(
        storages.map((storage) =>
            client.get<(Volume & { format?: string })[]>(`/nodes/${node}/storage/${storage}/content`),
        ),
    );
    return new Map(all.flat().map(({ volid, format }) => [volid, format]));
}
