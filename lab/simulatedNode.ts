import type { NodeSite } from "./site";
import { launch, SimulatedMachine, type Kept, type MachineReady, type SeenRequest } from "./simulatedMachine";

/** First words of the simulated node, when it is ready. */
export interface NodeReady extends MachineReady {
    readonly apiToken: string;
    readonly rootPassword: string;
    readonly node: string;
}

/** The node and the file beside it at one moment. */
export interface Moment {
    /** How many of the recorded writes had ended. */
    readonly ended: number;
    readonly file: string;
    /** As whole() gives it. */
    readonly node: unknown;
}

/** A write that the node was asked for, and the moments right before and right after it. */
export interface RecordedWrite extends SeenRequest {
    readonly before: Moment;
    readonly after: Moment;
}

/** Privileges on a path, for users and tokens alike, as the control interface takes them. */
export interface SimulatedGrant {
    readonly path: string;
    readonly privileges: readonly string[];
    /** Whether it holds below the path, too. */
    readonly propagate: boolean;
    readonly userids: readonly string[];
}

/** A running simulated PVE node. */
export class SimulatedNode extends SimulatedMachine<NodeReady> {
    private ticket: { cookie: string; csrf: string } | undefined;

    /**
     * Starts a node.
     *
     * @param kept what stays for its next start.
     * @param site its place; missing: that of the lab's dvntm.
     * @param pve version of PVE whose answers it gives, such as 9.2; missing: that of PVE in the environment, or 8.4.
     * @throws Error with what the node wrote on its standard error when it does not come up.
     */
    static async start(kept?: Kept, site?: NodeSite, pve = process.env["PVE"]): Promise<SimulatedNode> {
        const options = pve === undefined || pve === "" ? [] : ["--pve", pve];
        return new SimulatedNode(await launch<NodeReady>("simnode", options, kept, site));
    }

    /** A node that another process started, and ends. */
    static at(ready: NodeReady): SimulatedNode {
        return new SimulatedNode({ ready });
    }

    /** Changes settings of the node, as PATCH /settings of its control interface takes them. */
    async set(settings: Readonly<Record<string, unknown>>): Promise<void> {
        await this.control("PATCH", "/settings", settings);
    }

    /** Keeps node and file at each write while something goes on; gives back the writes in the order in which they ended. */
    async recorded(file: string, goesOn: () => Promise<unknown>): Promise<RecordedWrite[]> {
        await this.set({ record: file });
        try {
            await goesOn();
            return (await this.control("GET", "/recording")) as RecordedWrite[];
        } finally {
            await this.set({ record: null });
        }
    }

    /**
     * VMs that were started, or asked to be, while they had no firewall with rules around them that drops what comes in, since the
     * requests were forgotten.
     */
    async nakedStarts(): Promise<string[]> {
        const asked = (await this.requests()).filter(({ firewall }) => firewall !== undefined);
        const naked = asked.filter(({ firewall: wall }) => {
            const { enable, policy_in: policy } = wall?.options ?? {};
            return enable !== 1 || policy !== "DROP" || wall!.rules < 3;
        });
        return naked.map(({ path }) => /qemu\/(\d+)/.exec(path)![1]!);
    }

    /** Upgrades it in place to a newer version of PVE, such as 9.2. */
    async upgrade(pve: string): Promise<void> {
        await this.set({ pve });
    }

    /** Does a change by hand: a call of the PVE API as root@pam. Gives back the answer's data. */
    async byHand(method: string, path: string, fields: Record<string, string> = {}): Promise<unknown> {
        this.ticket ??= await this.login();
        const headers = { Cookie: `PVEAuthCookie=${this.ticket.cookie}`, CSRFPreventionToken: this.ticket.csrf };
        return this.call(method, path, fields, headers);
    }

    /** Takes a VM away by hand: it is stopped and deleted. */
    async deleteByHand(vmid: number): Promise<void> {
        const vm = `/nodes/${this.ready.node}/qemu/${vmid}`;
        await this.byHand("POST", `${vm}/status/stop`);
        await this.byHand("DELETE", vm);
    }

    private async login() {
        const fields = { username: "root@pam", password: this.ready.rootPassword };
        const data = await this.call("POST", "/access/ticket", fields, {});
        const { ticket, CSRFPreventionToken } = data as { ticket: string; CSRFPreventionToken: string };
        return { cookie: ticket, csrf: CSRFPreventionToken };
    }

    private async call(method: string, path: string, fields: Record<string, string>, headers: Record<string, string>) {
        const body = new URLSearchParams(fields).toString();
        const type = body === "" ? {} : { "Content-Type": "application/x-www-form-urlencoded" };
        const answer = await this.api(method, `api2/json${path}`, body, { ...headers, ...type });
        return (answer as { data: unknown }).data;
    }
}
