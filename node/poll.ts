import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks again and again until there is an answer.
 *
 * @param everyMs pause between two questions, in milliseconds.
 * @param times how often it asks at the most.
 * @returns the answer; undefined where none came.
 */
export async function poll<T>(
    ask: () => Promise<T | undefined>,
    everyMs: number,
    times = Infinity,
): Promise<T | undefined> {
    for (let asked = 0; asked < times; asked++) {
        const answer = await ask();
        if (answer !== undefined) {
            return answer;
        }
        await delay(everyMs);
    }
    return undefined;
}
