import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { processesWith } from "./processes";

const LOOK_MS = 50;

/** Below what any system gives to connections by itself: nobody takes such a port between two starts of a server. */
const PORTS = { first: 20_000, number: 10_000 };
const TRIES = 100;

/** A TCP port of loopback that nothing listens on, for a server that may start on it more than once. */
export async function freePort(): Promise<number> {
    for (let tried = 0; tried < TRIES; tried += 1) {
        const port = PORTS.first + randomInt(PORTS.number);
        const server = createServer();
        const listens = await new Promise<boolean>((done) => {
            server.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true));
        });
        if (listens) {
            server.close();
            await once(server, "close");
            return port;
        }
    }
    throw new Error(`no port of ${PORTS.first} to ${PORTS.first + PORTS.number - 1} is free`);
}

/**
 * Waits until a server is ready.
 *
 * @param ready asks it.
 * @param failed says why it never will be, once that is known.
 * @throws Error after so many milliseconds, or where it never will be.
 */
export async function untilReady(
    ready: () => Promise<boolean> | boolean,
    milliseconds: number,
    failed: () => string | undefined,
): Promise<void> {
    for (const began = Date.now(); !(await ready()); await pause(LOOK_MS)) {
        const why = failed() ?? (Date.now() - began > milliseconds ? `${milliseconds / 1000} s went by` : undefined);
        if (why !== undefined) {
            throw new Error(`a server of the lab did not start: ${why}`);
        }
    }
}

/** Whether something listens on a TCP port of loopback. */
export function accepts(port: number): Promise<boolean> {
    return new Promise((done) => {
        const socket = connect(port, "127.0.0.1");
        const end = (answer: boolean) => () => {
            socket.destroy();
            done(answer);
        };
        socket.once("connect", end(true)).once("error", end(false));
    });
}

/** The process that listens on a TCP port of loopback, in words; undefined where it is not ours to see. */
export function holderOf(port: number): string | undefined {
    const wanted = port.toString(16).toUpperCase().padStart(4, "0");
    // /proc/net/tcp: the second word is address and port, the fourth the state, of which 0A listens, the tenth the inode.
    const listening = readFileSync("/proc/net/tcp", "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .find(([, local = "", , state]) => local.endsWith(`:${wanted}`) && state === "0A");
    const holder = listening && processesWith(`socket:[${listening[9]}]`)[0];
    return holder && `process ${holder.pid} (${holder.command.trim()})`;
}
