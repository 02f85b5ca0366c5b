/**
 * Leaves out the SDK's debug messages where nobody will see them: it sends the engine about five for each resource (runtime/resource.js
 * of @pulumi/pulumi 3.259.0), and the CLI shows none of them without --debug. `tenants` says so by the variable, as it knows
 * the words of its runs (state/spared.ts); a run by hand has them all.
 */
const log = require("@pulumi/pulumi/log");

if (process.env.TENANT_HYPERVISORS_NO_DEBUG_MESSAGES === "true") {
    log.debug = () => Promise.resolve();
}
