import { availableParallelism } from "node:os";

/** The kinds of resources on the router: one of each a tenant. */
export type KindName = "vlan" | "dhcp" | "names" | "rules";

/** Announcement of a run, from the program to the provider. It is an input that ends at the provider's check: no state has it. */
export interface Announced {
    /** Every resource on the router that the program declares, as partOf() names it. */
    readonly resources: readonly string[];
    /** How many operations the Pulumi engine runs at once; it waits for those before it starts others. */
    readonly parallel: number;
}

/** Names a resource within a run. */
export function partOf(kind: KindName, tenant: string): string {
    return `${kind} ${tenant}`;
}

/**
 * Progress of one run of Pulumi on the router: what it has brought so far, and what is still to come.
 *
 * The engine starts a process of the provider for each preview, update, refresh and destroy, and says to it neither which
 * resources there are nor when all have come. What a program declares, it announces with the first check; the engine then
 * checks each resource and, where it is in the state, asks for its difference: one that is as declared is heard of no more.
 * All that a destroy or a teardown takes away was read before, by the refresh that Pulumi.yaml asks for, and is not declared.
 */
export class Run {
    /** Of the resources that the program declares, those that are neither done nor found unchanged. */
    private readonly declared = new Set<string>();
    /** Resources that were read, and are neither declared nor deleted since. */
    private readonly leaving = new Set<string>();
    private announced: ReadonlySet<string> | undefined;
    private readonly listeners: (() => void)[] = [];
    private heard = performance.now();
    private broken = false;
    /** How many operations the engine runs at once: Pulumi's own default until the program says it. */
    parallel = Number(process.env["PULUMI_PARALLEL"]) || 4 * availableParallelism();

    /** Whether something failed: the engine starts nothing after that. */
    get failed(): boolean {
        return this.broken;
    }

    /** For how long the engine asked for nothing and heard of nothing, in milliseconds. */
    quietFor(): number {
        return performance.now() - this.heard;
    }

    /** Calls back whenever something of this changes. */
    onChange(listener: () => void): void {
        this.listeners.push(listener);
    }

    /** Whether an operation is one that could be foreseen. */
    foresaw(part: string, removes: boolean): boolean {
        return removes ? this.leaving.has(part) : this.announced?.has(part) === true;
    }

    /** Whether resources of a kind are still to come. */
    awaits(kind: KindName, removes: boolean): boolean {
        const parts = removes ? this.leaving : this.declared;
        return [...parts].some((part) => part.startsWith(`${kind} `));
    }

    read(part: string): void {
        this.leaving.add(part);
        this.changed();
    }

    checked(part: string, announced: Announced | undefined): void {
        this.leaving.delete(part);
        if (announced !== undefined && this.announced === undefined) {
            this.announced = new Set(announced.resources);
            announced.resources.forEach((one) => this.declared.add(one));
            this.parallel = announced.parallel || this.parallel;
        }
        this.changed();
    }

    /** A resource is as it is declared. */
    unchanged(part: string): void {
        this.declared.delete(part);
        this.changed();
    }

    /** A resource is written or deleted, or failed to be. */
    done(part: string): void {
        this.declared.delete(part);
        this.leaving.delete(part);
        this.changed();
    }

    fail(): void {
        this.broken = true;
        this.changed();
    }

    /** Something was heard from the engine, or told to it. */
    changed(): void {
        this.heard = performance.now();
        this.listeners.forEach((listener) => listener());
    }
}

/** The run that this process of the provider serves. */
export const currentRun = new Run();
