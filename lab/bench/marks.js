/**
 * Loaded before the program's own process (NODE_OPTIONS): writes at its end when it came to each mark of index.ts, into the
 * file that BENCH_MARKS names, in milliseconds since 1970.
 */
const { writeFileSync } = require("node:fs");

if (process.argv[1]?.includes("@pulumi/pulumi/cmd/run")) {
    process.on("exit", () => {
        const { timeOrigin } = performance;
        const marks = performance.getEntriesByType("mark").map(({ name, startTime }) => [name, timeOrigin + startTime]);
        const all = [["node", timeOrigin], ...marks, ["exit", timeOrigin + performance.now()]];
        writeFileSync(process.env.BENCH_MARKS, JSON.stringify(Object.fromEntries(all)));
    });
}
