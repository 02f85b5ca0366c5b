/**
 * Lets no run wait for V8's debugger, which Pulumi's SDK attaches in each so that it could send the code of functions
 * (isInitializedAsync in runtime/closure/v8Hooks.js of @pulumi/pulumi 3.259.0): a tenth of a small run's processor time, and this
 * program sends none. Where a function is sent all the same it is attached then; an error about it may lack the name of a file.
 */
require("@pulumi/pulumi/runtime/closure/v8Hooks").isInitializedAsync = () => Promise.resolve();
