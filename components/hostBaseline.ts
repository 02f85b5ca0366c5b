import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { applyCommand, HOST_FOLDER, runName, type Secrets } from "../host/run";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostFacts } from "../model/hostFacts";
import type { Hypervisor } from "../model/substrate";
import type { HostGround } from "./hostGround";

export interface HostBaselineArgs {
    /** A hypervisor with a baseline. */
    readonly hypervisor: Hypervisor;
    readonly ground: HostGround;
    readonly secrets: Secrets;
    /** Folder of the project. */
    readonly root: string;
}

/** Seconds that the packages of a fresh host may take. */
const BOOTSTRAP_SECONDS = 900;

/**
 * The baseline of one hypervisor's host, by SSH as root: the host answers, has sudo and Ansible, gets the payload, and
 * runs it. Each step waits for the one before.
 *
 * All four run again, in place, when what the run makes of the host changes, and never else: a changed connection counts
 * from the next run that there is. Nothing is undone when they go: the host stays as it is.
 */
export class HostBaseline extends pulumi.ComponentResource {
    /** What the host said of itself before the run. */
    readonly facts: pulumi.Output<HostFacts>;

    constructor(name: string, args: HostBaselineArgs, opts?: pulumi.ComponentResourceOptions) {
        super("deevnet:tenant:HostBaseline", name, {}, opts);

        const { plan, facts, generation } = args.ground;
        const run = runName(plan.digest, generation);
        const step = (after: readonly pulumi.Resource[]): pulumi.CustomResourceOptions => ({
            parent: this,
            dependsOn: [...after],
            // The host keeps what was made of it; Pulumi says so when the resource goes.
            retainOnDelete: true,
            ...(args.ground.due ? {} : { ignoreChanges: ["connection"] }),
        });
        const to = { connection: connectionTo(args) };
        const quiet = { ...to, addPreviousOutputInEnv: false, logging: command.remote.Logging.None };
        const reachable = new command.remote.Command(
            `${name}-reachable`,
            { ...quiet, create: `true # ${run}` },
            step([]),
        );
        const ansible = new command.remote.Command(
            `${name}-ansible`,
            { ...quiet, ...bootstrap(args, run) },
            step([reachable]),
        );
        const source = new pulumi.asset.FileAsset(plan.payload.file);
        const payload = new command.remote.CopyToRemote(
            `${name}-payload`,
            { ...to, source, remotePath: `${HOST_FOLDER}/${run}.tar` },
            step([ansible]),
        );
        const apply = new command.remote.Command(
            `${name}-apply`,
            {
                ...quiet,
                create: applyCommand(args.hypervisor.baseline!, plan.payload, run),
                stdin: pulumi.secret(plan.input),
            },
            { ...step([payload]), additionalSecretOutputs: ["stdout", "stderr"] },
        );

        // Known only once the run ended well: the next one compares with it.
        const applied = apply.urn.apply(() => ({ digest: plan.digest, generation }));
        this.registerOutputs({ applied, facts: (this.facts = applied.apply(() => facts)) });
    }
}

/** Installs what a fresh host lacks of sudo and Ansible. */
function bootstrap({ hypervisor, root }: HostBaselineArgs, run: string) {
    const { mirror } = hypervisor.baseline!.packages;
    return {
        create: `timeout -k 10 ${BOOTSTRAP_SECONDS} sh -s -- ${mirror} # ${run}`,
        stdin: readFileSync(join(root, "ansible", "bootstrap.sh"), "utf8"),
    };
}

/** Ten seconds for each try; the host was reached before, so few are needed, unless it restarts meanwhile. */
const PER_DIAL_SECONDS = 10;

function connectionTo({ hypervisor, secrets }: HostBaselineArgs): command.types.input.remote.ConnectionArgs {
    const { ssh, baseline } = hypervisor;
    return {
        host: ssh.host,
        port: ssh.port,
        user: "root",
        // Without it the provider would trust any host.
        hostKey: ssh.hostKey!,
        ...(secrets.privateKey !== undefined && { privateKey: pulumi.secret(secrets.privateKey) }),
        perDialTimeout: PER_DIAL_SECONDS,
        dialErrorLimit: Math.max(3, Math.ceil(baseline!.wait / PER_DIAL_SECONDS)),
    };
}
