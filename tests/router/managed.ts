import { SimulatedRouter, type RouterOptions, type RouterState, type SavedRecord } from "../../lab/simulatedRouter";
import type { RouterRecords } from "../../router/recordTypes";
import { kinds, PartialError } from "../../router/provider";
import type { Properties } from "../../state/dynamicResource";
import { partOf, type Announced } from "../../router/run";
import { recordsOf } from "../routerRecords";

/** The kinds of a tenant's resources, in the order in which they depend on one another. */
export type KindName = "vlan" | "dhcp" | "names" | "rules";
export const KINDS: readonly KindName[] = ["vlan", "dhcp", "names", "rules"];

/** Where each kind has its records. */
const SECTIONS: Readonly<Record<KindName, readonly string[]>> = {
    vlan: ["vlan"],
    dhcp: ["subnet4", "reservation", "kea_general"],
    names: ["host", "host_alias"],
    rules: ["rule", "alias"],
};

/** Interface that carries VLAN 50 of the simulated router, and so on. */
export function interfaceOf(vlan: number): string {
    return `opt${vlan - 42}`;
}

/** A simulated router for one test file, with the program's environment set for it. */
export async function startRouter(options: RouterOptions = {}): Promise<SimulatedRouter> {
    const router = await SimulatedRouter.start(options);
    useCredentials(router);
    return router;
}

/** Sets what the program reads from the environment. */
export function useCredentials({ ready }: SimulatedRouter): void {
    process.env["OPNSENSE_API_KEY"] = ready.apiKey;
    process.env["OPNSENSE_API_SECRET"] = ready.apiSecret;
    process.env["SSL_CERT_FILE"] = ready.caFile;
    delete process.env["OPNSENSE_API_TIMEOUT"];
}

/**
 * One resource as Pulumi's engine works on it: its state is what the provider gave back last, also of a creation that was
 * broken off; every `up` starts with a refresh, as Pulumi.yaml has it.
 */
export class Managed {
    /** The state; undefined while there is no such resource. */
    props: Properties | undefined;
    /** Inputs as the last refresh found them. */
    found: Properties | undefined;
    /** Announcement of the program's run with the check of this resource. */
    announces: Announced | undefined;
    private id = "";
    private broken = false;

    constructor(
        readonly kind: KindName,
        public inputs: Properties,
    ) {}

    /** The resource's id, as the engine knows it. */
    get identifier(): string {
        return this.id;
    }

    /** Makes the inputs true. Gives back whether there was anything to do. */
    async up(): Promise<boolean> {
        await this.refresh();
        return this.apply();
    }

    /** The same right after a refresh. */
    async apply(): Promise<boolean> {
        const operations = kinds[this.kind]!;
        const declared = { ...this.inputs, ...(this.announces && { run: this.announces }) };
        const { failures } = await operations.check(this.props ?? {}, declared);
        if (failures.length > 0) {
            throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join(", "));
        }
        if (this.props === undefined) {
            const { id, outs } = await this.kept(() => operations.create(this.inputs));
            this.id = id;
            this.props = outs;
            return true;
        }
        const { changes, replaces } = await operations.diff(this.id, this.props, this.inputs);
        if (replaces.length > 0) {
            throw new Error(`would be replaced for ${replaces.join(", ")}`);
        }
        if (!changes && !this.broken) {
            return false;
        }
        this.props = (await this.kept(() => operations.update(this.id, this.props!, this.inputs))).outs;
        this.broken = false;
        return true;
    }

    /** A resource in the same state, which goes its own way from here. */
    copy(): Managed {
        const copy = new Managed(this.kind, this.inputs);
        // As the engine keeps it; structuredClone would make objects of another realm than Jest's, which are never equal.
        copy.props = this.props && (JSON.parse(JSON.stringify(this.props)) as Properties);
        copy.id = this.id;
        copy.broken = this.broken;
        return copy;
    }

    /** Creates the resource without a state, as where the state was lost. */
    async createAnew(): Promise<void> {
        await this.kept(() => kinds[this.kind]!.create(this.inputs));
    }

    /** Reads what is on the router; gives back the names of the inputs that are other than declared. */
    async refresh(): Promise<string[]> {
        if (this.props === undefined) {
            return [];
        }
        const { props, inputs } = await kinds[this.kind]!.read(this.id, this.props);
        this.props = props;
        this.found = inputs;
        const names = Object.keys({ ...this.inputs, ...inputs });
        return names.filter(
            (name) => JSON.stringify(sorted(inputs?.[name])) !== JSON.stringify(sorted(this.inputs[name])),
        );
    }

    async destroy(): Promise<void> {
        await this.refresh();
        if (this.props !== undefined) {
            await kinds[this.kind]!.delete(this.id, this.props);
            this.props = undefined;
        }
    }

    private async kept<T>(operation: () => Promise<T>): Promise<T> {
        try {
            return await operation();
        } catch (error) {
            if (error instanceof PartialError) {
                this.id = error.id;
                this.props = error.properties;
                this.broken = true;
            }
            throw error;
        }
    }
}

/** A tenant's four resources. */
export type Resources = Record<KindName, Managed>;

/** A router with a tenant on it at one moment, to which a test goes back instead of making it anew. */
export class Moment {
    private constructor(
        private readonly whole: unknown,
        private readonly tenant: Resources,
        readonly state: RouterState,
    ) {}

    static async of(router: SimulatedRouter, tenant: Resources): Promise<Moment> {
        return new Moment(await router.whole(), copied(tenant), await router.state());
    }

    /** Makes the router what it was; gives back the tenant's resources as they were then. */
    async restore(router: SimulatedRouter): Promise<Resources> {
        await router.clearFaults();
        await router.restore(this.whole);
        return copied(this.tenant);
    }

    /** Resource as the state kept it then. */
    kept(kind: KindName): unknown {
        return this.tenant[kind].props;
    }
}

function copied(tenant: Resources): Resources {
    return Object.fromEntries(KINDS.map((kind) => [kind, tenant[kind].copy()])) as Resources;
}

/** Has the first of some tenants' resources announce all of them, as a program does: no service is reconfigured early. */
export function announce(...tenants: readonly Resources[]): void {
    const all = tenants.flatMap((tenant) => Object.values(tenant));
    all[0]!.announces = {
        resources: all.map(({ kind, inputs }) => partOf(kind, String(inputs["tenant"]))),
        parallel: 2 * all.length,
    };
}

/** A tenant's four resources, none of them made yet. */
export function tenantOn(router: SimulatedRouter, tenant: string, vlan: number): Resources {
    return managed(router, tenant, vlan, recordsOf(tenant, vlan));
}

/** The four resources of a tenant with given records. */
export function managed(router: SimulatedRouter, tenant: string, vlan: number, records: RouterRecords): Resources {
    const target = { endpoint: router.ready.endpoint, tenant };
    const on = { ...target, interface: interfaceOf(vlan) };
    return {
        vlan: new Managed("vlan", { ...target, ...records.vlan }),
        dhcp: new Managed("dhcp", { ...on, ...records.dhcp }),
        names: new Managed("names", { ...target, ...records.names }),
        rules: new Managed("rules", { ...on, ...records.rules }),
    };
}

/** Brings all of a tenant's resources up, as one `pulumi up` does: what depends on the VLAN after it. */
export async function upAll(resources: Resources): Promise<boolean[]> {
    const vlan = await resources.vlan.up();
    const others = await Promise.all(["dhcp", "names", "rules"].map((kind) => resources[kind as KindName].up()));
    return [vlan, ...others];
}

export async function destroyAll(resources: Resources): Promise<void> {
    await Promise.all([resources.dhcp.destroy(), resources.names.destroy(), resources.rules.destroy()]);
    await resources.vlan.destroy();
}

/** The uuid of a saved record of which all given fields are as given. */
export async function uuidOf(router: SimulatedRouter, section: string, fields: SavedRecord): Promise<string> {
    const { saved } = await router.state();
    const found = Object.entries(saved[section] ?? {}).filter(([, record]) =>
        Object.entries(fields).every(([name, value]) => record[name] === value),
    );
    if (found.length !== 1) {
        throw new Error(`${found.length} records of ${section} have ${JSON.stringify(fields)}`);
    }
    return found[0]![0];
}

function sorted(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    if (typeof value === "object" && value !== null) {
        return Object.fromEntries(
            Object.entries(value)
                .sort(([one], [other]) => (one < other ? -1 : 1))
                .map(([name, inner]) => [name, sorted(inner)]),
        );
    }
    return value;
}

/**
 * The configuration with records in an order of their own, whatever uuids they have.
 *
 * @param of whose records; missing: all.
 */
export function recordsWithoutUuids({ saved }: RouterState, of: readonly KindName[] = KINDS): unknown {
    const sections = of.flatMap((kind) => SECTIONS[kind]);
    const names = new Map(
        Object.values(saved).flatMap((section) =>
            Object.entries(section).map(([uuid, one]) => [uuid, one["hostname"] ?? one["subnet"] ?? ""]),
        ),
    );
    return Object.fromEntries(
        sections.map((section) => [
            section,
            Object.values(saved[section]!)
                .map((record) =>
                    JSON.stringify(
                        Object.entries(record)
                            .map(([name, value]) => [name, names.get(value) ?? spelled(name, value)])
                            .sort(),
                    ),
                )
                .sort(),
        ]),
    );
}

/** MACs in one case, pools and lists in one form. */
function spelled(name: string, value: string): string {
    return name === "hw_address"
        ? value.toLowerCase()
        : name === "pools"
          ? value.replace(/ - /g, "-")
          : name === "interfaces"
            ? value.split(",").sort().join()
            : name === "subnet_id"
              ? ""
              : value;
}
