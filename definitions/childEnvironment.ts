/** Environment of a process: variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A program that is started from here; each gets variables of its own. */
export type Child = "ssh" | "git" | "ansible-galaxy" | "pulumi" | "pulumi state";

/** Variables that any program may need: where it is, whose it is, what language it speaks, how it reaches a network. */
const COMMON = [
    ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ", "LANG", "LANGUAGE", "NO_COLOR"],
    ...["SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK", "KRB5CCNAME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"],
    ...["http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"],
];

/** Variables with secrets of node and router: what only looks at a state has no use for them. */
const OF_MACHINES = /^(PROXMOX_VE_|OPNSENSE_)/;

/**
 * The part of an environment that a program is given.
 *
 * ssh, git and ansible-galaxy get those that they need, and of secrets that of a Galaxy server alone. The Pulumi CLI may keep its state anywhere, for which it reads whatever the
 * backend's own library does, so that it gets all but the secrets that it has no use for: those of node and router only where it
 * runs the program, whose plugins use them.
 */
export function environmentFor(child: Child, environment: Environment = process.env): NodeJS.ProcessEnv {
    const chosen = Object.entries(environment).filter(([name]) => isGiven(child, name));
    return Object.fromEntries(chosen);
}

function isGiven(child: Child, name: string): boolean {
    switch (child) {
        case "ssh":
            return isCommon(name);
        case "git":
            return isCommon(name) || /^GIT_(SSH|SSL|CONFIG|PROXY)/.test(name);
        case "ansible-galaxy":
            return isCommon(name) || /^ANSIBLE_(CONFIG|HOME|GALAXY)/.test(name);
        case "pulumi state":
            return !OF_MACHINES.test(name);
        case "pulumi":
            return true;
    }
}

function isCommon(name: string): boolean {
    return COMMON.includes(name) || name.startsWith("LC_");
}
