/**
 * Names of the variables of this machine that programs of a lab need: where programs and temporary files are, who the user
 * is (Pulumi's locks say it), the language of messages, and how much memory a Go program may hold, which make sets.
 */
const NEEDED = /^(PATH|TMPDIR|USER|LOGNAME|LANG|LC_[A-Z]+|GOGC|GOMEMLIMIT)$/;

/**
 * The environment of whatever a lab starts. Nothing else that a person has set reaches it: no credentials, no place of a
 * state, no proxy or authority, no options of Node.js, git, Ansible or SSH.
 */
export function labEnvironment(): Record<string, string> {
    const needed = Object.entries(process.env).filter(([name]) => NEEDED.test(name));
    return Object.fromEntries(needed.map(([name, value]) => [name, value!]));
}
