import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "../definitions/refusal";

/**
 * A person's mistake as Pulumi's own error for it, which is shown as its message alone; any other error as it is. It has no
 * stack: Pulumi formats one that it then does not show, which on Node.js 20 takes many seconds for paths below node_modules.
 */
export function asRunError(error: unknown): Error {
    if (!(error instanceof Refusal)) {
        return error as Error;
    }
    const told = new pulumi.RunError(error.message);
    Reflect.deleteProperty(told, "stack");
    return told;
}

/** The same about one resource: it is shown beside that, and fails the run once everything else is made. */
export function asErrorOf(resource: pulumi.Resource, error: unknown): Error {
    return error instanceof Refusal ? new pulumi.ResourceError(error.message, resource, true) : (error as Error);
}
