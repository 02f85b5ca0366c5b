/** Says what a destroy leaves as it is: what `make destroy` ends with. */
import { FLAG, runCommand } from "./command";

const HELP = `usage: commands/kept.ts <substrate>
Says which hosts stay configured after a destroy. Exit 0.`;

void runCommand(HELP, { help: FLAG }, ({ hypervisors }) => {
    for (const { name, ssh, baseline } of hypervisors) {
        if (baseline !== undefined) {
            console.log(`${name}: the host ${ssh.host} stays configured: a baseline is never undone.`);
        }
    }
});
