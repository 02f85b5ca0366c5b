/** Frames as a VM's own network stack would never send them. */

const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff";
const [IPV4, ARP, DOT1Q, IPV6] = [0x0800, 0x0806, 0x8100, 0x86dd];
const [UDP, ICMPV6] = [17, 58];

/** Types of ICMPv6 (RFC 4861). */
export const ROUTER_ADVERTISEMENT = 134;
export const NEIGHBOUR_SOLICITATION = 135;

/** Every host of a segment that has IPv6, as an address and as a MAC. */
const ALL_NODES = "ff02::1";
const ALL_NODES_MAC = "33:33:00:00:00:01";

export interface Ethernet {
    readonly source: string;
    /** Missing: everybody. */
    readonly destination?: string;
    /** VLAN that the frame claims to be in; missing: untagged. */
    readonly vlan?: number;
}

export interface Datagram {
    readonly source: string;
    readonly destination: string;
    readonly sourcePort: number;
    readonly port: number;
    readonly payload: Buffer;
}

/** A UDP datagram over IPv4, without a UDP checksum, which IPv4 leaves free (RFC 768). */
export function udpFrame(ethernet: Ethernet, { source, destination, sourcePort, port, payload }: Datagram): Buffer {
    const udp = Buffer.concat([words(sourcePort, port, 8 + payload.length, 0), payload]);
    const head = (checksum: number) =>
        Buffer.concat([
            words(0x4500, 20 + udp.length, 0, 0x4000),
            Buffer.from([64, UDP]),
            words(checksum),
            octets(source),
            octets(destination),
        ]);
    return Buffer.concat([header(ethernet, IPV4), head(checksumOf(head(0))), udp]);
}

/** A UDP datagram over IPv6. */
export function udp6Frame(ethernet: Ethernet, { source, destination, sourcePort, port, payload }: Datagram): Buffer {
    const udp = Buffer.concat([words(sourcePort, port, 8 + payload.length, 0), payload]);
    return ipv6Frame(ethernet, source, destination, UDP, udp, 6);
}

/** A message of neighbour discovery to everybody in the segment: a fixed head of 16 bytes without content, and a payload. */
export function discoveryFrame(ethernet: Omit<Ethernet, "destination">, type: number, payload: Buffer): Buffer {
    const message = Buffer.concat([Buffer.from([type, 0]), Buffer.alloc(22), payload]);
    const frame = { ...ethernet, destination: ALL_NODES_MAC };
    return ipv6Frame(frame, linkLocal(ethernet.source), ALL_NODES, ICMPV6, message, 2);
}

/** Link-local address that a host with a MAC gives itself (RFC 4291, modified EUI-64). */
export function linkLocal(mac: string): string {
    const own = bytes(mac);
    own.writeUInt8(own.readUInt8(0) ^ 2, 0);
    const identifier = Buffer.concat([own.subarray(0, 3), Buffer.from([0xff, 0xfe]), own.subarray(3)]).toString("hex");
    return `fe80::${identifier.match(/.{4}/g)!.join(":")}`;
}

/** With the checksum at a place of the body, over the pseudo header (RFC 8200, 8.1). */
function ipv6Frame(
    ethernet: Ethernet,
    source: string,
    destination: string,
    protocol: number,
    body: Buffer,
    at: number,
): Buffer {
    const addresses = Buffer.concat([hextets(source), hextets(destination)]);
    const sum = checksumOf(Buffer.concat([addresses, words(0, body.length, 0, protocol), body]));
    body.writeUInt16BE(sum === 0 ? 0xffff : sum, at);
    const head = Buffer.concat([words(0x6000, 0, body.length), Buffer.from([protocol, 255])]);
    return Buffer.concat([header(ethernet, IPV6), head, addresses, body]);
}

/** A gratuitous ARP reply (RFC 826): `address` is at the sender's MAC. */
export function gratuitousArp(ethernet: Ethernet, address: string): Buffer {
    const mac = bytes(ethernet.source);
    const body = [
        words(1, IPV4),
        Buffer.from([6, 4]),
        words(2),
        mac,
        octets(address),
        bytes(BROADCAST_MAC),
        octets(address),
    ];
    return Buffer.concat([header(ethernet, ARP), ...body]);
}

/** A DHCPOFFER, as a server of somebody's own sends it (RFC 2131): to everybody, or to one address. */
export function dhcpOffer(
    ethernet: Ethernet,
    server: string,
    mark: Buffer,
    destination: string = "255.255.255.255",
): Buffer {
    const fixed = Buffer.alloc(236);
    Buffer.from([2, 1, 6, 0]).copy(fixed);
    mark.copy(fixed, 4, 0, 4);
    octets(server).copy(fixed, 20);
    const options = Buffer.concat([
        Buffer.from([0x63, 0x82, 0x53, 0x63, 53, 1, 2, 54, 4]),
        octets(server),
        Buffer.from([43, mark.length]),
        mark,
        Buffer.from([255]),
    ]);
    const payload = Buffer.concat([fixed, options]);
    return udpFrame(ethernet, { source: server, destination, sourcePort: 67, port: 68, payload });
}

/** A message of a DHCP client (RFC 2131). */
export interface ClientMessage {
    readonly type: "discover" | "request";
    /** Hardware address that it is for, which need not be the frame's. */
    readonly client: Buffer;
    /** Address that it asks for. */
    readonly wanted: string;
    /** Address of the server that it asks; missing: any. */
    readonly server?: string;
    /** Address of the relay that it claims to have come by. */
    readonly relay?: string | undefined;
}

/** A DHCP client's message to everybody, whose answer is to go to everybody, too. */
export function dhcpMessage(ethernet: Ethernet, { type, client, wanted, server, relay }: ClientMessage): Buffer {
    const fixed = Buffer.alloc(236);
    Buffer.from([1, 1, 6, 0]).copy(fixed);
    client.copy(fixed, 4, 2, 6);
    // The flag of a client that has no address to be sent to.
    fixed.writeUInt8(0x80, 10);
    octets(relay ?? "0.0.0.0").copy(fixed, 24);
    client.copy(fixed, 28, 0, 6);
    const payload = Buffer.concat([
        fixed,
        Buffer.from([0x63, 0x82, 0x53, 0x63, 53, 1, type === "discover" ? 1 : 3, 50, 4]),
        octets(wanted),
        ...(server === undefined ? [] : [Buffer.from([54, 4]), octets(server)]),
        Buffer.from([255]),
    ]);
    const ends = { source: "0.0.0.0", destination: "255.255.255.255", sourcePort: 68, port: 67 };
    return udpFrame(ethernet, { ...ends, payload });
}

function header({ source, destination = BROADCAST_MAC, vlan }: Ethernet, type: number): Buffer {
    const tag = vlan === undefined ? [] : [words(DOT1Q, vlan)];
    return Buffer.concat([bytes(destination), bytes(source), ...tag, words(type)]);
}

function checksumOf(data: Buffer): number {
    const even = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)]);
    let sum = 0;
    for (let at = 0; at < even.length; at += 2) {
        sum += even.readUInt16BE(at);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum & 0xffff;
}

function words(...values: readonly number[]): Buffer {
    const buffer = Buffer.alloc(2 * values.length);
    values.forEach((value, index) => buffer.writeUInt16BE(value, 2 * index));
    return buffer;
}

function bytes(mac: string): Buffer {
    return Buffer.from(mac.replaceAll(":", ""), "hex");
}

/** An IPv6 address as sixteen bytes. */
function hextets(address: string): Buffer {
    const [head = "", tail = ""] = address.split("::");
    const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => parseInt(group, 16)));
    const [first, last] = [groups(head), groups(tail)];
    return words(...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last);
}

/** An IPv4 address as four bytes. */
export function octets(address: string): Buffer {
    return Buffer.from(address.split(".").map(Number));
}
