import { faultAt } from "../../definitions/places";
import type { SubstrateDefinition } from "../../definitions/definitions";
import type { Fault, Path } from "../../definitions/faults";
import type { Source } from "../../definitions/yaml";

/** Checks that what a pattern takes for a URL can be asked: it sees neither a port above 65535 nor an address such as 10.20.99.300. */
export function checkEndpoints(stack: Source, { hypervisors, coreRouter }: SubstrateDefinition): Fault[] {
    const all: (readonly [Path, string | undefined])[] = [
        ...Object.entries(hypervisors).map(
            ([name, { endpoint }]) => [["hypervisors", name, "endpoint"], endpoint] as const,
        ),
        [["coreRouter", "endpoint"], coreRouter.endpoint],
    ];
    return all.flatMap(([path, endpoint]) =>
        endpoint === undefined || URL.canParse(endpoint)
            ? []
            : [faultAt(stack, path, `${endpoint} is no URL: its host is no DNS name and no address, or its port none`)],
    );
}
