import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labEnvironment } from "./environment";
import { LAB_SYSTEM } from "../tools/labSystem";

/** In a mount namespace of its own: what is written comes to lie in the folder $1, and nothing in the system $2. */
const GENERATE = 'mount --bind "$1" "$2/mnt" && exec chroot "$2" ssh-keygen -q -t ed25519 -N "" -C "" -f /mnt/key';

/** A pair of SSH keys. */
export interface KeyPair {
    /** In OpenSSH's form. */
    readonly privateKey: string;
    /** In the form of authorized_keys, without a comment. */
    readonly publicKey: string;
}

/**
 * Makes a pair of Ed25519 keys with the ssh-keygen of the lab's own system.
 *
 * Not with ssh2's (1.17.0), which takes a public key's leading zero bytes away: OpenSSH cannot read one in 256 of its keys.
 *
 * Needs root; see systemMissing().
 */
export function newKeyPair(): KeyPair {
    const folder = mkdtempSync(join(tmpdir(), "ssh-key-"));
    try {
        const namespace = ["--mount", "--propagation", "private"];
        execFileSync("unshare", [...namespace, "sh", "-c", GENERATE, "ssh-keygen", folder, LAB_SYSTEM], {
            env: labEnvironment(),
        });
        const read = (name: string) => readFileSync(join(folder, name), "utf8");
        return { privateKey: read("key"), publicKey: read("key.pub").trim() };
    } finally {
        rmSync(folder, { recursive: true });
    }
}
