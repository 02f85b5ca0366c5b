import { both, NOBODY, PORT, toMate, WHY, type Actor, type Attempt, type Cast } from "./cast";
import { udpFrame } from "./frames";

/** An address and a port. */
type End = readonly [address: string, port: number];

const SAID = Buffer.from("said before");

/** Connections: what one of two VMs that work together sent lets the other's answer through, on the node as a whole. */
export function connectionAttempts(cast: Cast): Attempt[] {
    const { mate, stranger, isolated, gateway } = cast;
    return [
        { ...withAnyMac(cast, mate, mate.mac), ...toMate(cast, !isolated, WHY.live) },
        { ...withAnyMac(cast, stranger, gateway.mac), routed: true },
        unasked(cast),
        stolen(cast),
    ];
}

function frame(from: Actor, ends: readonly [End, End], payload: Buffer, to: string, own = from.mac) {
    const [[source, sourcePort], [destination, port]] = ends;
    return [
        from.host,
        udpFrame({ source: own, destination: to }, { source, sourcePort, destination, port, payload }),
    ] as const;
}

/** A packet of a connection that was answered, with a MAC of nobody; `mac` is whom its frames go to. */
function withAnyMac(cast: Cast, to: Actor, mac: string): Attempt {
    const { self } = cast;
    const [here, there]: [End, End] = [
        [self.address, cast.freshPort()],
        [to.address, cast.freshPort()],
    ];
    return {
        what: `with a MAC of nobody in a connection to ${to.name}`,
        frames: (mark) => [
            frame(self, [here, there], SAID, mac),
            frame(to, [there, here], SAID, mac === to.mac ? self.mac : mac),
            frame(self, [here, there], mark, mac, NOBODY),
        ],
        watchers: both(cast),
        reaches: [],
    };
}

/** A packet that PVE takes for the answer to one that the router stopped. */
function unasked({ self, stranger, gateway, freshPort }: Cast): Attempt {
    const [here, there]: [End, End] = [
        [self.address, freshPort()],
        [stranger.address, freshPort()],
    ];
    return {
        routed: true,
        what: `an answer from ${stranger.name} to what never reached it`,
        frames: (mark) => [
            frame(self, [here, there], SAID, gateway.mac),
            frame(stranger, [there, here], mark, gateway.mac),
        ],
        watchers: [self.host],
        reaches: [],
    };
}

/** A packet in another tenant's connection to what both reach. */
function stolen({ self, stranger, gateway, reached, freshPort }: Cast): Attempt {
    const ends: [End, End] = [
        [stranger.address, freshPort()],
        [reached.address, PORT],
    ];
    return {
        what: `with the address of ${stranger.name} in its connection to ${reached.name}`,
        frames: (mark) => [frame(stranger, ends, SAID, gateway.mac), frame(self, ends, mark, gateway.mac)],
        watchers: [reached.host],
        reaches: [reached.host],
        why: WHY.routed,
    };
}
