import type { SimulatedRouter } from "../lab/simulatedRouter";
import { escaped } from "../proof/conformance/form";
import { interfaceOf, uuidOf, type KindName } from "./router/managed";

/** Something that goes wrong on the router, at one resource of a tenant. */
export interface Cause {
    readonly what: string;
    /** The resource that meets it. */
    readonly at: KindName;
    /** Fault of the simulated router (POST /faults of its control interface). */
    readonly fault?: Readonly<Record<string, unknown>>;
    /** Changes of the router by a person before; gives back how it is undone, where it has to be. */
    readonly byHand?: (router: SimulatedRouter) => Promise<() => Promise<unknown>>;
    /** Message about it: what was asked, for which record, and what to do. `…` stands for whatever there is. */
    readonly says: string;
}

const LOG = "see System > Log Files > Backend on the router, then run it again";
const REFUSED = "the router refused it: field: no. Mend that on the router or in the tenant's file, then run it again.";

/** A record in an error, by its description; `…` stands for whatever there is. */
export function recordOf(description: string): string {
    return ` for "tenant-hypervisors: ${description}"`;
}

/** The next request is refused with a reason. */
export function refusal(what: string, at: KindName, path: string, record: string): Cause {
    return {
        what: `${what} is refused`,
        at,
        fault: { ...once(path), result: "failed", validations: { field: "no" } },
        says: `POST ${path}${record}: ${REFUSED}`,
    };
}

/** The next request is refused, and nobody says why. */
export function refusalWithoutReason(what: string, at: KindName, path: string, record: string): Cause {
    return {
        what: `${what} is refused without a reason`,
        at,
        fault: { ...once(path), result: "failed" },
        says: `POST ${path}${record}: the router refused it: it gave no reason; ${LOG}.`,
    };
}

/** The next request is answered with nothing. */
export function answeredNothing(what: string, at: KindName, path: string, record: string): Cause {
    return {
        what: `${what} is answered with nothing`,
        at,
        fault: { ...once(path), answer: "[]" },
        says: `POST ${path}${record}: the router answered []: ${LOG}.`,
    };
}

/** The next request is never answered, whether or not it is carried out. */
export function noAnswer(what: string, at: KindName, path: string, record: string, done: boolean): Cause {
    return {
        what: `there is no answer ${what}`,
        at,
        fault: { ...once(path), timeout: true, ...(done && { done }) },
        says: `POST ${path}${record}: no answer from 127.0.0.1 port … within … s; is the router up? …Then run it again.`,
    };
}

/** The connection breaks at the next request. */
export function brokenAt(what: string, at: KindName, path: string, record: string, done: boolean): Cause {
    return {
        what: `the connection breaks ${what}`,
        at,
        fault: { ...once(path), reset: true, ...(done && { done }) },
        says: `POST ${path}${record}: the connection to 127.0.0.1 port … broke (…); run it again.`,
    };
}

/** Answer of the router to a reconfigure: an error status, or an answer with another status than ok. */
export type Untaken = { readonly status: number; readonly message: string } | { readonly answer: string };

/** A reconfigure goes wrong both times that it is tried, while the service runs on with what it has. */
export function untaken(what: string, at: KindName, path: string, fault: Untaken): Cause {
    return {
        what,
        at,
        fault: { ...once(path), times: 2, ...fault },
        says: `written, but not taken over by the router: POST ${path}: ${saidBy(fault)}: ${LOG}`,
    };
}

function saidBy(fault: Untaken): string {
    if ("status" in fault) {
        return `${fault.status} ${fault.message}`;
    }
    const { status } = JSON.parse(fault.answer) as { status?: string };
    return `the router answered ${status === undefined ? "nothing" : JSON.stringify(status)}`;
}

const NAMES = { names: "unbound", dhcp: "kea" } as const;
const SERVICES = { names: "Unbound DNS", dhcp: "Kea DHCPv4" } as const;

/** A service does not run after its reconfigure: `half`, it took nothing over; `down`, it did. */
export function stopped(what: string, at: "names" | "dhcp", how: "half" | "down"): Cause {
    const name = SERVICES[at];
    return {
        what,
        at,
        fault: { ...once(`${NAMES[at]}/service/reconfigure`), times: 2, [how]: true },
        says:
            `written, but not taken over by the router: ${name} does not run on the router (stopped): see there, under ` +
            `Services > ${name}, whether it is enabled and what its log says, then run it again.`,
    };
}

/** Something that we want or would delete is somebody else's. */
export function held(
    what: string,
    at: KindName,
    { wanted, holder, byHand }: { readonly wanted: string; readonly holder: string } & Pick<Cause, "byHand">,
): Cause {
    return {
        what,
        at,
        ...(byHand && { byHand }),
        says: `${wanted} is held by ${holder} (…), which is not this tenant's: delete that record on the router if nobody needs it`,
    };
}

/** Adds a record of somebody else's; the endpoint that takes it away again comes last. */
export async function foreign(
    router: SimulatedRouter,
    path: string,
    body: Readonly<Record<string, Readonly<Record<string, string>>>>,
    deletes: string,
): Promise<() => Promise<unknown>> {
    const { uuid } = await router.byHand(path, body);
    return () => router.byHand(`${deletes}/${String(uuid)}`);
}

/** Changes a record of the tenant's by hand, which the run is to repair. */
export function changed(
    section: string,
    record: Readonly<Record<string, string>>,
    path: string,
    body: Readonly<Record<string, unknown>>,
): Required<Pick<Cause, "byHand">> {
    return {
        byHand: async (router) => {
            await router.byHand(`${path}/${await uuidOf(router, section, record)}`, body);
            return () => Promise.resolve();
        },
    };
}

/** Takes away what the interface of a tenant's VLAN was assigned to. */
export function unassigned(vlan: number): Required<Pick<Cause, "byHand">> {
    return {
        byHand: async (router) => {
            await router.unassign(interfaceOf(vlan));
            return () =>
                router.assign(interfaceOf(vlan), `vlan0.${vlan}`, `10.20.${vlan}.1/24`, {
                    description: `TENANT${vlan}`,
                });
        },
    };
}

/** A regular expression for what a cause says. */
export function pattern(says: string): RegExp {
    return new RegExp(escaped(says).replace(/…/g, "[^\\n]*"));
}

/** A fault on the next request to a path, whatever uuid it ends with. */
function once(path: string): Readonly<Record<string, unknown>> {
    return { method: "POST", path: `/${path.replace("…", "[^/]+")}`, times: 1 };
}
