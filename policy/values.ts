/**
 * Values that @pulumi/policy hands to a rule behind proxies: reading one that is unknown in a preview throws, and which ones are
 * secret does not show.
 */

/** Inputs as plain values, secrets unwrapped; what is unknown is undefined. */
export function knownOf(props: object): Record<string, unknown> {
    return Object.fromEntries(entriesOf(props));
}

function entriesOf(from: object): [string, unknown][] {
    return Object.keys(from).map((key): [string, unknown] => {
        try {
            return [key, plainOf((from as Record<string, unknown>)[key])];
        } catch (error) {
            // The class is the package's own and not exported.
            if ((error as Error).constructor.name === "UnknownValueError") {
                return [key, undefined];
            }
            throw error;
        }
    });
}

function plainOf(value: unknown): unknown {
    if (Array.isArray(value)) {
        return entriesOf(value).map(([, element]) => element);
    }
    return typeof value === "object" && value !== null ? Object.fromEntries(entriesOf(value)) : value;
}

/** Keys by which the proxies give out what they stand for, in @pulumi/policy 1.21.0. */
const [IS_PROXY, TARGET] = ["__isSpecialProxy", "__getSpecialProxyTarget"] as const;

/**
 * Inputs, as the pass for remediations has them, without those that are secret.
 *
 * @param secret class of a secret value.
 */
export function withoutSecrets(value: unknown, secret: abstract new (...args: never[]) => object): unknown {
    const target = targetOf(value);
    if (target instanceof secret) {
        return undefined;
    }
    if (Array.isArray(target)) {
        return target.map((element) => withoutSecrets(element, secret));
    }
    return typeof target === "object" && target !== null
        ? Object.fromEntries(Object.entries(target).map(([key, below]) => [key, withoutSecrets(below, secret)]))
        : target;
}

function targetOf(value: unknown): unknown {
    let target = value as Record<string, unknown> | undefined | null;
    while (target?.[IS_PROXY] === true) {
        target = target[TARGET] as typeof target;
    }
    return target;
}
