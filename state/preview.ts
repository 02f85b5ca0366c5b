/** A resource before or after a step of a preview, as `pulumi preview --json` tells of it. */
export interface PreviewState {
    readonly type: string;
    readonly id?: string;
    /** As it was declared. */
    readonly inputs?: Properties;
    /** As the provider read it, after a refresh. */
    readonly outputs?: Properties;
}

export type Properties = Readonly<Record<string, unknown>>;

/** One step of a preview: what an up would do to a resource. */
export interface PreviewStep {
    readonly op: string;
    readonly urn: string;
    /** As it is; missing for one that would be made. */
    readonly oldState?: PreviewState;
    /** As it was declared; missing for one that would be taken away. */
    readonly newState?: PreviewState;
    /** Each property that differs, by its path, such as `disks[0].size`. */
    readonly detailedDiff?: Readonly<Record<string, { readonly kind: string }>> | null;
}

/** Steps that would change something; those of a refresh, and the halves of a replacement, tell nothing more. */
const CHANGING = ["create", "update", "replace", "delete"];

/** The steps of a preview that would change something on the nodes, one for each resource. */
export function changesIn(steps: readonly PreviewStep[]): PreviewStep[] {
    return steps.filter((step) => CHANGING.includes(step.op) && stateOf(step).type.startsWith("proxmoxve:"));
}

/** A resource as it was declared, else, where it was not, as it is. */
export function stateOf({ newState, oldState }: PreviewStep): PreviewState {
    return newState ?? oldState!;
}
