import { NodeError } from "./client";

/** The answer to a request, or something else where the node says that the thing is not there. */
export async function orNothing<T>(answer: Promise<T>, nothing: T): Promise<T> {
    try {
        return await answer;
    } catch (error) {
        if (error instanceof NodeError && (error.status === 404 || /does not exist|no such/.test(error.message))) {
            return nothing;
        }
        throw error;
    }
}
