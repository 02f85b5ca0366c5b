/** Frames as a VM's own network stack would never send them. */

const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff";
const [IPV4, ARP, DOT1Q] = [0x0800, 0x0806, 0x8100];
const UDP = 17;

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

/** A DHCPOFFER to everybody, as a server of somebody's own sends it (RFC 2131). */
export function dhcpOffer(ethernet: Ethernet, server: string, mark: Buffer): Buffer {
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
    return udpFrame(ethernet, { source: server, destination: "255.255.255.255", sourcePort: 67, port: 68, payload });
}

function header({ source, destination = BROADCAST_MAC, vlan }: Ethernet, type: number): Buffer {
    const tag = vlan === undefined ? [] : [words(DOT1Q, vlan)];
    return Buffer.concat([bytes(destination), bytes(source), ...tag, words(type)]);
}

function checksumOf(data: Buffer): number {
    let sum = 0;
    for (let at = 0; at < data.length; at += 2) {
        sum += data.readUInt16BE(at);
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

/** An address as four bytes. */
export function octets(address: string): Buffer {
    return Buffer.from(address.split(".").map(Number));
}
