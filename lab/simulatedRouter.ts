import type { RouterSite } from "./site";
import { launch, SimulatedMachine, type Kept, type MachineReady } from "./simulatedMachine";

/** First words of the simulated router, when it is ready. */
export interface RouterReady extends MachineReady {
    /** API key of the program. */
    readonly apiKey: string;
    readonly apiSecret: string;
    /** API key of the person who changes things by hand. */
    readonly rootKey: string;
    readonly rootSecret: string;
}

/** A record of a section, by field; nested fields have dotted names. */
export type SavedRecord = Readonly<Record<string, string>>;

/** State of the simulated router: configuration by section and uuid, as saved and as active. */
export interface RouterState {
    readonly saved: Readonly<Record<string, Readonly<Record<string, SavedRecord>>>>;
    readonly active: Readonly<Record<string, Readonly<Record<string, SavedRecord>>>>;
    readonly interfaces: Readonly<Record<string, unknown>>;
    readonly running: Readonly<Record<string, boolean>>;
}

/** Ways in which a router can start. */
export interface RouterOptions {
    readonly assigned?: boolean;
    readonly opnsense?: "25.7" | "26.1" | "26.1.3" | "26.7";
    readonly kept?: Kept;
    readonly site?: RouterSite;
}

/** One write that changed the configuration. */
export interface AuditedWrite {
    readonly user: string;
    readonly method: string;
    readonly path: string;
    readonly section: string;
    readonly uuid: string;
    readonly before: SavedRecord | null;
    readonly after: SavedRecord | null;
}

/** A running simulated OPNsense router. */
export class SimulatedRouter extends SimulatedMachine<RouterReady> {
    /**
     * Starts a router.
     *
     * @param options `assigned: false` starts it before the one-time step, without the VLANs of tenants; `opnsense` is the version
     * whose answers it gives, such as 26.1, missing: the newest; `kept` is what stays for its next start; `site` is what it has
     * before any tenant, missing: that of the lab's dvntm.
     * @throws Error with what the router wrote on its standard error when it does not come up.
     */
    static async start({ assigned = true, opnsense, kept, site }: RouterOptions = {}): Promise<SimulatedRouter> {
        const args = [
            ...(assigned ? [] : ["--unassigned"]),
            ...(opnsense === undefined ? [] : ["--opnsense", opnsense]),
        ];
        return new SimulatedRouter(await launch<RouterReady>("simrouter", args, kept, site));
    }

    /** A router that another process started, and ends. */
    static at(ready: RouterReady): SimulatedRouter {
        return new SimulatedRouter({ ready });
    }

    /** Changes settings of the router, as PATCH /settings of its control interface takes them. */
    async set(settings: Readonly<Record<string, unknown>>): Promise<void> {
        await this.control("PATCH", "/settings", settings);
    }

    override async state(): Promise<RouterState> {
        return (await super.state()) as RouterState;
    }

    /** Open connections of the router, by the fields that its API lists. */
    async states(): Promise<readonly Readonly<Record<string, unknown>>[]> {
        return (await this.control("GET", "/states")) as Readonly<Record<string, unknown>>[];
    }

    /** Says which connections are open. */
    async setStates(states: readonly Readonly<Record<string, string>>[]): Promise<void> {
        await this.control("PUT", "/states", states);
    }

    /** Boots it: what is saved becomes active, and tables of aliases are filled once the rules hold (`table_seconds`). */
    async reboot(): Promise<void> {
        await this.control("POST", "/reboot");
    }

    /** Records that Unbound makes of the router's own name: name, address, and whether the address leads back to it. */
    async ownNames(): Promise<readonly Readonly<Record<string, unknown>>[]> {
        return (await this.control("GET", "/names")) as Readonly<Record<string, unknown>>[];
    }

    /** Does a change by hand: a call of the OPNsense API with another key. Gives back the answer. */
    async byHand(path: string, body: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
        const headers = { Authorization: this.person, "Content-Type": "application/json" };
        const answer = (await this.api("POST", `/api/${path}`, JSON.stringify(body), headers)) as Record<
            string,
            unknown
        >;
        if (answer["result"] === "failed") {
            throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
        }
        return answer;
    }

    /** Reads by hand what OPNsense tells to a GET alone, such as the settings of a service. Gives back the answer. */
    async read(path: string): Promise<Record<string, unknown>> {
        return (await this.api("GET", `/api/${path}`, "", { Authorization: this.person })) as Record<string, unknown>;
    }

    /** Credentials of the person who changes things by hand. */
    private get person(): string {
        const { rootKey, rootSecret } = this.ready;
        return `Basic ${Buffer.from(`${rootKey}:${rootSecret}`).toString("base64")}`;
    }

    /** Assigns a device to an interface, for which OPNsense's API has nothing. */
    async assign(
        identifier: string,
        device: string,
        addr4: string,
        { enabled = true, description = "" } = {},
    ): Promise<void> {
        await this.control("PUT", `/interfaces/${identifier}`, { device, addr4, enabled, description });
    }

    async unassign(identifier: string): Promise<void> {
        await this.control("DELETE", `/interfaces/${identifier}`);
    }

    /** Every write that changed the configuration since the last forgetAudit, oldest first. */
    async audit(): Promise<AuditedWrite[]> {
        return (await this.control("GET", "/audit")) as AuditedWrite[];
    }

    async forgetAudit(): Promise<void> {
        await this.control("DELETE", "/audit");
    }
}
