const { rmSync } = require("node:fs");

/** Ends what start.js started. */
module.exports = () => {
    const { child, folder } = globalThis.vault;
    child.kill();
    rmSync(folder, { recursive: true, force: true });
};
