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
  /** 16 hexadecimal digits, after a mark of the form where the first form could not say as much. */
  readonly signature: string;
  /** A summary for people, which two signatures may share. */
  readonly signatureText: string;
}

/**
 * What a signature tells apart: form 1 all but the classes of cores, form 2 those too. A signature
 * of form 2 is marked, and given only on machines that have several classes; elsewhere both forms
 * are one, so that plans and flavors of before stay valid. Two signatures can be compared only in
 * one form (docs/decisions/0022-classes-in-signatures.md).
 */
export type SignatureForm = 1 | 2;

/** Signatures of form 2 begin with this; a digest never does. */
const markOfClasses = "2-";

/** The form of a signature, by its mark. */
export function formOf(signature: string): SignatureForm {
  return signature.startsWith(markOfClasses) ? 2 : 1;
}

/**
 * The signature of a placement. Two placements share a signature exactly when one becomes the other
 * by renaming its cells, nodes, cores and devices; in form 1, when they do but for the classes of
 * their cores.
 *
 * The placement becomes a labeled graph (`signature-graph.ts`), the graph its canonical form
 * (`canonical-form.ts`), and the form the first 64 bits of its SHA-256: among a million different
 * shapes, two share a name by accident with a probability of 3 in 10^8.
 */
export function signatureOf(input: SignatureInput, form: SignatureForm = 2): Signature {
  const said = form === 1 ? withoutClasses(input) : input;
  const { isolation, cpuModel, threadsPerCore, partitioned } = said;
  const version: SignatureForm = saysClasses(said) ? 2 : 1;
  const { form: graph } = canonicalForm(signatureGraph(said));
  const whole = canonicalJson({
    version,
    isolation,
    cpuModel,
    threadsPerCore,
    partitioned,
    form: graph,
  });
  const mark = version === 2 ? markOfClasses : "";
  return {
    signature: `${mark}${sha256(whole).slice(0, 16)}`,
    signatureText: signatureText(said),
  };
}

function saysClasses({ cells }: SignatureInput): boolean {
  return cells.some(
    ({ cores, pools }) =>
      cores.some((core) => core.class !== null) || pools.some(({ classes }) => classes.length > 0),
  );
}

function withoutClasses(input: SignatureInput): SignatureInput {
  const cells = input.cells.map((cell) => ({
    ...cell,
    cores: cell.cores.map((core) => ({ ...core, class: null })),
    pools: cell.pools.map((pool) => ({ ...pool, classes: [] })),
  }));
  return { ...input, cells };
}

/** Signs plans made on one topology, which it reads once. */
export function planSignatures(
  topology: Topology,
): (plan: PlanParts, form?: SignatureForm) => Signature {
  const inputOf = signatureInputs(topology);
  return (plan, form) => signatureOf(inputOf(plan), form);
}

/**
 * The signature of one plan on the topology that it was made on. Throws `plan-inconsistent` when
 * the plan names what the topology does not have.
 */
export function planSignature(
  plan: PlanParts,
  topology: Topology,
  form?: SignatureForm,
): Signature {
  return planSignatures(topology)(plan, form);
}
