/**
 * One resource's `up` in a process of its own, which a test kills: `node --require ./start/typescript` with kind, inputs and
 * state as JSON on standard input.
 */
import { text } from "node:stream/consumers";
import { kinds } from "../../router/provider";
import type { Properties } from "../../state/dynamicResource";

void (async () => {
    const { kind, id, inputs, props } = JSON.parse(await text(process.stdin)) as {
        kind: string;
        id: string;
        inputs: Properties;
        props: Properties;
    };
    const found = await kinds[kind]!.read(id, props);
    await kinds[kind]!.check(found.props, inputs);
    await kinds[kind]!.update(id, found.props, inputs);
})();
