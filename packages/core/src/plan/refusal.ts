import type { Remedy } from "../remedy/remedy.ts";

/**
 * Why a request fits nowhere: every host that was tried, every cause, always the numbers. Where
 * `untold` names facts, the answer is not no: they may make it fit, and nobody told them.
 */
export interface Refusal {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Refusal";
  readonly vm: string;
  readonly hosts: readonly HostRefusal[];
  /**
   * For each host on which it may fit, what would have to be told; empty where the answer is no.
   */
  readonly untold: readonly UntoldFact[];
}

/** A fact that nobody told of a host, without which there is no answer. */
export interface UntoldFact {
  readonly host: string;
  readonly code: UntoldCode;
  /** A sentence: what nobody told, and which input would tell. */
  readonly message: string;
}

/** Why a request does not fit on one host, and what would make it fit. */
export interface HostRefusal {
  readonly host: string;
  /** The nearest ways to fit, at most three: each is closed for all of its reasons. */
  readonly ways: readonly RefusalWay[];
  /** Whether all choices of nodes were looked at: otherwise a nearer way may be missing. */
  readonly waysExhaustive: boolean;
  /** The smallest changes, each enough by itself, that would make it fit here. */
  readonly remedies: readonly RefusalRemedy[];
}

/**
 * One way in which a request would fit on a host. Mending all its reasons makes the request fit;
 * leaving any one of them unmended keeps this way closed.
 */
export interface RefusalWay {
  /**
   * The nodes that the VM's cells would be on, as a list; all of the host where cells may stray.
   */
  readonly nodes: string;
  readonly reasons: readonly RefusalReason[];
}

/** One cause of a refusal, with its numbers. */
export interface RefusalReason {
  readonly code: RefusalCode;
  /** The node that has too little; null where that is the way's nodes together, or the host. */
  readonly node: number | null;
  readonly needs: number | null;
  /** Null where nobody told. */
  readonly has: number | null;
  /** A sentence with the numbers and their units. */
  readonly message: string;
}

/** One change to the request or the host: the field, its values before and after, and how. */
export interface RefusalRemedy extends Remedy {
  readonly change: string;
  readonly from: string | number | null;
  readonly to: string | number | null;
}

/** Every cause of a refusal, by its stable code; `docs/errors.md` lists the same. */
export const refusalCodes = {
  "accelerators-short": "fewer free accelerators of the model than asked for",
  "accelerators-unlinked": "no set of free accelerators is connected as asked for",
  "accelerator-node-unknown":
    "an accelerator's node is unknown, so nothing can be placed beside it",
  "accelerator-model-unknown":
    "an accelerator's model is unknown, so it is not known to be the one asked for",
  "partition-unavailable": "no free fabric partition has exactly the accelerators asked for",
  "nics-short": "fewer free NICs on the way's nodes than asked for",
  "nics-unknown": "a NIC's node is unknown, or whether it does RDMA",
  "cores-short": "fewer free whole cores on a node than its cell needs",
  "cores-unknown": "which cores a node has is unknown, so none can be sold",
  "cpus-short": "fewer CPUs in a node's shared pool than its cell needs",
  "memory-short": "less free memory on a node than its cell needs",
  "memory-unknown": "a node's memory is unknown, so none of it can be sold",
  "hugepages-short": "fewer free huge pages on a node than its cell needs",
  "hugepages-absent": "the host has no huge pages of the size asked for",
  "isolation-conflict": "another VM uses what the isolation asked for needs alone",
  "cache-unknown": "the last-level caches of cores are unknown, so no VM can have one alone",
  "signature-unavailable": "no free place has the signature that the flavor is sold in",
  "search-ended": "nothing that was counted is short, and the search ended before it found a place",
  "slowdown-exceeded": "a VM would be slowed by its neighbours beyond the host's limit",
  "kept-away": "the host has a VM that the request must be kept away from",
} as const;

/** The code of a cause. */
export type RefusalCode = keyof typeof refusalCodes;

/** Every kind of fact that may be untold, by its stable code; `docs/errors.md` lists the same. */
export const untoldCodes = {
  "nodes-untold": "which NUMA nodes the host has",
  "cpus-untold": "which CPUs or cores a node has",
  "memory-untold": "how much memory a node has",
  "hugepages-untold": "which huge pages a node has, and so how much memory they leave",
  "page-size-untold": "the size of the host's base pages",
  "caches-untold": "which cores share a last-level cache",
  "devices-untold": "which accelerators or NICs the host has",
  "device-nodes-untold": "which node an accelerator or a NIC is on",
  "models-untold": "the model of an accelerator",
  "rdma-untold": "whether a NIC does RDMA",
  "links-untold": "how accelerators are connected",
  "signature-untold": "what the signature that a flavor is sold in is made of",
} as const;

/** The code of an untold fact. */
export type UntoldCode = keyof typeof untoldCodes;
