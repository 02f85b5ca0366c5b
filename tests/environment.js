const { appendFileSync, readFileSync } = require("node:fs");
const { TestEnvironment } = require("jest-environment-node");

/** File that the CPU seconds of each test file are written to, where somebody wants them. */
const { TEST_CPU } = process.env;

/** Ticks of a second in /proc (USER_HZ). */
const TICKS = 100;

/**
 * CPU seconds of this process and of all that it started and waited for (proc(5), /proc/pid/stat, fields 14 to 17): what a file
 * costs, however busy the machine is. Where there is no such file, 0.
 */
function cpuSeconds() {
    try {
        const fields = readFileSync("/proc/self/stat", "latin1").split(") ").at(-1).split(" ");
        return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
    } catch {
        return 0;
    }
}

/**
 * Where a `beforeAll` fails, the first test below it fails with the reason, and the others are skipped: jest would fail each
 * of them with the same text (jest-circus, eventHandler.ts, hook_failure).
 */
module.exports = class extends TestEnvironment {
    constructor(config, context) {
        super(config, context);
        this.file = context.testPath;
        this.before = cpuSeconds();
    }

    async teardown() {
        await super.teardown();
        if (TEST_CPU) {
            appendFileSync(TEST_CPU, `${cpuSeconds() - this.before} ${this.file}\n`);
        }
    }

    handleTestEvent(event) {
        if (event.name !== "hook_failure" || event.hook.type !== "beforeAll") {
            return;
        }
        const [, ...others] = testsBelow(event.describeBlock);
        for (const test of others) {
            test.mode = "skip";
            test.errors = [];
        }
    }
};

function testsBelow({ children }) {
    return children.flatMap((child) => (child.type === "test" ? [child] : testsBelow(child)));
}
