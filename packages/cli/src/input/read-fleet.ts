import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import type { FleetDocument } from "@evenkeel/contract/fleet.ts";
import { hostPolicyOf } from "@evenkeel/contract/host-policy.ts";
import { readPlacedDocument } from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestName } from "@evenkeel/core/guest/name.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { below, sourceBelow } from "@evenkeel/host/source/source-below.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { writeNotes } from "../text/notes-text.ts";
import { type PlanFile, readPlan } from "./read-documents.ts";
import { type NamedHost, type ReadHost, readNamedHosts } from "./read-named-hosts.ts";
import { readPolicy } from "./read-policy.ts";
import { readText } from "./read-text.ts";
import { takenFiles } from "./taken-files.ts";

/** A host of a Fleet, with the name that it has there. */
export interface FleetHost extends NamedHost {
  readonly name: string;
}

/** A Fleet in a file, before its hosts are read. */
export interface FleetFile {
  readonly hosts: readonly FleetHost[];
  readonly plans: readonly PlanFile[];
}

/** The steps to a field of the document, and where it is in the file. */
type PlaceOf = (path: readonly (string | number)[]) => string;

/** More plans than this on a fleet are counted by a service, not by a command. */
const plansMax = 16_384;

/**
 * Reads a Fleet: its hosts, whose sources and policies are now those of a command line, and the
 * plans of their VMs. Paths in it are relative to the file's folder; for standard input and what a
 * shell puts in a file's place (`<(…)`), to the current one.
 *
 * A source may be whatever the command line takes, but standard input, which is one and belongs to
 * the command.
 *
 * Errors, with the place in the file: `document-invalid`; `host-duplicate` for two hosts of one
 * name or one machine; `plan-inconsistent` for a plan of another host, or of two; those of reading
 * files.
 */
export async function readFleetFile(path: string, surroundings: Surroundings): Promise<FleetFile> {
  const { text, where } = await readText(path, "a Fleet document", surroundings);
  const { document, placeOf } = readPlacedDocument(text, where, "Fleet");
  const folder = /^(?:-$|\/dev\/|\/proc\/)/.test(path) ? "." : dirname(path);
  refuseEmpty(document, placeOf);
  refuseSameHosts(document, folder, placeOf);
  const policies = new Map<string, Promise<HostPolicy>>();
  const policyOf = async (
    policy: FleetDocument["hosts"][number]["policy"],
    place: string,
  ): Promise<HostPolicy | null> => {
    if (policy === undefined) return null;
    if (typeof policy !== "string") return hostPolicyOf(policy);
    const file = below(folder, policy);
    // Most hosts share a policy.
    const read = policies.get(file) ?? namedBy(place, readPolicy(file, surroundings));
    policies.set(file, read);
    return read;
  };
  const hosts: FleetHost[] = [];
  for (const [i, host] of document.hosts.entries()) {
    hosts.push({
      name: host.name,
      sources: host.sources.map((source) => sourceBelow(folder, source)),
      policy:
        host.policy === undefined
          ? await policyOf(document.defaults?.policy, placeOf(["defaults", "policy"]))
          : await policyOf(host.policy, `${placeOf(["hosts", i, "policy"])} (${host.name})`),
      where: `${placeOf(["hosts", i, "sources"])} (${host.name})`,
    });
  }
  return { hosts, plans: await readTaken(document, folder, placeOf, surroundings) };
}

/**
 * Reads the machines of a fleet's hosts. Of those that cannot be read the names and the reasons are
 * one error; with `skipUnreadable`, each is a note, and its plans are left out with it.
 *
 * Errors: `host-unread`; `host-duplicate` where two hosts turn out to be one machine; what is wrong
 * with the file itself, such as a source of no kind, is an error in any case.
 */
export async function readFleet(
  { hosts, plans }: FleetFile,
  skipUnreadable: boolean,
  surroundings: Surroundings,
): Promise<{ readonly hosts: readonly ReadHost[]; readonly plans: readonly PlanFile[] }> {
  const readings = await readNamedHosts(hosts, surroundings);
  const read = readings.filter((reading): reading is ReadHost => "topology" in reading);
  const failed = readings.flatMap((reading) => ("failure" in reading ? [reading] : []));
  for (const { failure, named } of failed) {
    if (!mistakes.has(failure.code)) continue;
    throw new EvenkeelError(failure.code, why(failure), {
      where: named.where,
      ...(failure.expected !== null && { expected: failure.expected }),
      ...(failure.remedy !== null && { remedy: failure.remedy }),
    });
  }
  const [first] = failed;
  if (first !== undefined && (!skipUnreadable || read.length === 0)) throw unread(failed);
  writeNotes(
    surroundings.stderr,
    failed.map(({ named, failure }) => `${named.name} is left out: ${why(failure)}`),
  );
  refuseSameMachines(read);
  const left = new Set(failed.map(({ named }) => named.name));
  return { hosts: read, plans: plans.filter(({ plan }) => !left.has(plan.host)) };
}

/** Errors of a source that say that it is written wrong, which no other day mends. */
const mistakes: ReadonlySet<string> = new Set([
  "source-unknown",
  "machine-unknown",
  "synthetic-malformed",
]);

type Failed = { readonly named: NamedHost; readonly failure: EvenkeelError };

function unread(failed: readonly Failed[]): EvenkeelError {
  const [first, ...others] = failed;
  const { named, failure } = first ?? {};
  const shown = others.slice(0, 20).map(({ named: { name } }) => name);
  const more = others.length > shown.length ? [`${others.length - shown.length} more`] : [];
  const also = others.length === 0 ? "" : `; nor can ${[...shown, ...more].join(", ")}`;
  const said = failure === undefined ? "" : why(failure);
  return new EvenkeelError("host-unread", `${named?.name} cannot be read: ${said}${also}`, {
    where: named?.where ?? "the fleet",
    expected: failure?.expected ?? "a machine that can be read",
    remedy: `${failure?.remedy == null ? "" : `${failure.remedy}; or `}leave out what cannot be read: --skip-unreadable`,
  });
}

/** Reads a file; an error says where the fleet names it. */
async function namedBy<Value>(place: string, reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    const { code, message, where, expected, remedy } = error;
    throw new EvenkeelError(code, message, {
      where: where === null ? place : `${where}, which ${place} names`,
      ...(expected !== null && { expected }),
      ...(remedy !== null && { remedy }),
    });
  }
}

function why({ where, message }: EvenkeelError): string {
  return where === null ? message : `${where}: ${message}`;
}

function refuseEmpty({ hosts }: FleetDocument, placeOf: PlaceOf): void {
  if (hosts.length === 0) {
    throw invalid("hosts is an empty list", placeOf(["hosts"]), "at least one host", null);
  }
  const empty = hosts.findIndex(({ sources }) => sources.length === 0);
  if (empty < 0) return;
  throw invalid(
    `hosts[${empty}].sources is an empty list`,
    `${placeOf(["hosts", empty, "sources"])} (${hosts[empty]?.name})`,
    "at least one source, such as ssh:HOST or sysfs:FILE",
    null,
  );
}

/** Refuses two hosts of one name, and a source that is of two hosts. */
function refuseSameHosts({ hosts }: FleetDocument, folder: string, placeOf: PlaceOf): void {
  const names = new Map<string, number>();
  const machines = new Map<string, number>();
  for (const [i, { name, sources }] of hosts.entries()) {
    const namesake = names.get(name);
    if (namesake !== undefined) {
      throw new EvenkeelError("host-duplicate", `two hosts have the name ${JSON.stringify(name)}`, {
        where: placeOf(["hosts", i, "name"]),
        expected: `another name than that of ${placeOf(["hosts", namesake, "name"])}`,
        remedy: "give one of them another name, or remove it",
      });
    }
    names.set(name, i);
    for (const [at, source] of sources.entries()) {
      const place = `${placeOf(["hosts", i, "sources", at])} (${name})`;
      if (source === "-") {
        throw invalid(
          "standard input is no source of a fleet",
          place,
          "a file, or another source that does not end with the command",
          "write it to a file and name that",
        );
      }
      const machine = machineOf(sourceBelow(folder, source));
      const other = machine === null ? undefined : machines.get(machine);
      if (machine === null) continue;
      if (other !== undefined && other !== i) {
        throw sameMachine(hosts[other]?.name ?? "", name, place, `both are ${source}`);
      }
      machines.set(machine, i);
    }
  }
}

/** What two sources of one machine have in common; null for a type of machines. */
function machineOf(source: string): string | null {
  if (/^(?:machine|synthetic):/.test(source)) return null;
  if (source === "live" || source.startsWith("ssh:")) return source;
  const [, prefix = "", file = "", inner = ""] = /^([a-z-]*:)?([^#]*)(#.*)?$/s.exec(source) ?? [];
  try {
    return `file ${realpathSync(file)}${inner}`;
  } catch {
    return `${prefix}${file}${inner}`;
  }
}

/** Refuses two hosts that are one machine by what it says: its boot, or a UUID of a GPU. */
function refuseSameMachines(hosts: readonly ReadHost[]): void {
  const seen = new Map<string, ReadHost>();
  for (const host of hosts) {
    const uuids = host.topology.accelerators.flatMap(({ uuid }) => uuid ?? []);
    const isReal = host.named.sources.some((source) => machineOf(source) !== null);
    const marks = [
      ...host.boots.map((boot) => [`boot ${boot}`, "both answer as one machine"] as const),
      ...(isReal ? uuids : []).map((uuid) => [uuid, `both have the GPU ${uuid}`] as const),
    ];
    for (const [mark, what] of marks) {
      const other = seen.get(mark);
      if (other !== undefined && other !== host) {
        throw sameMachine(other.topology.name, host.topology.name, host.named.where, what);
      }
      seen.set(mark, host);
    }
  }
}

function sameMachine(a: string, b: string, where: string, what: string): EvenkeelError {
  return new EvenkeelError("host-duplicate", `${a} and ${b} are the same machine: ${what}`, {
    where,
    expected: "every machine once: what is free of it would be sold twice",
    remedy:
      "remove one of the two; for several machines of one type, give machine:NAME or synthetic:TEXT",
  });
}

/** Reads the plans of the hosts, each once, and refuses those of other hosts. */
async function readTaken(
  { defaults, hosts }: FleetDocument,
  folder: string,
  placeOf: PlaceOf,
  surroundings: Surroundings,
): Promise<readonly PlanFile[]> {
  const names = hosts.map(({ name }) => name);
  const known = new Map<string, { readonly file: PlanFile; readonly host: string | null }>();
  const lists = [
    { host: null, taken: defaults?.taken ?? [], path: ["defaults", "taken"] },
    ...hosts.map(({ name, taken = [] }, i) => ({ host: name, taken, path: ["hosts", i, "taken"] })),
  ];
  for (const { host, taken, path } of lists) {
    for (const [at, named] of taken.entries()) {
      const place = `${placeOf([...path, at])}${host === null ? "" : ` (${host})`}`;
      for (const file of takenFiles(below(folder, named), place)) {
        const key = realPath(file);
        const before = known.get(key);
        if (before !== undefined && before.host !== null && host !== null && before.host !== host) {
          throw misplaced(`${file} is a plan of ${before.host} and of ${host}`, place, null);
        }
        const read = before?.file ?? (await namedBy(place, readPlan(file, surroundings)));
        known.set(key, { file: read, host: before?.host ?? host });
        refuseOtherHost(read, host, names, place);
        if (known.size > plansMax) {
          throw new EvenkeelError("file-too-large", `there are over ${plansMax} plans`, {
            where: place,
            expected: `at most ${plansMax} plans of a fleet`,
            remedy: "remove the plans of VMs that run no more, or split the fleet",
          });
        }
      }
    }
  }
  const files = [...known.values()].map(({ file }) => file);
  refuseVmsTwice(files);
  return files;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function refuseOtherHost(
  { plan, where }: PlanFile,
  host: string | null,
  names: readonly string[],
  place: string,
): void {
  const own = JSON.stringify(plan.host);
  if (host !== null && plan.host !== host) {
    const isHere = names.includes(plan.host);
    throw misplaced(
      `${where} is a plan of the host ${own}`,
      place,
      isHere
        ? `list it there, or under defaults, where plans find their hosts by their names`
        : null,
    );
  }
  if (host === null && !names.includes(plan.host)) {
    const near = didYouMean(plan.host, names);
    throw misplaced(
      `${where} is a plan of the host ${own}, which the fleet does not have`,
      place,
      near === null ? "add the host, or move the plan away" : `did you mean ${near}?`,
    );
  }
}

function refuseVmsTwice(plans: readonly PlanFile[]): void {
  const seen = new Map<string, PlanFile>();
  for (const file of plans) {
    const { vm, tenant, host } = file.plan;
    const name = guestName(vm, tenant);
    const other = seen.get(name);
    if (other !== undefined) {
      const hosts =
        other.plan.host === host ? `twice on ${host}` : `on ${other.plan.host} and ${host}`;
      throw misplaced(`the VM ${name} has plans ${hosts}: ${other.where} too`, file.where, null);
    }
    seen.set(name, file);
  }
}

function misplaced(message: string, where: string, remedy: string | null): EvenkeelError {
  return new EvenkeelError("plan-inconsistent", message, {
    where,
    expected: "the plans of VMs that are on this host, each once",
    remedy: remedy ?? "leave out the plan that is not in force",
  });
}

function invalid(
  message: string,
  where: string,
  expected: string,
  remedy: string | null,
): EvenkeelError {
  const detail = { where, expected };
  return new EvenkeelError("document-invalid", message, {
    ...detail,
    ...(remedy !== null && { remedy }),
  });
}
