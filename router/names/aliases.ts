import type { RouterHost } from "../recordTypes";
import type { Row } from "../client";
import { text } from "../ownership";
import type { Writer } from "../queue";

const SETTINGS = "unbound/settings";

/**
 * Brings a host's aliases to what is declared.
 *
 * @param host uuid of its host override.
 * @param rows the tenant's own aliases of this host.
 */
export async function writeAliases(
    writer: Writer,
    host: string,
    declared: RouterHost,
    rows: readonly Row[],
): Promise<void> {
    const kept = new Map<string, Row>();
    const leaving: Row[] = [];
    for (const row of rows) {
        const label = text(row, "hostname");
        if (declared.aliases.includes(label) && !kept.has(label)) {
            kept.set(label, row);
        } else {
            leaving.push(row);
        }
    }
    await removeAliases(writer, leaving);
    for (const label of declared.aliases) {
        await writeAlias(writer, host, declared, label, kept.get(label));
    }
}

export async function removeAliases(writer: Writer, rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
        writer.dirty("unbound");
        await writer.client.delete(`${SETTINGS}/delHostAlias/${row.uuid}`, text(row, "description"));
    }
}

async function writeAlias(
    writer: Writer,
    host: string,
    declared: RouterHost,
    label: string,
    row: Row | undefined,
): Promise<void> {
    const alias = {
        enabled: "1",
        host,
        hostname: label,
        domain: declared.domain,
        description: declared.description,
    };
    if (row !== undefined && Object.entries(alias).every(([name, value]) => text(row, name) === value)) {
        return;
    }
    writer.dirty("unbound");
    if (row === undefined) {
        await writer.client.add(`${SETTINGS}/addHostAlias`, { alias });
    } else {
        await writer.client.set(`${SETTINGS}/setHostAlias/${row.uuid}`, { alias });
    }
}
