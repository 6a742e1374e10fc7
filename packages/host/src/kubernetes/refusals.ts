import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { KubernetesObject } from "./objects.ts";

/** The error for a text without the wanted kinds of objects. */
export function unexpected(objects: readonly KubernetesObject[], where: string): EvenkeelError {
  const kinds = [...new Set(objects.map(({ kind }) => kind.slice(0, 40)))].slice(0, 4);
  const held = kinds.length === 0 ? "holds no Kubernetes object" : `holds ${kinds.join(", ")}`;
  const definition = kinds.includes("CustomResourceDefinition");
  return new EvenkeelError("document-invalid", held, {
    where,
    expected: "a NodeResourceTopology, ResourceSlices, a Node with labels, or a NodeFeature",
    ...(definition && {
      remedy: "this is the definition of the resource; give an object of it",
    }),
  });
}

/** The error for objects of more than one node. */
export function several(count: number, what: string, where: string): EvenkeelError {
  return new EvenkeelError("document-invalid", `holds ${count} ${what}`, {
    where,
    expected: "the objects of one node",
    remedy: "get the objects of one node with kubectl",
  });
}

/** The error for an object that says too little. */
export function invalid(message: string, where: string, expected: string): EvenkeelError {
  return new EvenkeelError("document-invalid", message, { where, expected });
}
