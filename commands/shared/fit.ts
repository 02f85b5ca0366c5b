import type { Substrate } from "../../substrate/substrate";
import { unfit } from "../../node/unfit";
import { Refusal } from "../cli/errors";

/**
 * The Pulumi CLI reads the node before the program runs, and forgets what a token that lacks a privilege does not see.
 *
 * @throws Refusal where a node is another one than it must be or the token lacks something, NodeError where one cannot be
 * asked.
 */
export async function requireFit(substrate: Substrate): Promise<void> {
    const wrong = await unfit(substrate);
    if (wrong.length > 0) {
        throw new Refusal(wrong.join("\n"));
    }
}
