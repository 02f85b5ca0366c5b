/**
 * Loaded before the program of a process (--require): Pulumi's own part is loaded before main.js is, and costs most of the
 * start.
 */
require("./node").refuseOld();
require("./brief");
require("./deferred");
require("./stacks");
require("./promises");
require("./messages");
require("./debugger");
