const { spawn } = require("node:child_process");
const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const { mkdtempSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/**
 * Starts the Vault that keeps the keys of the tests' stacks, and says where it is to every lab of the run. With a passphrase, each
 * run of the CLI would take a fifth of a second of processor time to make the key from it (a million rounds of PBKDF2 in
 * NewSymmetricCrypterFromPassphrase, sdk/go/common/resource/config/crypt.go of Pulumi 3.259.0). Some tests have one all the same.
 */
module.exports = async () => {
    const folder = mkdtempSync(join(tmpdir(), "vault-"));
    const [socket, token] = [join(folder, "socket"), randomBytes(16).toString("hex")];
    const child = spawn(process.execPath, [join(__dirname, "server.js"), socket, token], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    Object.assign(process.env, { LAB_VAULT: `unix://${socket}`, LAB_VAULT_TOKEN: token });
    globalThis.vault = { child, folder };
};
