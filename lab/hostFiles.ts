import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { labEnvironment } from "./environment";

/** Folder of what is written, relative to that of the files. */
const WRITTEN = "written";

/**
 * The files of a lab host: a layer (overlayfs) over the lab's own system, which is only read, so that a host is made, kept
 * and made anew at once. Where the machine has no layers, such as in a container on overlayfs, it is a copy.
 *
 * Nothing is mounted here: the host does it in a namespace of its own, with which the mount is gone.
 */
export class HostFiles {
    private readonly layered = true as boolean;
    /** Layers below the written one, the upper one first. */
    private layers: readonly string[] = ["system"];
    private readonly saved = new Map<string, readonly string[]>();

    /**
     * @param folder an empty one, which all of it is kept in.
     * @param system root file system below them.
     */
    constructor(
        readonly folder: string,
        system: string,
    ) {
        symlinkSync(system, join(folder, "system"));
        mkdirSync(join(folder, "root"));
        this.begin();
        const namespace = ["--mount", "--propagation", "private"];
        this.layered =
            spawnSync("unshare", [...namespace, "mount", ...this.mount, "root"], { cwd: folder, env: labEnvironment() })
                .status === 0;
        if (!this.layered) {
            this.copy("system/.", WRITTEN);
        }
    }

    /** Arguments of mount, but for where, in the folder. */
    get mount(): string[] {
        // Relative: a path could hold a character that ends an option.
        const layers = `lowerdir=${this.layers.join(":")},upperdir=${WRITTEN},workdir=work,redirect_dir=on`;
        return this.layered ? ["-t", "overlay", "overlay", "-o", layers] : ["--bind", WRITTEN];
    }

    /** Files that the host wrote; in a copy, everything. */
    get written(): string {
        return join(this.folder, WRITTEN);
    }

    /** Keeps the files of a host that is off as they are under a name. */
    save(name: string): void {
        if (this.layered) {
            renameSync(this.written, join(this.folder, name));
            this.layers = [name, ...this.layers];
            this.begin();
        } else {
            this.copy(WRITTEN, name);
        }
        this.saved.set(name, this.layers);
    }

    /** Makes the files of a host that is off what they were when they were saved. */
    restore(name: string): void {
        rmSync(this.written, { recursive: true });
        if (this.layered) {
            this.layers = this.saved.get(name)!;
            this.begin();
        } else {
            this.copy(name, WRITTEN);
        }
    }

    private begin(): void {
        rmSync(join(this.folder, "work"), { recursive: true, force: true });
        [WRITTEN, "work"].forEach((folder) => mkdirSync(join(this.folder, folder)));
    }

    private copy(from: string, to: string): void {
        execFileSync("cp", ["-a", from, to], { cwd: this.folder, env: labEnvironment() });
    }
}
