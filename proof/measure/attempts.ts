import type { SentFrames } from "../../lab/dataPlane";
import {
    dhcpOffer,
    discoveryFrame,
    gratuitousArp,
    linkLocal,
    NEIGHBOUR_SOLICITATION,
    ROUTER_ADVERTISEMENT,
    udp6Frame,
    udpFrame,
} from "./frames";

/** UDP port of the attempts that are about no service. */
const PORT = 514;
const [BOOTPS, BOOTPC] = [67, 68];
const NOBODY = "02:00:00:00:00:99";
/** VLAN ID of a frame that has a tag for its priority alone, and so is of its port's own VLAN. */
const NO_VLAN = 0;
/** Addresses of a network that the site does not have (RFC 4193). */
const [ANYBODY6, ELSEWHERE6] = ["fd00::1", "fd00::2"];

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
    /** Address of the host that stands in for the segment platform, which every tenant reaches. */
    readonly platform: string;
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
const WHY = {
    tagged: "own segment only: PVE's rules do not see a frame with a VLAN tag, and its bridge takes this one for the VM's own segment",
    live: "own segment only: PVE lets what belongs to a connection pass before it looks at MAC and address",
    arp: "own segment only: PVE filters ARP by the address that a VM has by its definition, and one that asks by DHCP has none",
    address: "own segment only: a VM that asks by DHCP has no address filter: PVE does not know its address",
    server: "own segment only: the rules let in all that comes from the own segment",
    routed: "to what both reach: PVE and the router let what belongs to a connection pass, whoever sends it",
} as const;

/**
 * Everything that a VM may try to pass for somebody else or to get past the walls: what PVE does not stop says why, and reaches the
 * own segment alone. No attempt may reach the other tenant's VM: each is watched there, and tried once more aimed at it.
 */
export function attemptsOf(cast: Cast): Attempt[] {
    const all = [
        ...macAttempts(cast),
        ...addressAttempts(cast),
        ...tagAttempts(cast),
        ...arpAttempts(cast),
        ...dhcpAttempts(cast),
        ...ipv6Attempts(cast),
        ...liveAttempts(cast),
    ];
    return all
        .filter(({ routed }) => routed === undefined || !cast.allowed)
        .map((attempt) => ({ ...attempt, what: `${cast.self.name}: ${attempt.what}` }));
}

function datagram(sourcePort: number, payload: Buffer, source: string, destination: string) {
    return { source, destination, sourcePort, port: PORT, payload };
}

/** What reaches the neighbour, with the reason why where that is not as it should be. */
function toMate({ mate }: Cast, reaches: boolean, why?: string): Pick<Attempt, "reaches" | "why"> {
    return reaches ? { reaches: [mate.host], ...(why !== undefined && { why }) } : { reaches: [] };
}

function both({ mate, stranger }: Cast): string[] {
    return [mate.host, stranger.host];
}

/** Another MAC than its own: PVE's macfilter, before which DHCP passed where the option `dhcp` is on. */
function macAttempts(cast: Cast): Attempt[] {
    const { self, mate, isolated } = cast;
    const attempt = (what: string, mac: string, sourcePort = cast.freshPort(), port = PORT): Attempt => ({
        what,
        frames: (mark) => [
            [
                self.host,
                udpFrame(
                    { source: mac, destination: mate.mac },
                    { ...datagram(sourcePort, mark, self.address, mate.address), port },
                ),
            ],
        ],
        watchers: both(cast),
        reaches: [],
    });
    return [
        { ...attempt("a frame of its own (control)", self.mac), ...toMate(cast, !isolated) },
        attempt(`with the MAC of ${mate.name}`, mate.mac),
        attempt("with a MAC of nobody", NOBODY),
        attempt("with a MAC of nobody, from DHCP's port to DHCP's", NOBODY, BOOTPC, BOOTPS),
    ];
}

/** Another address than its own: the source of the router's rules, and PVE's address filter. */
function addressAttempts(cast: Cast): Attempt[] {
    const { self, limited, mate, stranger, gateway, platform } = cast;
    const attempt = (what: string, source: string, reaches: boolean, vlan?: number): Attempt => ({
        what,
        frames: (mark) => [
            [
                self.host,
                udpFrame(
                    { source: self.mac, destination: gateway.mac, ...(vlan !== undefined && { vlan }) },
                    datagram(cast.freshPort(), mark, source, platform),
                ),
            ],
        ],
        watchers: ["platform"],
        reaches: reaches ? ["platform"] : [],
    });
    const neighbour = attempt(`with the address of ${mate.name}`, mate.address, !limited);
    const tagged = `in a frame of VLAN ${NO_VLAN}`;
    return [
        attempt("its own address to platform (control)", self.address, true),
        attempt(`with the address of ${stranger.name}`, stranger.address, false),
        limited ? neighbour : { ...neighbour, why: WHY.address },
        {
            ...attempt(`with the address of ${mate.name} ${tagged}`, mate.address, true, NO_VLAN),
            why: limited ? WHY.tagged : WHY.address,
        },
        attempt(`with the address of ${stranger.name} ${tagged}`, stranger.address, false, NO_VLAN),
    ];
}

/** Frames with a VLAN tag, which PVE's rules do not see: its bridge keeps them in the VM's own segment. */
function tagAttempts(cast: Cast): Attempt[] {
    const { self, mate, stranger, isolated, gateway } = cast;
    const attempt = (vlan: number, to: Actor, mac = to.mac): Attempt => ({
        what: `a frame of VLAN ${vlan} with the address of nobody to ${to.name}${mac === to.mac ? "" : " by the gateway"}`,
        frames: (mark) => [
            [
                self.host,
                udpFrame(
                    { source: self.mac, destination: mac, vlan },
                    datagram(cast.freshPort(), mark, nobodyBeside(self.address), to.address),
                ),
            ],
        ],
        watchers: both(cast),
        reaches: [],
    });
    const own = [NO_VLAN, self.vlan].flatMap((vlan) => [
        // The rules of whom it is for see it without its tag.
        { ...attempt(vlan, mate), ...toMate(cast, !isolated, WHY.tagged) },
        { ...attempt(vlan, stranger, gateway.mac), routed: true as const },
    ]);
    return [...own, attempt(stranger.vlan, stranger)];
}

/** An address of the same segment that no VM can have: the last one before the broadcast's. */
function nobodyBeside(address: string): string {
    return address.replace(/\d+$/, "254");
}

/** ARP as the gateway. */
function arpAttempts(cast: Cast): Attempt[] {
    const { self, limited, gateway, stranger } = cast;
    const attempt = (what: string, vlan?: number, destination?: string): Attempt => {
        const link = { source: self.mac, ...(vlan !== undefined && { vlan }), ...(destination && { destination }) };
        return {
            what,
            // The mark is padding, which nobody looks at.
            frames: (mark) => [[self.host, Buffer.concat([gratuitousArp(link, gateway.address), mark])]],
            // A MAC that is not in the segment is looked for by everybody there.
            watchers: destination === undefined ? both(cast) : [stranger.host],
            reaches: [],
        };
    };
    const claim = "gratuitous ARP for the gateway";
    return [
        { ...attempt(claim), ...toMate(cast, !limited, WHY.arp) },
        { ...attempt(`${claim} in a frame of VLAN ${NO_VLAN}`, NO_VLAN), ...toMate(cast, true, WHY.tagged) },
        attempt(`${claim} in a frame of VLAN ${NO_VLAN} to ${stranger.name}`, NO_VLAN, stranger.mac),
    ];
}

/** A DHCP server of its own, in its segment and in another. */
function dhcpAttempts(cast: Cast): Attempt[] {
    const { self, isolated, stranger, gateway } = cast;
    const attempt = (
        what: string,
        server: string,
        link: { vlan?: number; destination?: string },
        to?: string,
    ): Attempt => ({
        what,
        frames: (mark) => [[self.host, dhcpOffer({ source: self.mac, ...link }, server, mark, to)]],
        watchers: both(cast),
        reaches: [],
    });
    return [
        {
            ...attempt("a DHCP server of its own", self.address, {}),
            ...toMate(cast, !isolated, WHY.server),
        },
        {
            ...attempt(`a DHCP server that passes for the gateway in a frame of VLAN ${NO_VLAN}`, gateway.address, {
                vlan: NO_VLAN,
            }),
            ...toMate(cast, true, WHY.tagged),
        },
        {
            ...attempt(
                `a DHCP server of its own for ${stranger.name}`,
                self.address,
                { destination: gateway.mac },
                stranger.address,
            ),
            routed: true,
        },
    ];
}

/** IPv6: neighbours are found by it, and nothing else comes in; who is a router says the router alone. */
function ipv6Attempts(cast: Cast): Attempt[] {
    const { self, mate, stranger, gateway } = cast;
    const own = linkLocal(self.mac);
    const discovery = (what: string, type: number, vlan?: number): Attempt => ({
        what,
        frames: (mark) => [
            [self.host, discoveryFrame({ source: self.mac, ...(vlan !== undefined && { vlan }) }, type, mark)],
        ],
        watchers: both(cast),
        reaches: [],
    });
    const packet = (what: string, mac: string, source: string, destination: string): Attempt => ({
        what,
        frames: (mark) => [
            [
                self.host,
                udp6Frame(
                    { source: self.mac, destination: mac },
                    datagram(cast.freshPort(), mark, source, destination),
                ),
            ],
        ],
        watchers: [...both(cast), "platform"],
        reaches: [],
    });
    const advertisement = "a router advertisement";
    return [
        { ...discovery("a neighbour solicitation (control)", NEIGHBOUR_SOLICITATION), ...toMate(cast, true) },
        discovery(advertisement, ROUTER_ADVERTISEMENT),
        {
            ...discovery(`${advertisement} in a frame of VLAN ${NO_VLAN}`, ROUTER_ADVERTISEMENT, NO_VLAN),
            ...toMate(cast, true, WHY.tagged),
        },
        packet(`IPv6 to ${mate.name}`, mate.mac, own, linkLocal(mate.mac)),
        packet(`IPv6 to ${stranger.name}`, stranger.mac, own, linkLocal(stranger.mac)),
        packet("IPv6 to somewhere else by the gateway", gateway.mac, ANYBODY6, ELSEWHERE6),
    ];
}

/** Connections: what one of two VMs that work together sent lets the other's answer through, on the node as a whole. */
function liveAttempts(cast: Cast): Attempt[] {
    const { self, mate, stranger, isolated, gateway } = cast;
    const said = Buffer.from("said before");
    type Ends = readonly [address: string, port: number];
    const frame = (from: Actor, source: Ends, to: Ends, payload: Buffer, mac: string, own = from.mac) => {
        const link = { source: own, destination: mac };
        const [[sender, sourcePort], [destination, port]] = [source, to];
        return [from.host, udpFrame(link, { source: sender, sourcePort, destination, port, payload })] as const;
    };
    const inFlow = (to: Actor, mac: string): Attempt => {
        const [here, there]: Ends[] = [
            [self.address, cast.freshPort()],
            [to.address, cast.freshPort()],
        ];
        return {
            what: `with a MAC of nobody in a connection to ${to.name}`,
            frames: (mark) => [
                frame(self, here!, there!, said, mac),
                frame(to, there!, here!, said, mac === to.mac ? self.mac : mac),
                frame(self, here!, there!, mark, mac, NOBODY),
            ],
            watchers: both(cast),
            reaches: [],
        };
    };
    const stolen: Ends = [stranger.address, cast.freshPort()];
    const unasked: Ends[] = [
        [self.address, cast.freshPort()],
        [stranger.address, cast.freshPort()],
    ];
    return [
        { ...inFlow(mate, mate.mac), ...toMate(cast, !isolated, WHY.live) },
        { ...inFlow(stranger, gateway.mac), routed: true },
        {
            routed: true,
            what: `an answer from ${stranger.name} to what never reached it`,
            frames: (mark) => [
                frame(self, unasked[0]!, unasked[1]!, said, gateway.mac),
                frame(stranger, unasked[1]!, unasked[0]!, mark, gateway.mac),
            ],
            watchers: [self.host],
            reaches: [],
        },
        {
            what: `with the address of ${stranger.name} in its connection to platform`,
            frames: (mark) => [
                frame(stranger, stolen, [cast.platform, PORT], said, gateway.mac),
                frame(self, stolen, [cast.platform, PORT], mark, gateway.mac),
            ],
            watchers: ["platform"],
            reaches: ["platform"],
            why: WHY.routed,
        },
    ];
}
