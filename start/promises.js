/**
 * Takes no stack of a promise of Pulumi's SDK where nobody will see it: it names the promises that never end by it, and only with the
 * variable PULUMI_DEBUG_PROMISE_LEAKS (runtime/debuggable.js of @pulumi/pulumi 3.259.0).
 */
const debuggable = require("@pulumi/pulumi/runtime/debuggable");

if (!debuggable.debugPromiseLeaks) {
    const { debuggablePromise } = debuggable;
    debuggable.debuggablePromise = (...given) => {
        const limit = Error.stackTraceLimit;
        Error.stackTraceLimit = 0;
        try {
            return debuggablePromise(...given);
        } finally {
            Error.stackTraceLimit = limit;
        }
    };
}

// Jest has this module stand for the SDK's, some parts of which load each other.
Object.assign(exports, debuggable);
