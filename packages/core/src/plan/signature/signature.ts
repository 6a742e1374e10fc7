import { canonicalJson } from "../../hash/canonical-json.ts";
import { sha256 } from "../../hash/sha256.ts";
import type { Topology } from "../../topology/topology.ts";
import { canonicalForm } from "./canonical-form.ts";
import { signatureGraph } from "./signature-graph.ts";
import type { PlanParts } from "../plan.ts";
import { type SignatureInput, signatureInputs } from "./signature-input.ts";
import { signatureText } from "./signature-text.ts";

/** The signature of a placement, as a name and in words. */
export interface Signature {
  /** 16 hexadecimal digits. */
  readonly signature: string;
  /** A summary for people, which two signatures may share. */
  readonly signatureText: string;
}

/**
 * The signature of a placement. Two placements share a signature exactly when one becomes the other
 * by renaming its cells, nodes, cores and devices.
 *
 * The placement becomes a labeled graph (`signature-graph.ts`), the graph its canonical form
 * (`canonical-form.ts`), and the form the first 64 bits of its SHA-256: among a million different
 * shapes, two share a name by accident with a probability of 3 in 10^8.
 */
export function signatureOf(input: SignatureInput): Signature {
  const { isolation, cpuModel, threadsPerCore, partitioned } = input;
  const { form } = canonicalForm(signatureGraph(input));
  const whole = canonicalJson({ version, isolation, cpuModel, threadsPerCore, partitioned, form });
  return { signature: sha256(whole).slice(0, 16), signatureText: signatureText(input) };
}

/** Changes whenever the same placement would get another signature than before. */
const version = 1;

/** Signs plans made on one topology, which it reads once. */
export function planSignatures(topology: Topology): (plan: PlanParts) => Signature {
  const inputOf = signatureInputs(topology);
  return (plan) => signatureOf(inputOf(plan));
}

/**
 * The signature of one plan on the topology that it was made on. Throws `plan-inconsistent` when
 * the plan names what the topology does not have.
 */
export function planSignature(plan: PlanParts, topology: Topology): Signature {
  return planSignatures(topology)(plan);
}
