import * as pulumi from "@pulumi/pulumi";

/**
 * The error for a person's mistake, which Pulumi shows as its message alone. It has no stack: Pulumi formats one that
 * it then does not show, which on Node.js 20 takes many seconds for paths below node_modules.
 */
export function refusal(message: string): pulumi.RunError {
    const error = new pulumi.RunError(message);
    Reflect.deleteProperty(error, "stack");
    return error;
}
