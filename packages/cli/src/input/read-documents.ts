import {
  heldText,
  isOfKind,
  readDocument,
  readDocuments,
} from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Flavor, VirtualMachine } from "@evenkeel/core/request/virtual-machine.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { readText } from "./read-text.ts";

/** A request: the one VirtualMachine in its file, and all Flavors given. */
export interface Asked {
  readonly vm: VirtualMachine;
  readonly flavors: readonly Flavor[];
}

export async function readAsked(
  path: string,
  flavorPaths: readonly string[],
  surroundings: Surroundings,
): Promise<Asked> {
  const { text, where } = await readText(path, "a VirtualMachine document", surroundings);
  const documents = readDocuments(text, where);
  const vms = documents.filter((document) => isOfKind(document, "VirtualMachine"));
  const flavors = documents.filter((document) => isOfKind(document, "Flavor"));
  const [vm] = vms;
  if (vm === undefined || vms.length + flavors.length !== documents.length || vms.length > 1) {
    throw new EvenkeelError("document-invalid", heldText(documents), {
      where,
      expected: "one VirtualMachine, and Flavors if any",
    });
  }
  for (const flavorPath of flavorPaths)
    flavors.push(...(await readFlavors(flavorPath, surroundings)));
  return { vm, flavors };
}

/** The Flavors in a file that holds nothing else. */
export async function readFlavors(path: string, surroundings: Surroundings): Promise<Flavor[]> {
  const { text, where } = await readText(path, "Flavor documents", surroundings);
  const documents = readDocuments(text, where);
  if (documents.some(({ kind }) => kind !== "Flavor")) {
    throw new EvenkeelError("document-invalid", heldText(documents), {
      where,
      expected: "Flavors and nothing else",
    });
  }
  return documents.filter((document) => isOfKind(document, "Flavor"));
}

/** The Flavors and VirtualMachines in a file that holds nothing else. */
export async function readFlavorsAndVms(
  path: string,
  surroundings: Surroundings,
): Promise<{ readonly flavors: readonly Flavor[]; readonly vms: readonly VirtualMachine[] }> {
  const { text, where } = await readText(path, "Flavor or VirtualMachine documents", surroundings);
  const documents = readDocuments(text, where);
  const flavors = documents.filter((document) => isOfKind(document, "Flavor"));
  const vms = documents.filter((document) => isOfKind(document, "VirtualMachine"));
  if (documents.length === 0 || flavors.length + vms.length < documents.length) {
    throw new EvenkeelError("document-invalid", heldText(documents), {
      where,
      expected: "Flavors, VirtualMachines or both",
    });
  }
  return { flavors, vms };
}

/** Refuses two flavors of one name: they would be counted twice, or contradict each other. */
export function refuseDuplicateFlavors(flavors: readonly Flavor[], where: string): void {
  const names = flavors.map(({ metadata }) => metadata.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new EvenkeelError("usage", `the flavor ${JSON.stringify(twice)} is given twice`, {
    where,
    expected: "every flavor once",
    remedy: "leave out one of the two",
  });
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
