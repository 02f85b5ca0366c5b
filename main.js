// What the Pulumi CLI runs. The program is index.ts: it is loaded without a compilation, but for what was edited.
require("./start/preload");
performance.mark("main");
require("./start/alone");
require("./start/typescript");

module.exports = require("./index.ts");
