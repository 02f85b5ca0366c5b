/**
 * Makes the Pulumi CLI, what it ships beside itself and both provider plugins available in the pinned versions: what the
 * machine has already is used, what it lacks is built from Go modules, or written, into .tools/bin. A second run changes nothing.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LAB_SYSTEM, SYSTEM_PACKAGES } from "../lab/system";
import { BuildError } from "./build";
import { installSystem, type DebianSystem } from "./debianSystem";
import { findOnMachine } from "./machine";
import { BIN, builtAs, parts, type Part } from "./parts";
import { dynamicProvider, installScript, writeScript } from "./script";
import { buildWhereStale } from "./stamp";
import { installVenv, LAB_VENV } from "./venvs";

/** From how many seconds on an installation says how long each of its stages took. */
const LONG_SECONDS = 10;

const labSystem: DebianSystem = {
    name: "lab system",
    root: LAB_SYSTEM,
    packages: SYSTEM_PACKAGES,
    holds: "SSH, Open vSwitch, Kea, Unbound and PostgreSQL",
    use: "the lab's host and data plane need it",
    target: "tools",
};

async function main(): Promise<void> {
    mkdirSync(BIN, { recursive: true });
    const stages: [name: string, seconds: number][] = [];
    const timed = async (name: string, stage: () => void | Promise<void>) => {
        const started = Date.now();
        await stage();
        stages.push([name, Math.round((Date.now() - started) / 1000)]);
    };
    await timed("lab", () => console.log(`lab: ${installVenv(LAB_VENV) ? "installed now" : "installed"}`));
    await timed("lab system", () => installSystem(labSystem));
    for (const part of parts) {
        await timed(part.binary, () => install(part));
    }
    console.log(installScript(dynamicProvider, BIN));
    const total = stages.reduce((seconds, [, own]) => seconds + own, 0);
    if (total >= LONG_SECONDS) {
        console.log(`tools: ${total} s: ${stages.map(([name, seconds]) => `${name} ${seconds} s`).join(", ")}`);
    }
}

async function install(part: Part): Promise<void> {
    const named = join(BIN, part.binary);
    const target = builtAs(part);
    const found = findOnMachine(part);
    if (found !== undefined) {
        // A stand-in built earlier would hide the published part, since .tools/bin is first on PATH.
        [named, target].forEach((file) => rmSync(file, { force: true }));
        console.log(`${part.binary} ${part.version}: using ${found}`);
        return;
    }
    const seconds = await buildWhereStale(part, target);
    console.log(`${part.binary} ${part.version}: built${seconds === undefined ? "" : ` in ${seconds} s`}`);
    if (part.script !== undefined) {
        writeScript(named, part.script);
    }
}

main().catch((error: unknown) => {
    console.error(error instanceof BuildError ? error.message : error);
    process.exitCode = 1;
});
