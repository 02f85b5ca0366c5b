import type { Check, Probe } from "./proof";

/** One thing that was measured, and whether it is as declared. */
export interface Finding {
    readonly what: string;
    readonly expected: string;
    readonly measured: string;
    readonly ok: boolean;
    /** Why this design does not stop it. */
    readonly note?: string;
}

/** A probe of the matrix with what came of it. */
export interface Measured extends Check {
    /** Who answered; missing: nobody did. */
    readonly answered?: string;
    readonly ok: boolean;
    /** Nobody answered, and perhaps nobody is there: it tells nothing. */
    readonly untold?: true;
}

/** Result of a whole proof. */
export interface Proof {
    readonly substrate: string;
    /** Version of PVE, and which of its firewalls made the walls that were measured; missing where nobody asked the node. */
    readonly node?: string;
    readonly vms: number;
    readonly matrix: readonly Measured[];
    /** Address, gateway, resolver, search domain and time server that each VM came up with. */
    readonly addresses: readonly Finding[];
    readonly names: readonly Finding[];
    readonly spoofing: readonly Finding[];
    /** Frames past a VM's walls at every moment of its life; empty where no VM may be made anew. */
    readonly moments: readonly Finding[];
    /** Faults made on purpose: each must turn something red. */
    readonly controls: readonly Finding[];
    /** NICs that nothing was measured at; missing for none. */
    readonly unmeasured?: readonly string[];
    readonly seconds: number;
}

/** Everything that is not as declared, the matrix's as findings too. */
export function mismatchesOf(proof: Proof): Finding[] {
    const { matrix, addresses, names, spoofing, moments, controls } = proof;
    const others = [...addresses, ...names, ...spoofing, ...moments, ...controls];
    return [...matrix.filter(({ ok }) => !ok).map(asFinding), ...others.filter(({ ok }) => !ok)];
}

/** A probe's question in words, as `udp 68 from port 67`. */
export function probeText({ protocol, port, sourcePort }: Omit<Probe, "address">): string {
    const what = port === undefined ? protocol : `${protocol} ${port}`;
    return sourcePort === undefined ? what : `${what} from port ${sourcePort}`;
}

function asFinding({ from, to, probe, open, rule, answered, ok }: Measured): Finding {
    return {
        what: `${from} -> ${to} (${probe.address}) ${probeText(probe)}`,
        expected: open ? `open, by ${rule ?? "a rule"}` : "denied",
        measured: answered === undefined ? "no answer" : `${answered} answered`,
        ok,
    };
}
