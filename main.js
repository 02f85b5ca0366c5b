// What the Pulumi CLI runs. The program is index.ts: it is loaded without a compilation, but for what was edited.
require("./start/node").refuseOld();
performance.mark("main");
require("./start/alone");
require("./start/deferred");
require("./start/typescript");
require("./start/stacks");

module.exports = require("./index.ts");
