const { TestEnvironment } = require("jest-environment-node");

/**
 * Where a `beforeAll` fails, the first test below it fails with the reason, and the others are skipped: jest would fail each
 * of them with the same text (jest-circus, eventHandler.ts, hook_failure).
 */
module.exports = class extends TestEnvironment {
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
