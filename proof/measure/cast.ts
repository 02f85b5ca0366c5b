import type { SentFrames } from "../../lab/dataPlane";
import type { Place } from "./places";

/** UDP port of the attempts that are about no service. */
export const PORT = 514;

/** A MAC that no VM has. */
export const NOBODY = "02:00:00:00:00:99";

/** VLAN ID of a frame that has a tag for its priority alone, and so is of its port's own VLAN. */
export const NO_VLAN = 0;

/** A VM of a tenant with another of the same, and one of another tenant, as they stand in the data plane. */
export interface Cast {
    readonly self: Actor;
    /** Whether PVE's address filter limits it to its own address. */
    readonly limited: boolean;
    /** Whether the tenant's VMs are kept from each other. */
    readonly isolated: boolean;
    readonly mate: Actor;
    readonly stranger: Actor;
    readonly gateway: { readonly address: string; readonly mac: string };
    /** Host of a place that every tenant reaches. */
    readonly reached: Place;
    /** Address of the own segment that no VM has. */
    readonly nobody: string;
    /** Source port that no attempt before had: what was answered once passes whoever sends it. */
    readonly freshPort: () => number;
    /** Whether a file opens a way between the two tenants that the attempts would be on. */
    readonly allowed: boolean;
}

/** A VM in the data plane. */
export interface Actor {
    readonly name: string;
    readonly host: string;
    readonly mac: string;
    readonly address: string;
    readonly vlan: number;
}

/** One attempt: who of the watchers is to get it, and why where PVE does not stop it. */
export interface Attempt {
    readonly what: string;
    /** The last one counts; it alone has the mark. */
    readonly frames: (mark: Buffer) => SentFrames["frames"];
    readonly watchers: readonly string[];
    readonly reaches: readonly string[];
    readonly why?: string;
    /** Set where it asks the router to forward it to the other tenant's VM. */
    readonly routed?: true;
}

/** Reasons, for a person who reads that something was not stopped. */
export const WHY = {
    tagged: "own segment only: PVE's rules do not see a frame with a VLAN tag, and its bridge takes this one for the VM's own segment",
    live: "own segment only: PVE lets what belongs to a connection pass before it looks at MAC and address",
    arp: "own segment only: PVE filters ARP by the address that a VM has by its definition, and one that asks by DHCP has none",
    address: "own segment only: a VM that asks by DHCP has no address filter: PVE does not know its address",
    server: "own segment only: the rules let in all that comes from the own segment",
    routed: "to what both reach: PVE and the router let what belongs to a connection pass, whoever sends it",
} as const;

/** A datagram of an attempt. */
export function datagram(sourcePort: number, payload: Buffer, source: string, destination: string) {
    return { source, destination, sourcePort, port: PORT, payload };
}

/** Frames that reach the neighbour, with the reason why where that is not as it should be. */
export function toMate({ mate }: Cast, reaches: boolean, why?: string): Pick<Attempt, "reaches" | "why"> {
    return reaches ? { reaches: [mate.host], ...(why !== undefined && { why }) } : { reaches: [] };
}

/** Watchers of an attempt inside a segment: who is to get it, and who is not. */
export function both({ mate, stranger }: Cast): string[] {
    return [mate.host, stranger.host];
}
