import * as pulumi from "@pulumi/pulumi";
import { JOB } from "../../state/deployment";
import { handlerOf, PROVIDER } from "../../state/dynamicResource";
import type { JobInputs } from "./provider";

/** A backup job of PVE's scheduler, as a Pulumi dynamic resource. */
export class NodeBackupJob extends pulumi.CustomResource {
    constructor(
        name: string,
        args: { readonly [K in keyof JobInputs]: pulumi.Input<JobInputs[K]> },
        opts?: pulumi.CustomResourceOptions,
    ) {
        super(JOB, name, { ...args, [PROVIDER]: handlerOf("./node/jobs/provider.ts", "operations") }, opts);
    }
}
