import { rmSync } from "node:fs";
import { join } from "node:path";
import {
    DATABASE_PACKAGES,
    DATABASE_SYSTEM,
    HOST_PACKAGES,
    LAB_SYSTEM,
    LAB_SYSTEM_13,
    SYSTEM_PACKAGES,
} from "./labSystem";
import { BROWSER_PACKAGES, BROWSER_SYSTEM } from "../tests/browser/system";
import { foundSystem, installSystem, type DebianSystem } from "./debianSystem";
import { findOnMachine, officialCli } from "./machine";
import { BIN, parts, type Part } from "./parts";
import { downloadPlugin } from "./plugins";
import { dynamicProvider, foundScript, writeScript } from "./script";
import { buildWhereStale, isFresh } from "./stamp";
import { hasVenv, installVenv, LAB_VENV } from "./venvs";

/** One part that is installed, by its name in needs.js. */
export interface Piece {
    readonly name: string;
    /** As a person knows it, with its version where it has one. */
    readonly title: string;
    /** Pieces that it is installed with: those of one kind one after the other, kinds side by side. */
    readonly with: "Go" | "pip" | "apt" | "nothing";
    /** Where it is, in a few words, or why it cannot be here; undefined where it is to be installed. */
    found(): Promise<string | undefined>;
    /** Downloads it without building anything, where that is possible; whether it is there then. */
    download?(): Promise<boolean>;
    /** @throws InstallError */
    install(): Promise<void>;
}

const systems: readonly DebianSystem[] = [
    {
        name: "lab-system",
        root: LAB_SYSTEM,
        debian: 12,
        packages: SYSTEM_PACKAGES,
        holds: "SSH, Open vSwitch, Kea and Unbound",
        use: "the lab's host and data plane need it",
    },
    {
        name: "lab-system-13",
        root: LAB_SYSTEM_13,
        debian: 13,
        packages: HOST_PACKAGES,
        holds: "SSH",
        use: "the lab's host on Debian 13 needs it",
    },
    {
        name: "lab-database",
        root: DATABASE_SYSTEM,
        debian: 12,
        packages: DATABASE_PACKAGES,
        holds: "PostgreSQL",
        use: "the tests of a state in PostgreSQL need it",
    },
    {
        name: "browser",
        root: BROWSER_SYSTEM,
        debian: 12,
        packages: BROWSER_PACKAGES,
        holds: "Chromium",
        use: "the tests of the map need it",
    },
];

/** All that can be installed. */
export const pieces: readonly Piece[] = [
    ...parts.map(goPiece),
    {
        name: dynamicProvider.binary,
        title: dynamicProvider.binary,
        with: "nothing",
        found: () => Promise.resolve(foundScript(dynamicProvider, BIN)),
        install: () => Promise.resolve(writeScript(join(BIN, dynamicProvider.binary), dynamicProvider.text)),
    },
    {
        name: LAB_VENV.folder,
        title: LAB_VENV.folder,
        with: "pip",
        found: () => Promise.resolve(hasVenv(LAB_VENV) ? "installed" : undefined),
        install: () => installVenv(LAB_VENV),
    },
    ...systems.map((system): Piece => ({
        name: system.name,
        title: system.name,
        with: "apt",
        found: () => Promise.resolve(foundSystem(system)),
        install: () => installSystem(system),
    })),
];

function goPiece(part: Part): Piece {
    const target = join(BIN, part.binary);
    const download = async () => {
        const cli = officialCli() ?? join(BIN, "pulumi");
        const done = part.kind === "plugin" && (await downloadPlugin(part, cli));
        return done && (await foundOutside()) !== undefined;
    };
    const foundOutside = async () => {
        const found = await findOnMachine(part);
        if (found !== undefined) {
            // A stand-in built earlier would hide the published part, since .tools/bin is first on PATH.
            rmSync(target, { force: true });
        }
        return found;
    };
    return {
        name: part.binary,
        title: `${part.binary} ${part.version}`,
        with: "Go",
        found: async () => {
            const outside = await foundOutside();
            return outside !== undefined ? `using ${outside}` : isFresh(part, target) ? "built" : undefined;
        },
        download,
        install: async () => {
            if (!(await download())) {
                await buildWhereStale(part, target);
            }
        },
    };
}
