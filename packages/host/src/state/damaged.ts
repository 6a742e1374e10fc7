import { basename, dirname, join } from "node:path";
import { guestUuid } from "@evenkeel/core/guest/name.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import { findProcess } from "../procfs/find-process.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { runFolder, statePaths } from "./paths.ts";

/** What can still be told about the VM of a damaged record. */
interface Remains {
  readonly name: string;
  readonly uuid: string;
  /** The text that names its hypervisor may be damaged too. */
  readonly via: "libvirt" | "qemu" | null;
  /** The process of the VM, if one runs. */
  readonly pid: number | null;
}

/**
 * What to do about a damaged record. Moving it away frees all that its VM holds, so the VM must not
 * run then.
 *
 * @param text what the file says, if it can be read.
 */
export function damagedRemedy(path: string, text: string): string {
  const remains = remainsOf(path, text);
  const move = shellLine(["mv", path, `${path}.damaged`]);
  return [
    ...whetherItRuns(remains),
    "do not move the file away while it runs, because what it holds would be given to others",
    ...end(remains),
    `when it has ended: ${move}`,
  ].join("; ");
}

function whetherItRuns({ name, uuid, via, pid }: Remains): readonly string[] {
  const of = via === null ? "" : via === "qemu" ? " of QEMU alone" : " of libvirt";
  if (pid !== null) return [`the VM ${name}${of} runs as process ${pid}`];
  const ask = [
    ...(via === "qemu" ? [] : [shellLine(["virsh", "domstate", "--domain", uuid])]),
    ...(via === "libvirt" ? [] : [shellLine(["pgrep", "-af", "--", uuid])]),
  ];
  return [`no process of the VM ${name}${of} was found; see ${ask.join(" and ")}`];
}

function end({ uuid, via, pid }: Remains): readonly string[] {
  const destroy = ["destroy", "undefine --keep-nvram"].map(
    (what) => `virsh ${what} --domain ${uuid}`,
  );
  if (via === "libvirt") return [`end it with ${destroy.join(" and ")}`];
  if (pid === null) return [];
  if (via === "qemu") return [`end it with kill ${pid}`];
  return [`end it with kill ${pid}, or through libvirt with ${destroy.join(" and ")}`];
}

/**
 * Searches the text of a damaged record for what it still tells. A record is named after its VM,
 * and the UUID of a VM that was started here follows from its name.
 */
function remainsOf(path: string, text: string): Remains {
  const name = basename(path, ".json");
  const told = /"uuid"\s*:\s*"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/.exec(text)?.[1];
  const uuids = [...new Set([...(told === undefined ? [] : [told]), uuidOf(name)])];
  const via = /"via"\s*:\s*"(libvirt|qemu)"/.exec(text)?.[1];
  const running = uuids.flatMap((uuid) => {
    const pidFile = join(runFolder(statePaths(dirname(dirname(path))), uuid), "pid");
    const search = findProcess(liveTree(), { name: null, uuid, record: null, pidFile });
    return search.kind === "found" ? [{ uuid, pid: search.process.pid }] : [];
  });
  const [first] = running;
  return {
    name,
    uuid: first?.uuid ?? told ?? uuidOf(name),
    via: via === "libvirt" || via === "qemu" ? via : null,
    pid: first?.pid ?? null,
  };
}

/** The UUID that follows from a full name, `VM` or `TENANT_VM`. */
function uuidOf(name: string): string {
  const [tenant, ...rest] = name.split("_");
  return rest.length === 0 ? guestUuid(name, null) : guestUuid(rest.join("_"), tenant ?? null);
}
