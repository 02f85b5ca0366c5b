import { both, datagram, NO_VLAN, NOBODY, toMate, WHY, type Actor, type Attempt, type Cast } from "./cast";
import { connectionAttempts } from "./connectionAttempts";
import { dhcpOffer, gratuitousArp, udpFrame } from "./frames";
import { ipv6Attempts } from "./ipv6Attempts";

const [BOOTPS, BOOTPC] = [67, 68];

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
        ...connectionAttempts(cast),
    ];
    return all
        .filter(({ routed }) => routed === undefined || !cast.allowed)
        .map((attempt) => ({ ...attempt, what: `${cast.self.name}: ${attempt.what}` }));
}

/** Another MAC than its own: PVE's macfilter, before which DHCP passed where the option `dhcp` is on. */
function macAttempts(cast: Cast): Attempt[] {
    const { self, mate, isolated, gateway, reached } = cast;
    const attempt = (what: string, mac: string): Attempt => {
        const packet = (mark: Buffer) => datagram(sourcePort, mark, self.address, mate.address);
        const sourcePort = cast.freshPort();
        return {
            what,
            frames: (mark) => [[self.host, udpFrame({ source: mac, destination: mate.mac }, packet(mark))]],
            watchers: both(cast),
            reaches: [],
        };
    };
    const asClient = (mark: Buffer) => {
        const ends = { source: self.address, destination: reached.address };
        const packet = { ...ends, sourcePort: BOOTPC, port: BOOTPS, payload: mark };
        return udpFrame({ source: NOBODY, destination: gateway.mac }, packet);
    };
    return [
        { ...attempt("a frame of its own (control)", self.mac), ...toMate(cast, !isolated) },
        attempt(`with the MAC of ${mate.name}`, mate.mac),
        attempt("with a MAC of nobody", NOBODY),
        {
            what: `with a MAC of nobody, from DHCP's port to DHCP's on ${reached.name}`,
            frames: (mark) => [[self.host, asClient(mark)]],
            watchers: [reached.host],
            reaches: [],
        },
    ];
}

/** Another address than its own: the source of the router's rules, and PVE's address filter. */
function addressAttempts(cast: Cast): Attempt[] {
    const { self, limited, mate, stranger, gateway, reached } = cast;
    const attempt = (what: string, source: string, reaches: boolean, vlan?: number): Attempt => ({
        what,
        frames: (mark) => [
            [
                self.host,
                udpFrame(
                    { source: self.mac, destination: gateway.mac, ...(vlan !== undefined && { vlan }) },
                    datagram(cast.freshPort(), mark, source, reached.address),
                ),
            ],
        ],
        watchers: [reached.host],
        reaches: reaches ? [reached.host] : [],
    });
    const neighbour = attempt(`with the address of ${mate.name}`, mate.address, !limited);
    const tagged = `in a frame of VLAN ${NO_VLAN}`;
    return [
        attempt(`its own address to ${reached.name} (control)`, self.address, true),
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
    const { self, mate, stranger, isolated, gateway, nobody } = cast;
    const attempt = (vlan: number, to: Actor, mac = to.mac): Attempt => ({
        what: `a frame of VLAN ${vlan} with the address of nobody to ${to.name}${mac === to.mac ? "" : " by the gateway"}`,
        frames: (mark) => [
            [
                self.host,
                udpFrame(
                    { source: self.mac, destination: mac, vlan },
                    datagram(cast.freshPort(), mark, nobody, to.address),
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
