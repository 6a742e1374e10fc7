import { type FindingCode, findingCodes } from "@evenkeel/core/verify/verdict/finding-codes.ts";
import { layers, scopes, severities } from "@evenkeel/core/verify/verdict/verdict.ts";
import { apiVersion, exactly, flag, list, name, object, oneOf, positive, text } from "./fields.ts";
import { remedyFields } from "./remedy.ts";
import { takenAt } from "./taken-at.ts";

const isFindingCode = (code: string): code is FindingCode => Object.hasOwn(findingCodes, code);

/** What a finding of a verdict and a fault of an explanation say alike. */
export const findingFields = {
  severity: oneOf(severities),
  layer: oneOf(layers),
  subject: text(8192),
  promised: text(65_536),
  found: text(65_536),
  evidence: list(text(8192), 256),
  cost: object({
    slowdown: positive.nullable(),
    basis: oneOf(["measured", "modelled", "unknown"]),
  }),
  remedy: object(remedyFields),
} as const;

const finding = object({
  code: oneOf(Object.keys(findingCodes).filter(isFindingCode)),
  ...findingFields,
});

const sentence = text(65_536);

export const verdictSchema = object({
  apiVersion,
  kind: exactly("Verdict"),
  vm: name,
  host: text(253),
  takenAt,
  scope: oneOf(scopes),
  holds: flag,
  findings: list(finding, 65_536),
  verified: list(object({ what: sentence, found: sentence }), 65_536),
  unverified: list(object({ what: sentence, why: sentence, essential: flag }), 65_536),
});
