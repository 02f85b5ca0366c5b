import { revisionOf } from "../../definitions/revision/read";
import type { Stamp } from "../../report/stamp";
import { definitions } from "../cli/environment";

/** Stamp of a page that is made now, from a substrate's definitions. */
export function stampOf(substrate: string, root = definitions()): Stamp {
    const revision = revisionOf(root, substrate);
    return { at: new Date(), ...(revision && { revision }) };
}
