import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { applyCommand, HOST_FOLDER, runName } from "../host/run";
import type { Secrets } from "../host/secrets";
import { hostScript } from "../host/read";
import type { HostFacts } from "../host/facts";
import type { Hypervisor } from "../substrate/substrate";
import type { HostSurvey } from "./hostSurvey";

export interface HostBaselineArgs {
    /** A hypervisor with a baseline. */
    readonly hypervisor: Hypervisor;
    readonly survey: HostSurvey;
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
    /** Facts that the host told before the run. */
    readonly facts: pulumi.Output<HostFacts>;

    constructor(name: string, args: HostBaselineArgs, opts?: pulumi.ComponentResourceOptions) {
        super("deevnet:tenant:HostBaseline", name, {}, opts);

        const { plan, facts, generation } = args.survey;
        const apply = declareSteps(this, name, args);

        // Known only once the run ended well: the next one compares with it.
        const applied = apply.urn.apply(() => ({ digest: plan.digest, generation }));
        this.facts = applied.apply(() => facts);
        this.registerOutputs({ applied, facts: this.facts });
    }
}

/** Declares the four steps, each after the one before, and gives back the last. */
function declareSteps(parent: pulumi.Resource, name: string, args: HostBaselineArgs): pulumi.Resource {
    const { plan, generation, due } = args.survey;
    const run = runName(plan.digest, generation);
    const baseline = args.hypervisor.baseline!;
    const connection = connectionTo(args);
    const step = (after: readonly pulumi.Resource[]): pulumi.CustomResourceOptions => ({
        parent,
        dependsOn: [...after],
        // The host keeps what was made of it; Pulumi says so when the resource goes.
        retainOnDelete: true,
        ...(due ? {} : { ignoreChanges: ["connection"] }),
    });
    const quiet = { connection, addPreviousOutputInEnv: false, logging: command.remote.Logging.None };

    const reachable = new command.remote.Command(`${name}-reachable`, { ...quiet, create: `true # ${run}` }, step([]));
    const ansible = new command.remote.Command(
        `${name}-ansible`,
        {
            ...quiet,
            create: `timeout -k 10 ${BOOTSTRAP_SECONDS} sh -s -- ${baseline.packages.mirror} # ${run}`,
            stdin: hostScript(args.root, "bootstrap.sh"),
        },
        step([reachable]),
    );
    const payload = new command.remote.CopyToRemote(
        `${name}-payload`,
        {
            connection,
            source: new pulumi.asset.FileAsset(plan.payload.file),
            remotePath: `${HOST_FOLDER}/${run}.tar`,
        },
        step([ansible]),
    );
    return new command.remote.Command(
        `${name}-apply`,
        { ...quiet, create: applyCommand(baseline, plan.payload, run), stdin: pulumi.secret(plan.input) },
        { ...step([payload]), additionalSecretOutputs: ["stdout", "stderr"] },
    );
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
