/**
 * Has V8 wait with its optimizing compiler: a run of some VMs ends within a second or two, and a third of the processor time of its
 * programs went into code that was never used again. What runs long is still optimized, a little later.
 *
 * The budget is the bytes of bytecode that a function runs before it is looked at (`interrupt_budget` in V8's
 * src/flags/flag-definitions.h: 132 KiB in Node.js 20, 66 KiB in 22 and 24). A later V8 that does not know the flag would say so in each run.
 */
const { setFlagsFromString } = require("node:v8");

const NEWEST_KNOWN = 24;

if (Number.parseInt(process.versions.node, 10) <= NEWEST_KNOWN) {
    setFlagsFromString("--interrupt-budget=10000000");
}
