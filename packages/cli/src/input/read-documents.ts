import { usesOf } from "@evenkeel/contract/document-uses.ts";
import {
  heldText,
  isOfKind,
  type PlacedDocument,
  readDocument,
  readPlacedDocuments,
} from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Flavor, VirtualMachine } from "@evenkeel/core/request/virtual-machine.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { readText } from "./read-text.ts";

/** A flavor, and where it stands, for errors: `flavors.yaml:5:1`. */
interface PlacedFlavor {
  readonly flavor: Flavor;
  readonly where: string;
}

/** A request: the one VirtualMachine in its file, and all Flavors given. */
export interface Asked {
  readonly vm: VirtualMachine;
  readonly flavors: readonly Flavor[];
}

/** Reads a request. Errors: those of the files, and `usage` for two flavors of one name. */
export async function readAsked(
  path: string,
  flavorPaths: readonly string[],
  surroundings: Surroundings,
): Promise<Asked> {
  const { text, where } = await readText(path, "a VirtualMachine document", surroundings);
  const placed = readPlacedDocuments(text, where);
  const documents = placed.map(({ document }) => document);
  const vms = documents.filter((document) => isOfKind(document, "VirtualMachine"));
  const others = documents.filter(({ kind }) => kind !== "VirtualMachine" && kind !== "Flavor");
  const [vm] = vms;
  if (vm === undefined || others.length > 0 || vms.length > 1) {
    throw new EvenkeelError("document-invalid", heldText(documents), {
      where,
      expected: "one VirtualMachine, and Flavors if any",
      remedy: usesOf(others.length > 0 ? others : vms.length > 1 ? vms : documents, where),
    });
  }
  const own = flavorsOf(placed);
  const given: PlacedFlavor[] = [];
  for (const flavorPath of flavorPaths) given.push(...(await readPlaced(flavorPath, surroundings)));
  return { vm, flavors: distinct([...own, ...given]) };
}

/** The Flavors in files that hold nothing else. Errors: as for `readAsked`. */
export async function readFlavors(
  paths: readonly string[],
  surroundings: Surroundings,
): Promise<readonly Flavor[]> {
  const placed: PlacedFlavor[] = [];
  for (const path of paths) placed.push(...(await readPlaced(path, surroundings)));
  return distinct(placed);
}

async function readPlaced(path: string, surroundings: Surroundings): Promise<PlacedFlavor[]> {
  const { text, where } = await readFlavorText(path, surroundings);
  const placed = readPlacedDocuments(text, where);
  const documents = placed.map(({ document }) => document);
  const others = documents.filter(({ kind }) => kind !== "Flavor");
  if (others.length > 0) {
    throw new EvenkeelError("document-invalid", heldText(documents), {
      where,
      expected: "Flavors and nothing else",
      remedy: usesOf(others.slice(0, 1), where),
    });
  }
  return flavorsOf(placed);
}

/** A file of flavors. A name without a dot of a file is a flavor's: `--flavor h100.2`. */
async function readFlavorText(
  path: string,
  surroundings: Surroundings,
): ReturnType<typeof readText> {
  try {
    return await readText(path, "a file with Flavors", surroundings);
  } catch (error) {
    const isName = /^[A-Za-z0-9.-]+$/.test(path) && !/\.(?:ya?ml|json)$/i.test(path);
    if (!(error instanceof EvenkeelError) || error.code !== "file-missing" || !isName) throw error;
    throw new EvenkeelError("file-missing", error.message, {
      where: path,
      expected: "a file with Flavors, not the name of one",
      remedy: "name the file that has it: --flavor flavors.yaml, for example",
    });
  }
}

function flavorsOf(placed: readonly PlacedDocument[]): PlacedFlavor[] {
  return placed.flatMap(({ document, placeOf }) =>
    isOfKind(document, "Flavor") ? [{ flavor: document, where: placeOf([]) }] : [],
  );
}

/**
 * The Flavors and VirtualMachines in files that hold nothing else. Errors: as for `readAsked`.
 */
export async function readFlavorsAndVms(
  paths: readonly string[],
  surroundings: Surroundings,
): Promise<{ readonly flavors: readonly Flavor[]; readonly vms: readonly VirtualMachine[] }> {
  const flavors: PlacedFlavor[] = [];
  const vms: VirtualMachine[] = [];
  for (const path of paths) {
    const expected = "Flavor or VirtualMachine documents";
    const { text, where } = await readText(path, expected, surroundings);
    const placed = readPlacedDocuments(text, where);
    const documents = placed.map(({ document }) => document);
    const others = documents.filter(({ kind }) => kind !== "VirtualMachine" && kind !== "Flavor");
    if (others.length > 0) {
      throw new EvenkeelError("document-invalid", heldText(documents), {
        where,
        expected: "Flavors, VirtualMachines or both",
        remedy: usesOf(others.slice(0, 1), where),
      });
    }
    flavors.push(...flavorsOf(placed));
    vms.push(...documents.filter((document) => isOfKind(document, "VirtualMachine")));
  }
  return { flavors: distinct(flavors), vms };
}

/** Refuses two flavors of one name: they would be counted twice, or contradict each other. */
function distinct(placed: readonly PlacedFlavor[]): readonly Flavor[] {
  const seen = new Map<string, string>();
  for (const { flavor, where } of placed) {
    const { name } = flavor.metadata;
    const first = seen.get(name);
    if (first !== undefined) {
      throw new EvenkeelError("usage", `the flavor ${JSON.stringify(name)} is given twice`, {
        where,
        expected: "every flavor once",
        remedy:
          first === where
            ? "name its file once"
            : `leave out one of the two, or rename it: the first is at ${first}`,
      });
    }
    seen.set(name, where);
  }
  return placed.map(({ flavor }) => flavor);
}

/** A plan, and how to call its file in errors. */
export interface PlanFile {
  readonly plan: Plan;
  readonly where: string;
}

export async function readPlan(path: string, surroundings: Surroundings): Promise<PlanFile> {
  const { text, where } = await readText(path, "a Plan document", surroundings);
  return { plan: readDocument(text, where, "Plan"), where };
}
