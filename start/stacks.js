/**
 * Pulumi's SDK keeps the stack of every promise that it makes, to name those that never end. To find the lines of the sources
 * for each of them is a third of the program's time: here they are found for those that are named.
 */
const mapped = Error.prepareStackTrace;

Error.prepareStackTrace = (error, frames) =>
    frames[0]?.getFunctionName() === "debuggablePromise"
        ? { toString: () => mapped(error, frames) }
        : mapped(error, frames);
