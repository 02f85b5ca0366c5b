/**
 * Pulumi's SDK takes the stack of every promise, to name those that never end, and of every resource, for the state. To find
 * the lines of the sources for all of them is a third of the program's time, and the state would be larger by a fifth.
 * Loaded before the SDK's own part, which makes the stack's resource before it loads the program: to find that one's lines takes
 * a tenth of a second. The SDK installs the same package, which stays as it is then.
 */
require("source-map-support/register");

const mapped = Error.prepareStackTrace;

Error.prepareStackTrace = (error, frames) => {
    switch (frames[0]?.getFunctionName()) {
        case "debuggablePromise":
            // Found for those that are named.
            return { toString: () => mapped(error, frames) };
        case "callsites":
            // The same lines of components/ for every VM: what declares it is its tenant's file.
            return String(error);
        default:
            return mapped(error, frames);
    }
};
