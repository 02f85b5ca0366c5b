import type { MappingKind } from "../substrate/devices";
import type { NodeClient } from "./client";
import { propertiesIn } from "./nics";

/** Mappings of devices by kind and name. */
export type Mappings = Readonly<Record<MappingKind, ReadonlyMap<string, Mapping>>>;

/** A mapping, as far as it is of one node. */
export interface Mapping {
    /** How many devices it has there. */
    readonly devices: number;
    /** In what it is not as the node's hardware, in PVE's words; none where all is well. */
    readonly faults: readonly string[];
}

/** A mapping in GET /cluster/mapping/pci or usb. */
interface ListedMapping {
    readonly id: string;
    readonly map?: readonly string[];
    readonly checks?: readonly Check[];
    /** The same of a USB mapping. */
    readonly errors?: readonly Check[];
}

interface Check {
    readonly severity?: string;
    readonly message: string;
}

/**
 * Reads the mappings that the token may see, which is every one that it may use (PVE/API2/Cluster/Mapping/PCI.pm:103 and USB.pm:96 of
 * pve-manager 9.2.11), and has the node look whether its hardware is as they say.
 *
 * @throws NodeError where the node cannot be asked.
 */
export async function readMappings(client: Pick<NodeClient, "get">, node: string): Promise<Mappings> {
    const of = async (kind: MappingKind) => {
        const listed = await client.get<ListedMapping[]>(`/cluster/mapping/${kind}?check-node=${node}`);
        return new Map(listed.map((one) => [one.id, mappingOn(node, one)]));
    };
    const [pci, usb] = await Promise.all([of("pci"), of("usb")]);
    return { pci, usb };
}

function mappingOn(node: string, { map = [], checks, errors }: ListedMapping): Mapping {
    const found = (checks ?? errors ?? []).filter(({ severity }) => severity !== "warning");
    return {
        devices: map.filter((device) => propertiesIn(device, "node")["node"] === node).length,
        faults: found.map(({ message }) => message.trim()),
    };
}

/** Kind of mapping that a setting names, by PVE's name; undefined for any other setting. */
export function mappingKindOf(key: string): MappingKind | undefined {
    return /^hostpci\d+$/.test(key) ? "pci" : /^usb\d+$/.test(key) ? "usb" : undefined;
}

/** Name of the mapping that a VM's device has; undefined for a setting that is no device, or one of its own. */
export function mappingIn(key: string, value: string | number | undefined): string | undefined {
    return mappingKindOf(key) === undefined ? undefined : propertiesIn(value ?? "", "host")["mapping"];
}
