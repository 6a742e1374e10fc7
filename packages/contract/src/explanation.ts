import { subjectKinds } from "@evenkeel/core/evidence/evidence.ts";
import { checkStates } from "@evenkeel/core/explain/look/look.ts";
import { sides } from "@evenkeel/core/explain/explanation.ts";
import {
  apiVersion,
  exactly,
  flag,
  list,
  notNegative,
  object,
  oneOf,
  positive,
  text,
} from "./fields.ts";
import { takenAt } from "./taken-at.ts";
import { findingFields } from "./verdict.ts";

const code = text(64);
const sentence = text(65_536);

const faultFields = { code, what: sentence, ...findingFields, leadsTo: list(code, 256) } as const;

const checked = object({ code, found: sentence });

export const explanationSchema = object({
  apiVersion,
  kind: exactly("Explanation"),
  a: text(256),
  b: text(256),
  twins: flag,
  differences: list(object({ ...faultFields, in: oneOf(sides) }), 65_536),
  predicted: object({ a: positive, b: positive }),
  explained: notNegative,
  unexplained: notNegative.nullable(),
  checked: list(checked, 1024),
  unchecked: list(object({ code, in: oneOf(sides), why: sentence }), 1024),
});

export const diagnosisSchema = object({
  apiVersion,
  kind: exactly("Diagnosis"),
  host: text(253),
  subjects: list(
    object({
      name: text(256),
      of: oneOf(subjectKinds),
      takenAt,
      faults: list(object(faultFields), 65_536),
      checked: list(checked, 1024),
      unchecked: list(object({ code, why: sentence }), 1024),
      checks: list(
        object({
          id: text(8),
          asks: sentence,
          state: oneOf(checkStates),
          found: sentence.nullable(),
          otherwise: sentence.nullable(),
        }),
        64,
      ),
    }),
    65_536,
  ),
});
