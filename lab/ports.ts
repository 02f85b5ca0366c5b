import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const LOOK_MS = 50;

/** A TCP port of loopback that nothing listens on. */
export async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    return port;
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
