import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "../definitions/refusal";

/**
 * A person's mistake as Pulumi's own error for it, which is shown as its message alone; any other error as it is. It has no stack:
 * Pulumi formats one that it then does not show (defaultErrorMessage in cmd/run/error.js of @pulumi/pulumi 3.259.0), which takes
 * Node.js 20 many seconds for paths below node_modules, and a minute on a machine that does much else; nothing goes on meanwhile.
 */
export function asRunError(error: unknown): Error {
    return error instanceof Refusal ? withoutStack(new pulumi.RunError(error.message)) : (error as Error);
}

/** The same about one resource: it is shown beside that, and fails the run once everything else is made. */
export function asErrorOf(resource: pulumi.Resource, error: unknown): Error {
    return error instanceof Refusal
        ? withoutStack(new pulumi.ResourceError(error.message, resource, true))
        : (error as Error);
}

function withoutStack(error: Error): Error {
    Reflect.deleteProperty(error, "stack");
    return error;
}
