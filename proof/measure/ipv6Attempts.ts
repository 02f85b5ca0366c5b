import { both, datagram, NO_VLAN, toMate, WHY, type Attempt, type Cast } from "./cast";
import { discoveryFrame, linkLocal, NEIGHBOUR_SOLICITATION, ROUTER_ADVERTISEMENT, udp6Frame } from "./frames";

/** Addresses of a network that the site does not have (RFC 4193). */
const [ANYBODY6, ELSEWHERE6] = ["fd00::1", "fd00::2"];

/** IPv6: neighbours are found by it, and nothing else comes in; who is a router says the router alone. */
export function ipv6Attempts(cast: Cast): Attempt[] {
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
        watchers: [...both(cast), cast.reached.host],
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
