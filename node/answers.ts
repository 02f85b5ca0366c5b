import { jsonIn, requireShape, UnexpectedAnswerError } from "../definitions/answers";

/** Kind of a GET's data (schemas/answers/node.schema.json) by its path, without what stands behind the question mark. */
const KINDS: readonly (readonly [path: RegExp, kind: string])[] = [
    [/^\/version$/, "version"],
    [/^\/nodes$/, "nodes"],
    [/^\/nodes\/[^/]+\/network$/, "network"],
    [/^\/access\/permissions$/, "permissions"],
    [/^\/cluster\/resources$/, "guests"],
    [/\/(config|firewall\/options)$/, "settings"],
    [/\/(status\/current|tasks\/[^/]+\/status)$/, "status"],
    [/\/qemu\/\d+\/feature$/, "feature"],
    [/\/firewall\/rules$/, "records"],
    [/\/firewall\/ipset$/, "ipsets"],
    [/\/firewall\/ipset\/[^/]+$/, "addresses"],
    [/^\/nodes\/[^/]+\/storage$/, "storages"],
    [/\/storage\/[^/]+\/content$/, "volumes"],
    [/^\/cluster\/mapping\/(pci|usb)$/, "mappings"],
    [/^\/cluster\/backup$/, "backupJobs"],
    [/^\/pools$/, "pools"],
    [/^\/nodes\/[^/]+\/tasks$/, "tasks"],
    [/\/tasks\/[^/]+\/log$/, "log"],
];

/** Requests that begin a task. */
const BEGINS_TASK = /^(DELETE \/nodes\/[^/]+\/qemu\/\d+|POST \/nodes\/[^/]+\/(vzdump|qemu))$/;

/**
 * The data of an answer with status 200, held to its shape: what is read of it is there, and of its type.
 *
 * @throws UnexpectedAnswerError with what came instead.
 */
export function dataIn(method: string, path: string, text: string): unknown {
    const answer = jsonIn(text, withoutNulls);
    if (typeof answer !== "object" || answer === null || !("data" in answer)) {
        throw new UnexpectedAnswerError(`it has no data: ${text.trim().slice(0, 60)}`);
    }
    const { data } = answer;
    const [bare] = path.split("?") as [string];
    if (BEGINS_TASK.test(`${method} ${bare}`)) {
        hold("upid", data);
    } else if (method === "GET") {
        // PVE writes nothing as its answer to what changes something, and never to what is asked.
        hold(KINDS.find(([known]) => known.test(bare))?.[1], data);
    }
    return data;
}

/** PVE writes null for what a key does not say (undef in Perl), and reading it is the same as that it is not there. */
function withoutNulls(key: string, value: unknown): unknown {
    return value === null && key !== "data" ? undefined : value;
}

function hold(kind: string | undefined, data: unknown): void {
    if (kind !== undefined) {
        requireKind(kind, data);
    } else if (data === null) {
        throw new UnexpectedAnswerError("data is null");
    }
}

/** The schema has every kind below its own key, which is no part of the answer. */
function requireKind(kind: string, data: unknown): void {
    try {
        requireShape("node", { [kind]: data }, "");
    } catch (error) {
        throw error instanceof UnexpectedAnswerError
            ? new UnexpectedAnswerError(error.message.replace(`.${kind}`, "data"))
            : error;
    }
}
